"""A message, as people see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.words import words

Json = dict[str, Any]
GENERAL = 1  # the number of a forum's General
KINDS = words(
    "text rich_message live_photo photo video animation audio voice video_note sticker document "
    "venue location contact poll dice"
)
PLAIN = frozenset(
    words(
        "message_id from chat date sender_chat reactions reacted voted edits silent keyboard "
        "delivery only_for stands_after message_thread_id is_topic_message reply_to_message"
    )
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as people see it; `raw` is Telegram's Message with reactions and keyboard."""

    raw: Json

    @property
    def id(self) -> int:
        """Its id in its chat; that of an ephemeral one is negative."""
        return int(self.raw["message_id"])

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in its chat: the later, the greater."""
        return (self.id, 0) if self.id > 0 else (int(self.raw["stands_after"]), -self.id)

    @property
    def chat_id(self) -> int:
        """The chat it is in."""
        return int(self.raw["chat"]["id"])

    @property
    def text(self) -> str:
        """Its text or caption."""
        return str(self.raw.get("text") or self.raw.get("caption") or "")

    @property
    def entities(self) -> list[Json]:
        """The formatting of its text or caption."""
        return list(self.raw.get("entities") or self.raw.get("caption_entities") or ())

    @property
    def kind(self) -> str:
        """`text`, `photo`, …; `service` for the rest."""
        return next((kind for kind in KINDS if kind in self.raw), "service")

    @property
    def event(self) -> str:
        """What a service message tells of: `forum_topic_closed`, say."""
        told = [name for name in self.raw if name not in PLAIN] if self.kind == "service" else []
        return ", ".join(told)

    @property
    def author(self) -> str:
        """The name it is shown under."""
        sender: Json = self.raw.get("sender_chat") or self.raw.get("from") or {}
        return str(sender.get("title") or sender.get("first_name") or "")

    @property
    def from_id(self) -> int:
        """Who wrote it."""
        return int(self.raw["from"]["id"])

    @property
    def reply_to(self) -> int | None:
        """The id of the message it answers; what opened its topic is no answer's aim."""
        replied = self.raw.get("reply_to_message")
        if not replied or replied["message_id"] == self.thread:
            return None
        return int(replied["message_id"] or -replied["ephemeral_message_id"])

    @property
    def only_for(self) -> int | None:
        """Of an ephemeral message: the one person who sees it."""
        return self.raw.get("only_for")

    @property
    def thread(self) -> int | None:
        """The forum topic it is in; General's messages are in none, nor are threads of replies."""
        return self.raw.get("message_thread_id") if self.raw.get("is_topic_message") else None

    @property
    def album(self) -> str | None:
        """The media_group_id it shares with others."""
        return self.raw.get("media_group_id")

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons."""
        rows = (self.raw.get("keyboard") or {}).get("inline_keyboard") or []
        return [button["text"] for row in rows for button in row]

    @property
    def reactions(self) -> dict[str, int]:
        """How many chose which emoji."""
        return dict(self.raw.get("reactions") or {})

    @property
    def edits(self) -> int:
        """How often it was changed."""
        return int(self.raw.get("edits", 0))

    @property
    def silent(self) -> bool:
        """Whether it came without a sound."""
        return bool(self.raw.get("silent"))

    def line(self) -> str:
        """One line of a chat as one reads it."""
        answer = f" (to {self.reply_to})" if self.reply_to else ""
        kind = "" if self.kind == "text" else f" [{self.kind}]"
        if self.kind == "service":
            kind = f" [{self.event}]"
        alone = f" (only for {self.only_for})" if self.only_for else ""
        parts = [f"{self.id:>4} {self.author}{alone}{answer}:{kind} {self.text}"]
        parts += [f"<{' | '.join(self.buttons)}>"] if self.buttons else []
        parts += [f"{emoji} {count}" for emoji, count in self.reactions.items()]
        return " ".join([*parts, "(edited)"] if self.edits else parts)
