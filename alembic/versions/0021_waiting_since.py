"""When it became the turn of whoever has to act: the list of tickets begins with the longest wait.

What the history tells of earlier tickets is taken from it; others wait since they were opened.

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NOT_CLOSED = sa.text("status <> 'closed'")
INDEX = "ix_tickets_not_closed"

# When a user wrote again is not in the history: such a ticket waits at most since the answer.
_FILL = """
    UPDATE tickets SET waiting_since = coalesce(
        CASE status
            WHEN 'closed' THEN closed_at
            WHEN 'new' THEN opened_at
            ELSE (SELECT max(happened_at) FROM ticket_events
                  WHERE ticket_events.ticket_id = tickets.id
                    AND kind IN ('answered', 'reopened'))
        END,
        opened_at)
"""


def upgrade() -> None:
    op.add_column("tickets", sa.Column("waiting_since", TIME, nullable=True))
    op.execute(_FILL)
    op.drop_index(INDEX, "tickets")
    with op.batch_alter_table("tickets") as batch:
        batch.alter_column("waiting_since", existing_type=TIME, nullable=False)
    columns = ["staff_chat_id", "waiting_since", "id", "status", "assigned_to"]
    op.create_index(INDEX, "tickets", columns, sqlite_where=NOT_CLOSED, postgresql_where=NOT_CLOSED)


def downgrade() -> None:
    op.drop_index(INDEX, "tickets")
    with op.batch_alter_table("tickets") as batch:
        batch.drop_column("waiting_since")
    columns = ["staff_chat_id", "opened_at"]
    op.create_index(INDEX, "tickets", columns, sqlite_where=NOT_CLOSED, postgresql_where=NOT_CLOSED)
