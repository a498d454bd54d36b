"""The whole schema on one page. Relationships load only when asked for."""

from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    bindparam,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from database.columns import Json, Key, UtcDateTime, new_mark, stored_by_value


class Base(DeclarativeBase):
    """Names every constraint by rule, so that migrations can name it too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration
        int: BigInteger,
        str: Text,
        datetime: UtcDateTime,
        dict[str, Any]: Json,
        list[dict[str, Any]]: Json,
    }


class Plain:
    """A row without relationships, made for every message: keeps what it is given as it is.

    SQLAlchemy's own constructor sets one column after the other and notes each as a change.
    """

    def __init__(self, **columns: Any) -> None:
        vars(self).update(columns)


class TicketStatus(StrEnum):
    """Who has to move: DESIGN's words, which are the helpdesk field's."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


class Direction(StrEnum):
    """Which way a message goes."""

    QUESTION = "question"
    ANSWER = "answer"
    NOTE = "note"


class LinkKind(StrEnum):
    """What a message of the bot stands for."""

    CARD = "card"
    COPY = "copy"
    NOTICE = "notice"


class DeliveryStatus(StrEnum):
    """Where a delivery is on its way."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    FAILED = "failed"


class KeptReason(StrEnum):
    """Why words are kept: see services/helpdesk/kept.py."""

    SLIP = "slip"
    UNCONFIRMED = "unconfirmed"
    ORPHAN = "orphan"


class Priority(IntEnum):
    """The class of a delivery, which has a share of the limits (services/delivery/shares.py).

    Stored by number: add, never renumber.
    """

    ANSWER = 0
    CONFIRMATION = 1
    CARD = 2
    FOLLOW_UP = 3
    REDRAW = 4
    REACTION = 5
    ALBUM = 6
    REFUSAL = 7
    SIGN = 8


class User(Base):
    """A person on Telegram: one who asks, or one of the staff who answered."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    telegram_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]
    username: Mapped[str | None]
    language: Mapped[str]
    blocked_at: Mapped[datetime | None]
    asked_for_words_at: Mapped[datetime | None]
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


