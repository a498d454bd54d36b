"""An index of the cards alone: the newest one is found without a look at all that a ticket has.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CARDS = sa.text("kind = 'card'")


def upgrade() -> None:
    op.create_index(
        op.f("ix_message_links_cards"),
        "message_links",
        ["ticket_id", "chat_id", "id"],
        sqlite_where=CARDS,
        postgresql_where=CARDS,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_message_links_cards"), "message_links")
