"""The team's chats, the settings it changed from them, and its open dialogues."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.team import StaffMode
from database.base import Base
from database.columns import Key, stored_by_value
from database.models import User


class StaffChatRow(Base):
    """A group in which staff answer; one of them is the main one.

    `chat_id` is its current id. `by_setting`: it is a staff chat only while the setting makes it
    the main one. Tickets from `next_ticket_id` on may still have to move along to it; None if all
    have.
    """

    __tablename__ = "staff_chats"
    __table_args__ = (
        Index(
            "uq_staff_chats_is_main",
            "is_main",
            unique=True,
            sqlite_where=sql("is_main"),
            postgresql_where=sql("is_main"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    chat_id: Mapped[int] = mapped_column(unique=True)
    is_main: Mapped[bool]
    by_setting: Mapped[bool]
    next_ticket_id: Mapped[int | None]
    mode: Mapped[StaffMode | None] = mapped_column(stored_by_value(StaffMode))
    hears_threads: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    threads_failed_at: Mapped[datetime | None]
    closes_threads: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    threads_kept_days: Mapped[int | None] = mapped_column(Integer)
    may_pin: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    may_delete: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    created_at: Mapped[datetime]


class Thread(Base):
    """A thread that the bot made in a staff chat, for the tickets of one user.

    `card_of` is the ticket whose card was sent to it last, or that no longer wanted it when it was
    made; None: it is wanted, and nothing was sent yet. `name`, `icon` (an id of Telegram) and
    `is_closed` are as they were asked for last, or as Telegram told us. The icon was last changed
    at `icon_set_at`. `pinned_id` is the card that we pinned there last.

    Nothing is sent any more to one that `is_gone`, where messages don't arrive. People may still
    see it: what they write there is about `card_of`, which is then the ticket that went on there.
    """

    __tablename__ = "threads"
    __table_args__ = (
        UniqueConstraint("chat_id", "thread_id"),
        Index(None, "chat_id", "used_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    chat_id: Mapped[int]
    thread_id: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    card_of: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    name: Mapped[str]
    icon: Mapped[str | None]
    icon_set_at: Mapped[datetime | None]
    is_closed: Mapped[bool]
    pinned_id: Mapped[int | None]
    is_gone: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime]


class Board(Base):
    """The board of a staff chat, while it is on (services/helpdesk/boards.py).

    It stands at `message_id` in `chat_id`; None while it is on its way. `shown` is a digest of what
    it shows, or of what is on its way to it.
    """

    __tablename__ = "boards"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    chat_id: Mapped[int] = mapped_column(unique=True)
    message_id: Mapped[int | None]
    is_pinned: Mapped[bool]
    shown: Mapped[str]
    shown_at: Mapped[datetime | None]


class Setting(Base):
    """A value that replaces the default, in one language."""

    __tablename__ = "settings"
    __table_args__ = (UniqueConstraint("key", "language"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str]
    language: Mapped[str]
    value: Mapped[dict[str, Any]]


class SettingChange(Base):
    """Who gave a setting which value, and when; never changed, never dropped.

    Without a `value` the default was restored. Without a person it was an anonymous administrator.
    """

    __tablename__ = "setting_changes"
    __table_args__ = (Index("ix_setting_changes_key_language_id", "key", "language", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str]
    language: Mapped[str]
    value: Mapped[dict[str, Any] | None]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    changed_at: Mapped[datetime]

    person: Mapped[User | None] = relationship(
        foreign_keys="SettingChange.changed_by", lazy="raise"
    )


class Dialogue(Base):
    """Something that one person is asked for in a chat, by a message to reply to.

    `step` says what for, and `data` has what the step needs. `speaker_id` is a person's Telegram
    id, or the group's own for its anonymous administrators. `question_id` is the message that asks,
    once it was sent. Ended dialogues are kept for a while, so that a late reply is understood.
    """

    __tablename__ = "dialogues"
    __table_args__ = (
        Index(
            "uq_dialogues_chat_id_speaker_id_not_over",
            "chat_id",
            "speaker_id",
            unique=True,
            sqlite_where=sql("ended_at IS NULL"),
            postgresql_where=sql("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    chat_id: Mapped[int]
    speaker_id: Mapped[int]
    step: Mapped[str]
    data: Mapped[dict[str, Any]]
    question_id: Mapped[int | None]
    since: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
