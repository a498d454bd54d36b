"""Whispers: what one person asked for in a group, that person alone sees.

Telegram calls them ephemeral messages. It allows them to administrators; to other bots within
fifteen seconds of a press or of an ephemeral command. It does not promise that they arrive, and
keeps none: what must not be lost never whispers. A whisper has no id that another message can't
have later, so it is never stored.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteEphemeralMessage,
    DeleteMessage,
    EditEphemeralMessageText,
    EditMessageText,
    SendMessage,
    TelegramMethod,
)
from aiogram.types import (
    CallbackQuery,
    EphemeralMessageParameters,
    InlineKeyboardMarkup,
    Message,
    MessageEntity,
)

from bot.reading.content import thread_of
from bot.reading.pressed_message import message_with_button, pressed_message
from core.text import utf16_len
from services.whispers import Whisper

# The commands that only ask, as whoever asks is the only one who wants to know.
QUESTIONS = ("tickets", "help", "settings")

# Telegram refuses edits to more than 1,024 (tdlib/telegram-bot-api#881).
LONGEST_PAGE = 1000


@dataclass(frozen=True)
class Whispered:
    """What a handler returns to answer a question: to whoever asked alone, if that may be.

    It goes through the outbox like other answers of a group, and is for all if it can't be
    whispered in time.
    """

    answer: SendMessage
    whisper: Whisper | None


def to_asker(message: Message, answer: SendMessage, *, now: datetime) -> Whispered:
    """Answer a question; an anonymous administrator, and a channel, have no id to whisper to."""
    asker = message.from_user
    if asker is None or asker.is_bot or message.sender_chat is not None:
        return Whispered(answer, None)
    ephemeral_id = message.ephemeral_message_id
    command = None if ephemeral_id is None else (ephemeral_id, message.date.astimezone(UTC))
    return Whispered(answer, Whisper.to(asker.id, now=now, command=command))


@dataclass(frozen=True)
class PressAnswered:
    """What a handler returns to answer a press by a whisper.

    `otherwise` is shown where the bot may not whisper, or has no room for it in time. If that
    takes more than a call, it is None: the press is then handled once more, with `may_whisper`
    False. The press itself is answered after that: whether Telegram takes a whisper for an
    answered one, nobody could say.
    """

    whisper: SendMessage
    otherwise: TelegramMethod[Any] | None
    query_id: str

    @property
    def chat_id(self) -> int:
        """The group."""
        return int(self.whisper.chat_id)


def answer_press(
    query: CallbackQuery, answer: SendMessage, otherwise: TelegramMethod[Any] | None = None
) -> PressAnswered:
    """Whisper `answer` to whoever pressed a button in a group, or else do something visible."""
    to = EphemeralMessageParameters(receiver_user_id=query.from_user.id, callback_query_id=query.id)
    whisper = answer.model_copy(update={"ephemeral_message_parameters": to})
    return PressAnswered(whisper, otherwise, query.id)


@dataclass(frozen=True)
class UsedUp:
    """What a handler returns to answer a press in a whisper that has served, and goes."""

    answer: AnswerCallbackQuery
    removal: DeleteEphemeralMessage

    @property
    def chat_id(self) -> int:
        """The group."""
        return int(self.removal.chat_id)


def used_up(query: CallbackQuery, answer: AnswerCallbackQuery) -> AnswerCallbackQuery | UsedUp:
    """Answer a press; if it was in a whisper, that goes. What all see stays."""
    pressed = _pressed_whisper(query)
    if pressed is None:
        return answer
    removal = DeleteEphemeralMessage(chat_id=pressed.chat.id, **_whisper(query, pressed))
    return UsedUp(answer, removal)


def is_whispered(query: CallbackQuery) -> bool:
    """Whether the button is in a whisper, and not in what all see."""
    return _pressed_whisper(query) is not None


def _pressed_whisper(query: CallbackQuery) -> Message | None:
    pressed = message_with_button(query)
    return pressed if pressed is not None and pressed.ephemeral_message_id is not None else None


type PageShown = EditMessageText | EditEphemeralMessageText | PressAnswered


def changed(
    query: CallbackQuery,
    text: str,
    entities: list[MessageEntity] | None,
    keyboard: InlineKeyboardMarkup | None,
) -> PageShown:
    """Give the pressed message, a whisper or not, another text and keyboard.

    A whisper can't become very long: then there is a new one. ButtonOutdated as `pressed_message`.
    """
    pressed = pressed_message(query)
    chat_id = pressed.chat.id
    words: dict[str, Any] = {"text": text, "entities": entities, "parse_mode": None}
    words |= {"chat_id": chat_id, "reply_markup": keyboard}
    if pressed.ephemeral_message_id is None:
        return EditMessageText(message_id=pressed.message_id, **words)
    if utf16_len(text) > LONGEST_PAGE:
        answer = SendMessage(message_thread_id=thread_of(pressed), **words)
        return answer_press(query, answer, otherwise=answer)
    return EditEphemeralMessageText(**_whisper(query, pressed), **words)


def removed(query: CallbackQuery) -> DeleteMessage | DeleteEphemeralMessage:
    """Delete the pressed message, a whisper or not."""
    pressed = pressed_message(query)
    if pressed.ephemeral_message_id is None:
        return DeleteMessage(chat_id=pressed.chat.id, message_id=pressed.message_id)
    return DeleteEphemeralMessage(chat_id=pressed.chat.id, **_whisper(query, pressed))


def _whisper(query: CallbackQuery, pressed: Message) -> dict[str, Any]:
    """Name a whisper as Telegram does: by whoever sees it, and nobody else can press it."""
    return {
        "receiver_user_id": query.from_user.id,
        "ephemeral_message_id": pressed.ephemeral_message_id,
    }
