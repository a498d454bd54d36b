"""Boards; what was sent for them is forgotten with what else was only for the eyes.

Revision: 0025, after 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "boards",
        sa.Column("id", KEY, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("shown_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boards")),
        sa.UniqueConstraint("chat_id", name=op.f("uq_boards_chat_id")),
    )
    _index_kinds(
        "kind IN ('aside', 'command_answered', 'refusal', "
        "'board_shown', 'board_pinned', 'board_unpinned', 'board_retired', 'pin_untold')"
    )


def downgrade() -> None:
    """Leave nothing that an older version can neither do nor send."""
    op.execute("DELETE FROM timers WHERE kind = 'board_look'")
    op.execute("DELETE FROM deliveries WHERE precedence = 9")
    _index_kinds("kind IN ('aside', 'command_answered', 'refusal')")
    op.drop_table("boards")


def _index_kinds(condition: str) -> None:
    op.drop_index(op.f("ix_deliveries_for_the_eyes"), "deliveries")
    op.create_index(
        op.f("ix_deliveries_for_the_eyes"),
        "deliveries",
        ["created_at"],
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
