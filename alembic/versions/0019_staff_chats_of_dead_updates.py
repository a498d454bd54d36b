"""An update that was set aside is told to the staff chat that it concerns, and to no other.

Those from before belong to the main one.

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# The id of no chat: what belongs to no staff chat belongs to the main one, too.
UNKNOWN = sa.text("0")


def upgrade() -> None:
    with op.batch_alter_table("dead_updates") as batch:
        batch.add_column(
            sa.Column("staff_chat_id", sa.BigInteger(), server_default=UNKNOWN, nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("dead_updates") as batch:
        batch.drop_column("staff_chat_id")
