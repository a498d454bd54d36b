"""What a message says besides text and file, and when a user was asked for words.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("messages", sa.Column("details", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("users", sa.Column("asked_for_words_at", TIME, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.drop_column("asked_for_words_at")
    with op.batch_alter_table("messages") as messages:
        messages.drop_column("details")
