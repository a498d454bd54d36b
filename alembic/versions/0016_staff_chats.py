"""The groups in which staff answer; tickets may come along to each of them.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Written out, not imported: what the models become later must not change history.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
IS_MAIN = sa.text("is_main")

# Where the tickets are, and from which one on they have still to come along.
_FROM_RELOCATION = """
    INSERT INTO staff_chats (chat_id, is_main, by_setting, next_ticket_id, created_at)
    SELECT chat_id, TRUE, TRUE, next_ticket_id, CURRENT_TIMESTAMP FROM relocation WHERE id = 1
"""

# Whoever comes from before 0009 has no such row. Then the chat of the newest ticket is taken for
# the main one, and all others come along to it.
_FROM_TICKETS = """
    INSERT INTO staff_chats (chat_id, is_main, by_setting, next_ticket_id, created_at)
    SELECT staff_chat_id, TRUE, TRUE,
           CASE WHEN EXISTS (SELECT 1 FROM tickets AS others
                             WHERE others.staff_chat_id <> tickets.staff_chat_id) THEN 0 END,
           CURRENT_TIMESTAMP
    FROM tickets
    WHERE id = (SELECT max(id) FROM tickets) AND NOT EXISTS (SELECT 1 FROM staff_chats)
"""

# Before 0016 there was one staff chat: tickets of the others come along to the main one.
_BACK = """
    INSERT INTO relocation (id, chat_id, next_ticket_id)
    SELECT 1, chat_id,
           CASE WHEN EXISTS (SELECT 1 FROM tickets
                             WHERE tickets.staff_chat_id <> staff_chats.chat_id) THEN 0 END
    FROM staff_chats WHERE is_main
"""


def upgrade() -> None:
    op.create_table(
        "staff_chats",
        sa.Column("id", KEY, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("by_setting", sa.Boolean(), nullable=False),
        sa.Column("next_ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_chats")),
        sa.UniqueConstraint("chat_id", name=op.f("uq_staff_chats_chat_id")),
    )
    op.create_index(
        op.f("uq_staff_chats_is_main"),
        "staff_chats",
        ["is_main"],
        unique=True,
        sqlite_where=IS_MAIN,
        postgresql_where=IS_MAIN,
    )
    op.execute(_FROM_RELOCATION)
    op.execute(_FROM_TICKETS)
    op.drop_table("relocation")


def downgrade() -> None:
    op.create_table(
        "relocation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("next_ticket_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relocation")),
    )
    op.execute(_BACK)
    op.drop_table("staff_chats")
