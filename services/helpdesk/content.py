"""What a person wrote, and who: the form in which `bot/` hands Telegram's messages to services."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core import slashes
from core.address import BOT, Place
from core.text import rest
from database.models import ContentKind

# A flag among a message's details: its text begins later than the original's, so the original must
# not be copied as it is.
SHORTENED = "shortened"

# What a person chose for a message, besides what it says.
_FLAGS = ("has_media_spoiler", "show_caption_above_media")

# Kinds whose whole content is in their details. All others have text or a file, or change by
# themselves: a live location, the votes of a poll, the tasks of a checklist.
_IN_DETAILS = frozenset({ContentKind.CONTACT, ContentKind.VENUE, ContentKind.RICH_MESSAGE})


@dataclass(frozen=True)
class Person:
    """Somebody on Telegram. `language` is an IETF tag (`en`, `pt-br`), or empty."""

    telegram_id: int
    name: str
    username: str | None = None
    language: str = ""


@dataclass(frozen=True)
class Content:
    """One message. `entities` are Telegram's, offsets in UTF-16 units; for media the caption's.

    A `file_id` may differ each time Telegram names the same file; `file_unique_id` does not.
    `reply_to` is the id of the message in the same chat that it replies to. `details` are the other
    fields of Telegram's message that matter: the content itself if it is more than text or a file,
    flags, the origin of a forward, the quote. `beginning` is the first line of content that has no
    text (a poll's question, rich text in blocks) if it begins with a slash. `first_as_edit`: this
    edit is the first that we see of the message, so we don't know what it said before.
    `thread_id` is the thread of a forum that it was written in.
    """

    chat_id: int
    message_id: int
    kind: str
    sent_at: datetime
    text: str | None = None
    entities: list[dict[str, Any]] = field(default_factory=list)
    file_id: str | None = None
    file_unique_id: str | None = None
    media_group_id: str | None = None
    reply_to: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    quoted_from_end: int = 0
    edited_at: datetime | None = None
    beginning: str = ""
    first_as_edit: bool = False
    account: int = BOT
    thread_id: int | None = None

    @property
    def place(self) -> Place:
        return Place(self.chat_id, self.message_id, self.account)

    @property
    def is_note(self) -> bool:
        """Whether it begins with `//`, so that it stays among staff, or is nothing but slashes."""
        if self.kind == ContentKind.TEXT and slashes.is_alone(self.text or ""):
            return True
        return slashes.is_note(self.text or self.beginning)

    @property
    def is_slip(self) -> bool:
        """Whether it begins with one slash: a mistyped note or command, or an answer after all."""
        return not self.is_note and slashes.begins_with_slash(self.text or self.beginning)

    def without_slash(self) -> "Content":
        """Give the slip as it is sent to the user: without the slash and the space after it."""
        start = slashes.behind_slash(self.text or "")
        if not start:
            return self
        text, entities = rest(self.text or "", self.entities, start)
        details = self.details | {SHORTENED: True}
        return replace(self, text=text, entities=entities, details=details)


def essence(kind: str, details: Mapping[str, Any] | None) -> list[Any]:
    """Give the part of the details that makes it a different message when it changes."""
    said = details or {}
    flags = [bool(said.get(name)) for name in _FLAGS]
    if kind == ContentKind.CHECKLIST:  # ticking off a task is not an edit
        return [kind, *flags, (said.get(kind) or {}).get("title")]
    return [kind, *flags, _lasting(said.get(kind)) if kind in _IN_DETAILS else None]


def _lasting(value: Any) -> Any:
    """Leave out `file_id`s, which may differ each time."""
    if isinstance(value, Mapping):
        return {key: _lasting(one) for key, one in value.items() if key != "file_id"}
    if isinstance(value, list):
        return [_lasting(one) for one in value]
    return value
