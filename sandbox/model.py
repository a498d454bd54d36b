"""The data: people, chats, memberships, messages, uploads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

ADMIN_STATUSES = frozenset({"creator", "administrator"})
PRESENT = ADMIN_STATUSES | {"member", "restricted"}


@dataclass(slots=True, eq=False)
class Person:
    """A user or the bot; `id` is also the id of the private chat with the bot."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False
    deactivated: bool = False
    talks_to_bots: bool = False  # of a bot: its Bot-to-Bot Communication Mode is on

    def json(self) -> Json:
        """https://core.telegram.org/bots/api#user as messages contain it."""
        view: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            if getattr(self, name) is not None:
                view[name] = getattr(self, name)
        return view


# The rights of administrators on which something here depends, as ChatMemberAdministrator has them.
RIGHTS = ("can_delete_messages", "can_restrict_members", "can_pin_messages", "can_manage_topics")


@dataclass(slots=True)
class Member:
    """A person's place in a chat: `status` in Telegram's words, and whether they may write.

    `without` are those of RIGHTS that were taken from an administrator.
    """

    person: Person
    status: str = "member"
    can_send: bool = True
    without: list[str] = field(default_factory=list)

    def may(self, right: str) -> bool:
        """Whether they are an administrator with this right; the owner has all."""
        return self.status == "creator" or (
            self.status == "administrator" and right not in self.without
        )


@dataclass(slots=True, eq=False)
class Message:
    """A message and what the bot is told about it (`view`, never changed in place).

    An ephemeral one is between the bot and one person; people's clients know it by a negative id.
    """

    chat: Chat
    id: int
    author_id: int
    view: Json
    seen_by_bot: bool = True
    service: bool = False
    silent: bool = False  # its receivers hear no sound; bots are not told
    keyboard: Json | None = None
    reactions: dict[int, list[Json]] = field(default_factory=dict)
    votes: dict[int, list[int]] = field(default_factory=dict)
    edits: int = 0
    taken: bool = False  # the bot has confirmed its update
    only_for: int | None = None  # of an ephemeral message: the person who alone sees it
    stands_after: int = 0  # the id that the newest message for all had when it was sent
    lost: bool = False  # it never reached them

    @property
    def protected(self) -> bool:
        """Whether copying and forwarding it are forbidden."""
        return bool(self.view.get("has_protected_content"))


@dataclass(slots=True, eq=False)
class Topic:
    """A thread of a forum; its id is that of the service message which made it.

    `refuses` is what sends to it are answered with: Telegram forgets old topics of large forums.
    What is sent to one that `drops` lands in General without an error.
    """

    id: int
    name: str
    icon_color: int
    icon: str | None = None
    closed: bool = False
    hidden: bool = False  # only General can be
    creator: int = 0
    refuses: str | None = None
    drops: bool = False


# The id of General, which is that of the message that made the group.
GENERAL = 1
# What may change of it.
GENERAL_FIELDS = ("name", "closed", "hidden")


def _general() -> Topic:
    return Topic(GENERAL, "General", 7322096)


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat with the bot, a basic group or a supergroup."""

    id: int
    type: str
    title: str | None = None
    username: str | None = None
    is_forum: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    general: Topic = field(default_factory=_general)
    person: Person | None = None
    started: bool = False
    blocked: bool = False
    last_id: int = 0
    last_bot_id: int | None = None
    reactions: list[str] | None = None
    pinned: list[int] = field(default_factory=list)
    migrated_to: int | None = None
    protected: bool = False
    muted: bool = False
    drops_threads: bool = False
    loses_ephemeral: bool = False
    last_ephemeral_id: int = 0
    linked_chat_id: int | None = None

    @property
    def private(self) -> bool:
        """Whether it is one person's chat with the bot."""
        return self.type == "private"

    def status_of(self, person_id: int) -> str:
        """ChatMember.status; `left` for somebody who was never there."""
        member = self.members.get(person_id)
        return member.status if member else "left"

    def pins(self) -> list[Message]:
        """The pinned messages that are still there, “the most recent … (by sending date)” first."""
        ids = sorted(self.pinned, reverse=True)
        return [self.messages[one] for one in ids if one in self.messages]

    def json(self) -> Json:
        """https://core.telegram.org/bots/api#chat."""
        view: Json = {"id": self.id, "type": self.type}
        if self.person is not None:
            names = self.person.json()
            shown = ("first_name", "last_name", "username")
            return view | {name: names[name] for name in shown if name in names}
        if self.title is not None:
            view["title"] = self.title
        if self.username is not None:
            view["username"] = self.username
        if self.is_forum:
            view["is_forum"] = True
        return view


@dataclass(slots=True)
class Callback:
    """A pressed button that waits for answerCallbackQuery."""

    id: str
    at: float
    person_id: int
    answer: Json | None = None
    chat_id: int = 0


@dataclass(slots=True, frozen=True)
class Upload:
    """A file that came with a multipart request."""

    name: str
    content: bytes
    mime_type: str
