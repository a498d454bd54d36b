"""What a person wrote, and who: the shapes in which `bot/` hands Telegram's messages to us."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core import slashes


@dataclass(frozen=True)
class Person:
    """Somebody on Telegram. `language` is an IETF tag (`en`, `pt-br`), or empty."""

    telegram_id: int
    name: str
    username: str | None = None
    language: str = ""


@dataclass(frozen=True)
class Content:
    """One message. `entities` are Telegram's, offsets in UTF-16 units; of media, the caption's.

    A `file_id` may differ each time Telegram names the same file; `file_unique_id` does not.
    `reply_to` is the id of the message in the same chat that it replies to.
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

    @property
    def is_note(self) -> bool:
        """What begins with `//` stays among staff."""
        return slashes.is_note(self.text or "")

    @property
    def is_slip(self) -> bool:
        """What begins with one slash: a mistyped note or command, or an answer after all."""
        return not self.is_note and slashes.begins_with_slash(self.text or "")
