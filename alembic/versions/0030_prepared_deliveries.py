"""How many messages were sent before a delivery so that it may go.

Revision: 0030, after 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ZERO = sa.text("0")


def upgrade() -> None:
    op.add_column(
        "deliveries", sa.Column("prepared", sa.BigInteger(), server_default=ZERO, nullable=False)
    )


def downgrade() -> None:
    op.drop_column("deliveries", "prepared")
