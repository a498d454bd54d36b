"""Who leads among several replicas, and which card says how much waits.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "leadership",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leadership")),
    )
    op.create_table(
        "backlog_signs",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("shown_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_backlog_signs")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], op.f("fk_backlog_signs_ticket_id_tickets")
        ),
    )
    op.create_index(op.f("ix_backlog_signs_ticket_id"), "backlog_signs", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("backlog_signs")
    op.drop_table("leadership")
