"""What a link carried that led a user here, until the next ticket has it.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("link_payload", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("link_payload", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("tickets") as batch:
        batch.drop_column("link_payload")
    with op.batch_alter_table("users") as batch:
        batch.drop_column("linked_at")
        batch.drop_column("link_payload")
