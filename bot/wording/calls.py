"""A call to Telegram with what to do instead when part of it is impossible."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiogram.methods import EditMessageText, TelegramMethod
from aiogram.types import (
    ForceReply,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)

from bot.client import SendText
from bot.entities import entities
from core.text import Piece

# A message of the same chat, perhaps with what is quoted of it.
type ReplyTo = int | ReplyParameters | None


@dataclass(frozen=True)
class Call:
    """One method, and others that say the same when its source is gone, best first.

    `described` only says what it was: whoever wrote it has to know that no more arrived.
    """

    method: TelegramMethod[Any]
    instead: Sequence[TelegramMethod[Any]] = ()
    described: TelegramMethod[Any] | None = None


def send_text(
    chat_id: int,
    piece: Piece,
    *,
    reply_to: ReplyTo = None,
    keyboard: InlineKeyboardMarkup | ForceReply | None = None,
    previews: dict[str, Any] | None = None,
) -> SendText:
    """Send text with its entities; a reply whose target is gone goes without it."""
    text, spans = piece
    return SendText(
        chat_id=chat_id,
        text=text,
        entities=entities(spans),
        reply_parameters=reply(reply_to),
        reply_markup=keyboard,
        link_preview_options=_previews(previews),
    )


def edit_text(
    chat_id: int,
    message_id: int,
    piece: Piece,
    *,
    keyboard: InlineKeyboardMarkup | None = None,
    previews: dict[str, Any] | None = None,
) -> EditMessageText:
    """Give a message of ours another text."""
    text, spans = piece
    return EditMessageText(
        chat_id=chat_id,
        message_id=message_id,
        text=text,
        entities=entities(spans),
        parse_mode=None,
        reply_markup=keyboard,
        link_preview_options=_previews(previews),
    )


def reply(to: ReplyTo) -> ReplyParameters | None:
    """Reply to a message of the same chat, if it still exists."""
    if isinstance(to, int):
        return ReplyParameters(message_id=to, allow_sending_without_reply=True)
    return to


def _previews(chosen: dict[str, Any] | None) -> LinkPreviewOptions | None:
    return LinkPreviewOptions(**chosen) if chosen else None
