"""Answers to commands are forgotten with what else was only for the eyes.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index_kinds("kind IN ('aside', 'command_answered', 'refusal')")


def downgrade() -> None:
    _index_kinds("kind IN ('aside', 'refusal')")


def _index_kinds(condition: str) -> None:
    op.drop_index(op.f("ix_deliveries_for_the_eyes"), "deliveries")
    op.create_index(
        op.f("ix_deliveries_for_the_eyes"),
        "deliveries",
        ["created_at"],
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