class Ticket(Base):
    """One question and the talk about it.

    Its buttons carry `mark` beside the key, which a restored or a new database gives again.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("opened_on", "daily_id"),
        Index(
            "uq_tickets_user_id_not_closed",
            "user_id",
            unique=True,
            sqlite_where=sql("status <> 'closed'"),
            postgresql_where=sql("status <> 'closed'"),
        ),
        Index(
            "ix_tickets_not_closed",
            "staff_chat_id",
            "opened_at",
            sqlite_where=sql("status <> 'closed'"),
            postgresql_where=sql("status <> 'closed'"),
        ),
        Index("ix_tickets_user_id_opened_at", "user_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    mark: Mapped[str] = mapped_column(default=new_mark)
    daily_id: Mapped[int]
    opened_on: Mapped[date]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    staff_chat_id: Mapped[int]
    status: Mapped[TicketStatus] = mapped_column(stored_by_value(TicketStatus))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

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


class Message(Plain, Base):
    """What a person wrote: a question, an answer or a note, as Telegram gave it to us.

    `details` is what else Telegram's message says (services/helpdesk/content.py).
    """

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("chat_id", "message_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    direction: Mapped[Direction] = mapped_column(stored_by_value(Direction))
    chat_id: Mapped[int]
    message_id: Mapped[int]
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


class MessageLink(Base):
    """A message of the bot that belongs to a ticket, and what it shows.

    Not unique by chat and message: a merged message holds several copies, a split one is several.
    `part` counts the pieces of one copy from 0; `revision` is the one that was sent. A NOTICE that
    is a copy stands beside a newer one: it could not be edited.
    """

    __tablename__ = "message_links"
    __table_args__ = (
        Index("ix_message_links_chat_id_message_id", "chat_id", "message_id"),
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
    chat_id: Mapped[int]
    message_id: Mapped[int]
    part: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)


class TicketEvent(Base):
    """Who did what to a ticket, and when: the audit log."""

    __tablename__ = "ticket_events"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str]
    details: Mapped[dict[str, Any] | None]
    happened_at: Mapped[datetime]


class Delivery(Plain, Base):
    """A notice on its way to a chat: the outbox.

    `batch_id` is the first delivery of those that travel as one message (by its number alone: it
    is always of the same lane); once claimed, a batch keeps its members. `part` is the next piece
    to send of a message that needs several.

    `lane` is what is kept in order within a chat: the key of the ticket, or 0 for all that belongs
    to none. What is stuck has one of its own, which others pass (services/delivery/lanes.py).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(
            "ix_deliveries_lane",
            "chat_id",
            "lane",
            "id",
            sqlite_where=sql("status IN ('waiting', 'claimed')"),
            postgresql_where=sql("status IN ('waiting', 'claimed')"),
        ),
        Index(
            "ix_deliveries_claimed",
            "chat_id",
            "lane",
            sqlite_where=sql("status = 'claimed'"),
            postgresql_where=sql("status = 'claimed'"),
        ),
        Index(
            "ix_deliveries_ring",
            "priority",
            "chat_id",
            "lane",
            "id",
            sqlite_where=sql("status = 'waiting'"),
            postgresql_where=sql("status = 'waiting'"),
        ),
        Index("ix_deliveries_sent_at", "sent_at"),
        Index(
            "ix_deliveries_for_the_eyes",
            "created_at",
            sqlite_where=sql("kind IN ('aside', 'refusal')"),
            postgresql_where=sql("kind IN ('aside', 'refusal')"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    chat_id: Mapped[int]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    lane: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    media_group_id: Mapped[str | None]
    priority: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[DeliveryStatus] = mapped_column(stored_by_value(DeliveryStatus))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    batch_id: Mapped[int | None]
    part: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]


class KeptWords(Base):
    """What staff wrote, and what goes nowhere until it is clear where: services/helpdesk/kept.py.

    Its buttons carry `mark`, because a restored database gives keys again. `content` is the whole
    Content; `speaker_id` is of the person, or the chat, that spoke. Of a reply to an orphan,
    `ticket_id` is not known yet, and `choices` name the lost sends that it may be about.
    """

    __tablename__ = "kept_words"
    __table_args__ = (UniqueConstraint("chat_id", "message_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    mark: Mapped[str] = mapped_column(default=new_mark, unique=True)
    reason: Mapped[KeptReason] = mapped_column(stored_by_value(KeptReason))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    speaker_id: Mapped[int]
    chat_id: Mapped[int]
    message_id: Mapped[int]
    media_group_id: Mapped[str | None]
    content: Mapped[dict[str, Any]]
    replied: Mapped[dict[str, Any] | None]
    choices: Mapped[list[dict[str, Any]] | None]
    kept_at: Mapped[datetime] = mapped_column(index=True)


class LostSend(Base):
    """A send whose answer was lost: its message may stand in a group, an orphan.

    It left between `since` and `until`. `copies` are the messages that it showed, by key; `part`
    is the piece of them. Named after its delivery, which it may outlive.
    """

    __tablename__ = "lost_sends"
    __table_args__ = (
        UniqueConstraint("delivery_id", "part"),
        Index("ix_lost_sends_chat_id_until", "chat_id", "until"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    delivery_id: Mapped[int]
    part: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    chat_id: Mapped[int]
    copies: Mapped[list[int]] = mapped_column(Json)
    since: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)


class ChatPause(Base):
    """A chat that takes nothing until a time: Telegram said 429, or we may not write there.

    Chat 0 stands for all chats. `since` lets a clock that was set back be noticed.
    """

    __tablename__ = "chat_pauses"

    chat_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    until: Mapped[datetime]
    held_because: Mapped[str | None]


class SeenUpdate(Base):
    """An update that was handled; kept 48 hours, twice as long as Telegram keeps one."""

    __tablename__ = "seen_updates"

    update_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class DeadUpdate(Base):
    """An update that could not be handled, with all that is needed to handle it later.

    `raw` is the update's JSON in ASCII: PostgreSQL refuses zeros and lone surrogates otherwise.
    """

    __tablename__ = "dead_updates"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    update_id: Mapped[int] = mapped_column(unique=True)
    raw: Mapped[str]
    error: Mapped[str]
    died_at: Mapped[datetime]
    replayed_at: Mapped[datetime | None]


class ChatMigration(Base):
    """A group that became a supergroup, and the id it has since."""

    __tablename__ = "chat_migrations"

    old_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    new_id: Mapped[int]
    migrated_at: Mapped[datetime]


class Relocation(Base):
    """Where the tickets are, or come along to, a portion at a time; there is one row.

    Those from `next_ticket_id` on have still to come along; None if all have.
    """

    __tablename__ = "relocation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chat_id: Mapped[int]
    next_ticket_id: Mapped[int | None]


class ForeignGroup(Base):
    """A group that is not the staff chat and was told its id: once, or again if it was one."""

    __tablename__ = "foreign_groups"

    chat_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    told_at: Mapped[datetime]


class BotIdentity(Base):
    """The one bot this database belongs to: private message ids and file_ids are its own."""

    __tablename__ = "bot_identity"

    bot_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]


class Leadership(Base):
    """Which process writes to this database, or did last; there is one row.

    Only whoever has the lock may write here (database/leadership.py). `holder` is a name that a
    process makes up at its start.
    """

    __tablename__ = "leadership"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str]
    since: Mapped[datetime]


class BacklogSign(Base):
    """The card that tells the staff of a chat how much more waits for them."""

    __tablename__ = "backlog_signs"

    chat_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    shown_at: Mapped[datetime]


# Literal, not parameters: a partial index serves only a query that repeats its condition.
NOT_CLOSED = Ticket.status != bindparam(None, TicketStatus.CLOSED, literal_execute=True)
IS_CARD = MessageLink.kind == bindparam(None, LinkKind.CARD, literal_execute=True)
PENDING = Delivery.status.in_(
    bindparam(
        None,
        [DeliveryStatus.WAITING, DeliveryStatus.CLAIMED],
        expanding=True,
        literal_execute=True,
    )
)
FOR_THE_EYES = Delivery.kind.in_(
    bindparam(None, ["aside", "refusal"], expanding=True, literal_execute=True)
)
