"""For how many days threads are kept once their tickets are closed: for ever.

Revision: 0032, after 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("staff_chats") as batch:
        batch.add_column(sa.Column("threads_kept_days", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_threads_chat_id_used_at"), "threads", ["chat_id", "used_at"])


def downgrade() -> None:
    """Leave nothing that an older version can neither do nor send."""
    op.execute("DELETE FROM timers WHERE kind IN ('threads_kept', 'thread_ends')")
    op.execute("DELETE FROM deliveries WHERE kind IN ('keeping_chosen', 'thread_deleted')")
    op.drop_index(op.f("ix_threads_chat_id_used_at"), "threads")
    with op.batch_alter_table("staff_chats") as batch:
        batch.drop_column("threads_kept_days")
