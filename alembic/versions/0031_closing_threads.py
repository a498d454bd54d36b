"""Whether threads are closed with their tickets; they are not.

Revision: 0031, after 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("staff_chats") as batch:
        batch.add_column(
            sa.Column(
                "closes_threads", sa.Boolean(), server_default=sa.text("false"), nullable=False
            )
        )


def downgrade() -> None:
    """Leave nothing that an older version can neither do nor send."""
    op.execute("DELETE FROM timers WHERE kind = 'thread_closes'")
    op.execute("DELETE FROM deliveries WHERE kind IN ('closing_chosen', 'thread_shut')")
    with op.batch_alter_table("staff_chats") as batch:
        batch.drop_column("closes_threads")
