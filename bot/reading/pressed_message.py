"""The message whose button was pressed, for presses that change or delete it."""

from aiogram.types import CallbackQuery, Message

from services.problems import ButtonOutdated, NotForYou


def pressed_message(query: CallbackQuery) -> Message:
    """Get the message that was pressed; ButtonOutdated unless it has a button with this data.

    A client can send any data with any message of ours: a menu's with a card, which would be lost.
    """
    pressed = message_with_button(query)
    if pressed is None:
        raise ButtonOutdated
    return pressed


def pressed_private_message(query: CallbackQuery) -> Message:
    """Get the message that was pressed, as above; NotForYou unless its chat is the person's own."""
    pressed = pressed_message(query)
    if pressed.chat.id != query.from_user.id:
        raise NotForYou
    return pressed


def message_with_button(query: CallbackQuery) -> Message | None:
    """Get the message that was pressed if it has a button with this data now."""
    pressed = query.message
    if not isinstance(pressed, Message) or pressed.reply_markup is None:
        return None  # Telegram names a message that we can't reach any more without its buttons
    rows = pressed.reply_markup.inline_keyboard
    known = {button.callback_data for row in rows for button in row} - {None}
    return pressed if query.data in known else None
