"""The tables behind the helpdesk: what is sent and received, and what the program itself keeps."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base
from database.columns import Json, Key, stored_by_value


class DeliveryStatus(StrEnum):
    """Where a delivery is on its way."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    FAILED = "failed"


class Precedence(IntEnum):
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


class Delivery(Base):
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
            "precedence",
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
            sqlite_where=sql("kind IN ('aside', 'command_answered', 'refusal')"),
            postgresql_where=sql("kind IN ('aside', 'command_answered', 'refusal')"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    chat_id: Mapped[int]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    lane: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    media_group_id: Mapped[str | None]
    precedence: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[DeliveryStatus] = mapped_column(stored_by_value(DeliveryStatus))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    batch_id: Mapped[int | None]
    part: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]


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
    """An update that was handled; kept 48 hours, twice as long as Telegram keeps one, or longer."""

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


class Timer(Base):
    """Something that is due at a time (services/timers.py): one of a kind and a subject.

    `subject` is a key or a chat, or 0; `payload` is what else the kind needs to know. `set_at` lets
    a clock that was set back be noticed. `failures` are those in a row.
    """

    __tablename__ = "timers"
    __table_args__ = (UniqueConstraint("kind", "subject"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str]
    subject: Mapped[int]
    payload: Mapped[dict[str, Any]]
    set_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int]


class ChatMigration(Base):
    """A group that became a supergroup, and the id it has since."""

    __tablename__ = "chat_migrations"

    old_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    new_id: Mapped[int]
    migrated_at: Mapped[datetime]


class ForeignGroup(Base):
    """A group that is no staff chat and was told its id: once, or again if it was one."""

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
