"""The helpdesk's tables on one page. Relationships load only when asked for."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.address import BOT, Place
from database.base import Base
from database.columns import Key, new_mark, stored_by_value


class TicketStatus(StrEnum):
    """Who has to act, in the usual words of helpdesks."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"  # nothing sets it yet
    CLOSED = "closed"


class Direction(StrEnum):
    """Which way a message goes."""

    QUESTION = "question"
    ANSWER = "answer"
    NOTE = "note"


class ContentKind(StrEnum):
    """The kinds of messages that are passed on, named after the Telegram fields that hold them.

    A message stores its kind as text, so it may have one that is not listed here yet. UNKNOWN is
    for kinds without a name.
    """

    TEXT = "text"
    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"
    AUDIO = "audio"
    DOCUMENT = "document"
    LIVE_PHOTO = "live_photo"
    STICKER = "sticker"
    VIDEO_NOTE = "video_note"
    VOICE = "voice"
    LOCATION = "location"
    VENUE = "venue"
    CONTACT = "contact"
    POLL = "poll"
    DICE = "dice"
    CHECKLIST = "checklist"
    RICH_MESSAGE = "rich_message"
    UNKNOWN = "unknown"


class EventKind(StrEnum):
    """What was done to a ticket. Stored as text: a newer version may have written the history."""

    OPENED = "opened"
    TAKEN = "taken"
    TAKE_OVER_ASKED = "take_over_asked"
    RELEASED = "released"
    ANSWERED = "answered"
    NOTED = "noted"
    RETRACTED = "retracted"
    OWED = "owed"
    CLOSED = "closed"
    REOPENED = "reopened"
    CAME_BY_LINK = "came_by_link"
    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"


class LinkKind(StrEnum):
    """What a message of the bot is for its ticket."""

    CARD = "card"
    COPY = "copy"
    NOTICE = "notice"


class KeptReason(StrEnum):
    """Why words are kept: see services/helpdesk/kept_words.py."""

    SLIP = "slip"
    UNCONFIRMED = "unconfirmed"
    ORPHAN = "orphan"


class User(Base):
    """A person on Telegram: one who asks, or one of the staff who answered.

    `last_joined_id` is the ticket that their chat was about last
    (services/helpdesk/joining.py). It is no foreign key: tickets refer to users already.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    telegram_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]
    username: Mapped[str | None]
    language: Mapped[str]
    blocked_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    asked_for_words_at: Mapped[datetime | None]
    link_payload: Mapped[str | None]
    linked_at: Mapped[datetime | None]
    wants_another_at: Mapped[datetime | None]
    last_joined_id: Mapped[int | None]
    created_at: Mapped[datetime]

    tickets: Mapped[list["Ticket"]] = relationship(
        back_populates="user", foreign_keys="Ticket.user_id", lazy="raise"
    )
    assigned_tickets: Mapped[list["Ticket"]] = relationship(
        back_populates="assigned_staff", foreign_keys="Ticket.assigned_to", lazy="raise"
    )

    @property
    def chat_id(self) -> int:
        """The private chat with this person; Telegram gives it the person's own id."""
        return self.telegram_id


def _opened_at(context: DefaultExecutionContext) -> datetime:
    """Have a new ticket wait from the start."""
    opened_at: datetime = context.get_current_parameters()["opened_at"]  # type: ignore[no-untyped-call]
    return opened_at


class Ticket(Base):
    """One question and the conversation about it.

    Its buttons carry `mark` beside the key, because a restored or new database reuses keys.
    Of a user's open tickets exactly one `is_current` (services/helpdesk/current.py).
    `link_payload` is what the user's link carried (services/helpdesk/people.py). `waiting_since` is
    when it became the turn of whoever has to act now; for a closed ticket, when it was closed.
    `merged_into_id` is the ticket that has all that this one had (services/helpdesk/merging.py).
    `menu_opened_at` is when its card's menu was opened (services/helpdesk/card_menu.py).
    `thread_id` is the thread of its staff chat in which it goes on; None: it goes on under its
    card. `wants_thread`: a thread is made for it first (services/helpdesk/threads.py).
    """

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("opened_on", "daily_id"),
        Index(
            "uq_tickets_user_id_current",
            "user_id",
            unique=True,
            sqlite_where=sql("is_current = 1"),
            postgresql_where=sql("is_current"),
        ),
        Index(
            "ix_tickets_not_closed",
            "staff_chat_id",
            "waiting_since",
            "id",
            "status",
            "assigned_to",
            sqlite_where=sql("status <> 'closed'"),
            postgresql_where=sql("status <> 'closed'"),
        ),
        Index("ix_tickets_user_id_closed_at", "user_id", "closed_at"),
        Index(
            "uq_tickets_thread_id_not_closed",
            "staff_chat_id",
            "thread_id",
            unique=True,
            sqlite_where=sql("thread_id IS NOT NULL AND status <> 'closed'"),
            postgresql_where=sql("thread_id IS NOT NULL AND status <> 'closed'"),
        ),
        Index(
            "ix_tickets_thread_id",
            "staff_chat_id",
            "thread_id",
            sqlite_where=sql("thread_id IS NOT NULL"),
            postgresql_where=sql("thread_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    mark: Mapped[str] = mapped_column(default=new_mark)
    daily_id: Mapped[int]
    opened_on: Mapped[date]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    staff_chat_id: Mapped[int]
    link_payload: Mapped[str | None]
    status: Mapped[TicketStatus] = mapped_column(stored_by_value(TicketStatus))
    is_current: Mapped[bool]
    current_since: Mapped[datetime]
    opened_at: Mapped[datetime]
    waiting_since: Mapped[datetime] = mapped_column(default=_opened_at)
    closed_at: Mapped[datetime | None]
    menu_opened_at: Mapped[datetime | None]
    thread_id: Mapped[int | None]
    wants_thread: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))

    user: Mapped[User] = relationship(
        back_populates="tickets", foreign_keys="Ticket.user_id", lazy="raise"
    )
    assigned_staff: Mapped[User | None] = relationship(
        back_populates="assigned_tickets", foreign_keys="Ticket.assigned_to", lazy="raise"
    )


