"""A message is known by account, chat and id: a business account's chats number their own messages.

Such a chat has the same id as the bot's own private chat with that person. All that is stored is
of the bot's own chats: account 0.

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Tables with one row for a message; links are several.
UNIQUE = ("messages", "kept_words")
BEFORE, SINCE = ["chat_id", "message_id"], ["chat_id", "message_id", "account"]


def upgrade() -> None:
    for table in UNIQUE:
        with op.batch_alter_table(table) as batch:
            batch.add_column(_account())
            batch.drop_constraint(_named("uq", table, BEFORE), type_="unique")
            batch.create_unique_constraint(_named("uq", table, SINCE), SINCE)
    op.add_column("message_links", _account())
    op.drop_index(_named("ix", "message_links", BEFORE), "message_links")
    op.create_index(_named("ix", "message_links", SINCE), "message_links", SINCE)


def downgrade() -> None:
    """Fail, and change nothing, where two accounts have a message of the same chat and id."""
    op.drop_index(_named("ix", "message_links", SINCE), "message_links")
    with op.batch_alter_table("message_links") as batch:
        batch.drop_column("account")
    op.create_index(_named("ix", "message_links", BEFORE), "message_links", BEFORE)
    for table in UNIQUE:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(_named("uq", table, SINCE), type_="unique")
            batch.drop_column("account")
            batch.create_unique_constraint(_named("uq", table, BEFORE), BEFORE)


def _account() -> sa.Column[int]:
    return sa.Column("account", sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def _named(kind: str, table: str, columns: list[str]) -> str:
    return op.f("_".join([kind, table, *columns]))
