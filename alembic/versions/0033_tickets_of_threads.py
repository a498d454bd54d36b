"""An index of the tickets that go on in threads, or did: a thread's are found among all others.

Revision: 0033, after 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

IN_THREADS = sa.text("thread_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        op.f("ix_tickets_thread_id"),
        "tickets",
        ["staff_chat_id", "thread_id"],
        sqlite_where=IN_THREADS,
        postgresql_where=IN_THREADS,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_tickets_thread_id"), "tickets")
