"""The class of a delivery is its precedence: a ticket is what will have a priority.

Revision: 0010, after 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("deliveries", "priority", new_column_name="precedence")


def downgrade() -> None:
    op.alter_column("deliveries", "precedence", new_column_name="priority")