class DailyTicketCounter(Base):
    """The last number given on a day; its row lock is what makes numbers race-free."""

    __tablename__ = "daily_ticket_counter"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    day: Mapped[date] = mapped_column(unique=True)
    last_number: Mapped[int] = mapped_column(default=0)


class Placed:
    """A row about a message, which stands at a place in Telegram (core/address.py)."""

    account: Mapped[int] = mapped_column(default=BOT, server_default=sql("0"))
    chat_id: Mapped[int]
    message_id: Mapped[int]

    @property
    def place(self) -> Place:
        return Place(self.chat_id, self.message_id, self.account)


class Message(Placed, Base):
    """What a person wrote: a question, an answer or a note, as Telegram gave it to us.

    Its place is unique.
    `details` has the other fields of Telegram's message (services/helpdesk/content.py).
    """

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("chat_id", "message_id", "account"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    direction: Mapped[Direction] = mapped_column(stored_by_value(Direction))
    kind: Mapped[str]
    text: Mapped[str | None]
    entities: Mapped[list[dict[str, Any]] | None]
    details: Mapped[dict[str, Any] | None]
    file_id: Mapped[str | None]
    file_unique_id: Mapped[str | None]
    media_group_id: Mapped[str | None]
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    revision: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]


class MessageLink(Placed, Base):
    """A message of the bot that belongs to a ticket, and what it shows.

    Not unique by its place: a merged message holds several copies, a split one is several.
    `part` counts the pieces of one copy from 0; `revision` is the one that was sent. A NOTICE that
    is a copy follows no edits: it stands beside a newer one and could not be edited, or it shows
    staff what a colleague wrote elsewhere. `thread_id` is the thread of a forum that it was sent
    to.
    """

    __tablename__ = "message_links"
    __table_args__ = (
        Index(None, "chat_id", "message_id", "account"),
        Index(
            "ix_message_links_cards",
            "ticket_id",
            "chat_id",
            "id",
            sqlite_where=sql("kind = 'card'"),
            postgresql_where=sql("kind = 'card'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    copy_of: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    kind: Mapped[LinkKind] = mapped_column(stored_by_value(LinkKind))
    part: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    thread_id: Mapped[int | None]


class TicketEvent(Base):
    """Who did what to a ticket, and when: the audit log."""

    __tablename__ = "ticket_events"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str]
    details: Mapped[dict[str, Any] | None]
    happened_at: Mapped[datetime]


class KeptWords(Placed, Base):
    """What staff wrote and is not sent until it is clear where to: services/helpdesk/kept_words.py.

    Its buttons carry `mark`, because a restored database reuses keys. `content` is the whole
    Content; `speaker_id` is that of the person or chat that spoke. While `ticket_id` is not known,
    `choices` lists the tickets that it may be about, and the lost sends.
    """

    __tablename__ = "kept_words"
    __table_args__ = (UniqueConstraint("chat_id", "message_id", "account"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    mark: Mapped[str] = mapped_column(default=new_mark, unique=True)
    reason: Mapped[KeptReason] = mapped_column(stored_by_value(KeptReason))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    speaker_id: Mapped[int]
    media_group_id: Mapped[str | None]
    content: Mapped[dict[str, Any]]
    replied: Mapped[dict[str, Any] | None]
    choices: Mapped[list[dict[str, Any]] | None]
    kept_at: Mapped[datetime] = mapped_column(index=True)
