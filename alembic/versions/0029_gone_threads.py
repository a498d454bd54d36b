"""Threads that are gone, which people may still see.

Revision: 0029, after 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

FALSE = sa.text("false")


def upgrade() -> None:
    op.add_column(
        "threads", sa.Column("is_gone", sa.Boolean(), server_default=FALSE, nullable=False)
    )


def downgrade() -> None:
    """Leave it to the older version to find out which ones are gone."""
    with op.batch_alter_table("threads") as batch:
        batch.drop_column("is_gone")
