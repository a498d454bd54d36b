"""Cards in threads: pinned, and unpinned."""

from aiogram.methods import PinChatMessage, UnpinChatMessage

from bot.wording.calls import Call, at
from bot.wording.context import Desk
from bot.wording.registry import words_for
from core.address import Place
from services.delivery.parcel import CardHangs, Parcel
from services.helpdesk import staff_chats, thread_pins
from services.notices import CardPinned, CardUnpinned


@words_for(CardPinned)
async def pinned(desk: Desk, notice: CardPinned) -> Parcel | None:
    """Pin it if it is still the newest, and the bot may still remove the line about it."""
    chat = await staff_chats.at(desk.session, desk.address.chat_id)
    if chat is None or not chat.pins_cards:
        return None
    card = await thread_pins.newest(desk.session, notice.thread_key, notice.message_id)
    if card is None or not desk.address.is_chat_of(card.place):
        return None
    hangs = CardHangs(notice.thread_key, card.message_id)
    return Parcel(desk.address, Call(PinChatMessage(**at(card.place))), effects=[hangs])


@words_for(CardUnpinned)
async def unpinned(desk: Desk, notice: CardUnpinned) -> Parcel | None:
    """Unpin it, unless the group has moved since, whose ids then start over."""
    place = Place(notice.told_in, notice.message_id)
    if not desk.address.is_chat_of(place):
        return None
    return Parcel(desk.address, Call(UnpinChatMessage(**at(place))))
