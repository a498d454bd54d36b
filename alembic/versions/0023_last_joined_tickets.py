"""Which ticket a user's words joined last; for those who have an open one, the current one.

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("last_joined_id", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE users SET last_joined_id = "
        "(SELECT id FROM tickets WHERE tickets.user_id = users.id AND is_current)"
    )


def downgrade() -> None:
    with op.batch_alter_table("users") as batch:
        batch.drop_column("last_joined_id")
