"""What a message says besides text and file, and when a user was asked for words.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

from database.columns import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("details", Json, nullable=True))
    op.add_column("users", sa.Column("asked_for_words_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.drop_column("asked_for_words_at")
    with op.batch_alter_table("messages") as messages:
        messages.drop_column("details")
