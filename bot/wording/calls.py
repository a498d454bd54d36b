"""A call to Telegram with what to do instead when part of it is impossible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from aiogram.methods import EditMessageText, TelegramMethod
from aiogram.types import (
    EphemeralMessageParameters,
    ForceReply,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)

from bot.client import SendText
from bot.entities import entities
from core.address import BOT, Address, Place
from core.text import Piece
from services.whispers import Whisper

# A message of the same chat, perhaps with what is quoted of it.
type ReplyTo = int | ReplyParameters | None


@dataclass(frozen=True)
class Call:
    """One method, and others that say the same if Telegram refuses it, best first.

    `described` only says what it was: whoever wrote it has to know that no more arrived.
    `only_edits`: nothing is sent in place of a message that is gone. `alone` says it if the message
    that it replies to is gone; without it, the same is sent as no reply.
    """

    method: TelegramMethod[Any]
    instead: Sequence[TelegramMethod[Any]] = ()
    described: TelegramMethod[Any] | None = None
    only_edits: bool = False
    alone: TelegramMethod[Any] | None = None


def to(address: Address) -> dict[str, Any]:
    """Say where a new message goes, in the parameters that all methods have for it.

    LookupError for a business account: no connection to one is known.
    """
    return {"chat_id": _chat(address), "message_thread_id": address.thread_id}


def at(place: Place) -> dict[str, Any]:
    """Say which message a method is about; LookupError as for `to`."""
    return {"chat_id": _chat(place), "message_id": place.message_id}


def _chat(where: Address | Place) -> int:
    if where.account != BOT:  # without the connection, it would reach the bot's own chat
        raise LookupError("no connection to a business account is known")
    return where.chat_id


def send_text(
    address: Address,
    piece: Piece,
    *,
    reply_to: ReplyTo = None,
    keyboard: InlineKeyboardMarkup | ForceReply | None = None,
    previews: dict[str, Any] | None = None,
) -> SendText:
    """Send text with its entities; a reply whose target is gone goes without it."""
    text, spans = piece
    return SendText(
        **to(address),
        text=text,
        entities=entities(spans),
        reply_parameters=reply(reply_to),
        reply_markup=keyboard,
        link_preview_options=_previews(previews),
    )


def edit_text(
    place: Place,
    piece: Piece,
    *,
    keyboard: InlineKeyboardMarkup | None = None,
    previews: dict[str, Any] | None = None,
) -> EditMessageText:
    """Give a message of ours another text."""
    text, spans = piece
    return EditMessageText(
        **at(place),
        text=text,
        entities=entities(spans),
        parse_mode=None,
        reply_markup=keyboard,
        link_preview_options=_previews(previews),
    )


def reply(to: ReplyTo) -> ReplyParameters | None:
    """Reply to a message of the same chat, if it still exists."""
    return _reply_to(to) if isinstance(to, int) else to


@lru_cache(maxsize=1_000)  # nearly every message replies to the card of a ticket
def _reply_to(message_id: int) -> ReplyParameters:
    return ReplyParameters(message_id=message_id, allow_sending_without_reply=True)


def perhaps_whispered(method: SendText, whisper: Whisper | None, now: datetime) -> Call:
    """Say it to one person alone, or else to all: if it is late, or Telegram refuses."""
    if whisper is None or not whisper.is_in_time(now):
        return Call(method)
    command = whisper.command_id if whisper.command_counts(now) else None
    alone = {
        "ephemeral_message_parameters": EphemeralMessageParameters(
            receiver_user_id=whisper.person_id
        ),
        "reply_parameters": ReplyParameters(
            ephemeral_message_id=command, allow_sending_without_reply=False
        )
        if command is not None
        else None,
    }
    return Call(method.model_copy(update=alone), instead=[method])


def _previews(chosen: dict[str, Any] | None) -> LinkPreviewOptions | None:
    return LinkPreviewOptions(**chosen) if chosen else None
