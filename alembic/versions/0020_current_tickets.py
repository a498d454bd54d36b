"""A user may have several open tickets; one of them is current.

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Written out, not imported: what the models become later must not change history.
TIME = sa.DateTime(timezone=True)
NOT_CLOSED = sa.text("status <> 'closed'")

_FROM_OPEN = """
    UPDATE tickets SET is_current = (status <> 'closed'), current_since = opened_at
"""

# Before 0020 a user had one open ticket: of several the current one stays open.
_CLOSE_OTHERS = """
    UPDATE tickets SET status = 'closed', closed_at = CURRENT_TIMESTAMP
    WHERE status <> 'closed' AND NOT is_current
"""


def upgrade() -> None:
    op.drop_index("uq_tickets_user_id_not_closed", table_name="tickets")
    op.drop_index("ix_tickets_user_id_opened_at", table_name="tickets")
    op.add_column("tickets", sa.Column("is_current", sa.Boolean(), nullable=True))
    op.add_column("tickets", sa.Column("current_since", TIME, nullable=True))
    op.execute(_FROM_OPEN)
    with op.batch_alter_table("tickets") as batch:
        batch.alter_column("is_current", existing_type=sa.Boolean(), nullable=False)
        batch.alter_column("current_since", existing_type=TIME, nullable=False)
    op.create_index(
        "uq_tickets_user_id_current",
        "tickets",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("is_current = 1"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_index("ix_tickets_user_id_closed_at", "tickets", ["user_id", "closed_at"])


def downgrade() -> None:
    op.execute(_CLOSE_OTHERS)
    op.drop_index("ix_tickets_user_id_closed_at", table_name="tickets")
    op.drop_index("uq_tickets_user_id_current", table_name="tickets")
    with op.batch_alter_table("tickets") as batch:
        batch.drop_column("current_since")
        batch.drop_column("is_current")
    op.create_index("ix_tickets_user_id_opened_at", "tickets", ["user_id", "opened_at"])
    op.create_index(
        "uq_tickets_user_id_not_closed",
        "tickets",
        ["user_id"],
        unique=True,
        sqlite_where=NOT_CLOSED,
        postgresql_where=NOT_CLOSED,
    )
