"""The first schema: people, tickets, messages, the outbox, and what makes handling safe.

Revision: 0001, the first
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out, not imported: what the models become later must not change history.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
NOT_CLOSED = sa.text("status <> 'closed'")
UNDER_WAY = sa.text("status IN ('waiting', 'claimed')")


def one_of(column: str, values: Iterable[str], name: str) -> sa.CheckConstraint:
    """Allow a text column only these values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(name))


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", KEY, nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("blocked_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("telegram_id", name=op.f("uq_users_telegram_id")),
    )
    op.create_table(
        "tickets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("daily_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("assigned_to", KEY, nullable=True),
        sa.Column("staff_chat_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], op.f("fk_tickets_user_id_users")),
        sa.ForeignKeyConstraint(
            ["assigned_to"], ["users.id"], op.f("fk_tickets_assigned_to_users")
        ),
        sa.UniqueConstraint("opened_on", "daily_id", name=op.f("uq_tickets_opened_on_daily_id")),
        one_of(
            "status",
            ["new", "open", "pending", "on_hold", "closed"],
            "ck_tickets_ticketstatus",
        ),
    )
    op.create_index(
        "uq_tickets_user_id_not_closed",
        "tickets",
        ["user_id"],
        unique=True,
        sqlite_where=NOT_CLOSED,
        postgresql_where=NOT_CLOSED,
    )
    op.create_index(
        "ix_tickets_not_closed",
        "tickets",
        ["staff_chat_id", "opened_at"],
        sqlite_where=NOT_CLOSED,
        postgresql_where=NOT_CLOSED,
    )
    op.create_index("ix_tickets_user_id_opened_at", "tickets", ["user_id", "opened_at"])
    op.create_index(op.f("ix_tickets_assigned_to"), "tickets", ["assigned_to"])
    op.create_table(
        "daily_ticket_counter",
        sa.Column("id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_ticket_counter")),
        sa.UniqueConstraint("day", name=op.f("uq_daily_ticket_counter_day")),
    )
    op.create_table(
        "messages",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("author_id", KEY, nullable=True),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("entities", JSON, nullable=True),
        sa.Column("file_id", sa.Text(), nullable=True),
        sa.Column("file_unique_id", sa.Text(), nullable=True),
        sa.Column("media_group_id", sa.Text(), nullable=True),
        sa.Column("reply_to_id", KEY, nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], op.f("fk_messages_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], op.f("fk_messages_author_id_users")),
        sa.ForeignKeyConstraint(
            ["reply_to_id"], ["messages.id"], op.f("fk_messages_reply_to_id_messages")
        ),
        sa.UniqueConstraint("chat_id", "message_id", name=op.f("uq_messages_chat_id_message_id")),
        one_of("direction", ["question", "answer", "note"], "ck_messages_direction"),
    )
    op.create_index(op.f("ix_messages_ticket_id"), "messages", ["ticket_id"])
    op.create_index(op.f("ix_messages_author_id"), "messages", ["author_id"])
    op.create_index(op.f("ix_messages_reply_to_id"), "messages", ["reply_to_id"])
    op.create_table(
        "message_links",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("copy_of", KEY, nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_links")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], op.f("fk_message_links_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["copy_of"], ["messages.id"], op.f("fk_message_links_copy_of_messages")
        ),
        one_of("kind", ["card", "copy", "notice"], "ck_message_links_linkkind"),
    )
    op.create_index(
        "ix_message_links_chat_id_message_id", "message_links", ["chat_id", "message_id"]
    )
    op.create_index(op.f("ix_message_links_ticket_id"), "message_links", ["ticket_id"])
    op.create_index(op.f("ix_message_links_copy_of"), "message_links", ["copy_of"])
    op.create_table(
        "ticket_events",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=True),
        sa.Column("happened_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_events")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], op.f("fk_ticket_events_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], op.f("fk_ticket_events_actor_id_users")
        ),
    )
    op.create_index(op.f("ix_ticket_events_ticket_id"), "ticket_events", ["ticket_id"])
    op.create_index(op.f("ix_ticket_events_actor_id"), "ticket_events", ["actor_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", KEY, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", KEY, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("media_group_id", sa.Text(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("first_tried_at", TIME, nullable=True),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], op.f("fk_deliveries_ticket_id_tickets")
        ),
        one_of(
            "status",
            ["waiting", "claimed", "delivered", "failed"],
            "ck_deliveries_deliverystatus",
        ),
    )
    op.create_index(
        "ix_deliveries_lane",
        "deliveries",
        ["chat_id", "ticket_id", "id"],
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_index("ix_deliveries_sent_at", "deliveries", ["sent_at"])
    op.create_index(op.f("ix_deliveries_ticket_id"), "deliveries", ["ticket_id"])
    op.create_table(
        "chat_pauses",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("held_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_chat_pauses")),
    )
    op.create_table(
        "chat_migrations",
        sa.Column("old_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("new_id", sa.BigInteger(), nullable=False),
        sa.Column("migrated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("old_id", name=op.f("pk_chat_migrations")),
    )
    op.create_table(
        "foreign_groups",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("told_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_foreign_groups")),
    )
    op.create_table(
        "bot_identity",
        sa.Column("bot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("bot_id", name=op.f("pk_bot_identity")),
    )
    op.create_table(
        "seen_updates",
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_seen_updates")),
    )
    op.create_index(op.f("ix_seen_updates_seen_at"), "seen_updates", ["seen_at"])
    op.create_table(
        "dead_updates",
        sa.Column("id", KEY, nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("died_at", TIME, nullable=False),
        sa.Column("replayed_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_updates")),
        sa.UniqueConstraint("update_id", name=op.f("uq_dead_updates_update_id")),
    )


def downgrade() -> None:
    for table in (
        "dead_updates",
        "seen_updates",
        "bot_identity",
        "foreign_groups",
        "chat_migrations",
        "chat_pauses",
        "deliveries",
        "ticket_events",
        "message_links",
        "messages",
        "daily_ticket_counter",
        "tickets",
        "users",
    ):
        op.drop_table(table)
