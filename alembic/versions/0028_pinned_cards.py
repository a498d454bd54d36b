"""Cards that are pinned in their threads, and what the bot may do in a staff chat.

What it may is asked when it starts. What was sent for pins is forgotten as for boards.

Revision: 0028, after 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

FALSE = sa.text("false")
EYES = (
    "kind IN ('aside', 'command_answered', 'refusal', "
    "'board_shown', 'board_pinned', 'board_unpinned', 'board_retired', 'pin_untold'"
)


def upgrade() -> None:
    with op.batch_alter_table("staff_chats") as batch:
        for name in ("may_pin", "may_delete"):
            batch.add_column(sa.Column(name, sa.Boolean(), server_default=FALSE, nullable=False))
    op.add_column("threads", sa.Column("pinned_id", sa.BigInteger(), nullable=True))
    _index_kinds(EYES + ", 'card_pinned', 'card_unpinned')")


def downgrade() -> None:
    """Leave nothing that an older version can't send."""
    op.execute("DELETE FROM deliveries WHERE kind IN ('card_pinned', 'card_unpinned')")
    _index_kinds(EYES + ")")
    with op.batch_alter_table("threads") as batch:
        batch.drop_column("pinned_id")
    with op.batch_alter_table("staff_chats") as batch:
        for name in ("may_pin", "may_delete"):
            batch.drop_column(name)


def _index_kinds(condition: str) -> None:
    op.drop_index(op.f("ix_deliveries_for_the_eyes"), "deliveries")
    op.create_index(
        op.f("ix_deliveries_for_the_eyes"),
        "deliveries",
        ["created_at"],
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
