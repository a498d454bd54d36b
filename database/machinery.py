"""The tables behind the helpdesk: what is sent and received, and the program's own state."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base
from database.columns import Json, Key, stored_by_value


class DeliveryStatus(StrEnum):
    """How far a delivery has got. DELIVERED: done with; `sent_at` says whether it was sent."""

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
    BOARD = 9


# Kinds of what nobody needs once it is sent, or too late.
FOR_THE_EYES = (
    "aside",
    "command_answered",
    "refusal",
    "board_shown",
    "board_pinned",
    "board_unpinned",
    "board_retired",
    "pin_untold",
    "card_pinned",
    "card_unpinned",
)
_FOR_THE_EYES = ", ".join(f"'{kind}'" for kind in FOR_THE_EYES)


class Delivery(Base):
    """A notice on its way to a chat: the outbox.

    `batch_id` is the key of the first of the deliveries that travel as one message, all of the same
    lane (no foreign key); once claimed, a batch keeps its members. `part` is the next piece to send
    if the message needs several. `prepared` is how many messages were sent before it so that it may
    go: its thread, its card, or itself to where it should not stand.

    Deliveries of one `lane` in a chat keep their order: it is the key of the ticket, or 0 without
    one. A stuck delivery gets a lane of its own, so that others pass it
    (services/delivery/lanes.py).
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
            sqlite_where=sql(f"kind IN ({_FOR_THE_EYES})"),
            postgresql_where=sql(f"kind IN ({_FOR_THE_EYES})"),
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
    prepared: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    attempts: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]


class LostSend(Base):
    """A send whose result was lost: its message may be in the chat, as an orphan.

    It left between `since` and `until`. `copies` are the keys of the messages that it showed;
    `part` is the piece of them. It has the key of its delivery, which it may outlive; if the
    staff chat moved, a delivery may have been lost in each group.
    """

    __tablename__ = "lost_sends"
    __table_args__ = (
        UniqueConstraint("delivery_id", "part", "chat_id"),
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
    """A chat that is sent nothing until a time: Telegram said 429, or we may not write there.

    Chat 0 means all chats. `since` shows whether the clock was set back.
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
    `staff_chat_id` is the group whose staff are told of it, by the id that it had then.
    """

    __tablename__ = "dead_updates"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    update_id: Mapped[int] = mapped_column(unique=True)
    staff_chat_id: Mapped[int] = mapped_column(server_default=sql("0"))
    raw: Mapped[str]
    error: Mapped[str]
    died_at: Mapped[datetime]
    replayed_at: Mapped[datetime | None]


class Timer(Base):
    """Something that is due at a time (services/timers.py), at most one of a kind and subject.

    `subject` is a key or a chat, or 0; `payload` has the kind's other fields. `set_at` shows
    whether the clock was set back. `failures` counts those in a row.
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
    """A group that became a supergroup, and its new id."""

    __tablename__ = "chat_migrations"

    old_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    new_id: Mapped[int]
    migrated_at: Mapped[datetime]


class ForeignGroup(Base):
    """A group that is not a staff chat and was told its id: once, or again if it was one before."""

    __tablename__ = "foreign_groups"

    chat_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    told_at: Mapped[datetime]


class BotIdentity(Base):
    """The one bot this database belongs to: private message ids and file_ids are its own."""

    __tablename__ = "bot_identity"

    bot_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]


class Leadership(Base):
    """The process that writes to this database, or the last one that did; there is one row.

    Only the holder of the lock may write here (database/leadership.py). `holder` is a name that
    the process makes up at its start.
    """

    __tablename__ = "leadership"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str]
    since: Mapped[datetime]


class BacklogSign(Base):
    """The card that tells a staff chat how much more waits for it."""

    __tablename__ = "backlog_signs"

    chat_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    shown_at: Mapped[datetime]
