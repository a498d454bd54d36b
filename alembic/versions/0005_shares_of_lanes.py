"""What waits is found by class and lane, without a look at all of it.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PENDING = sa.text("status IN ('waiting', 'claimed')")
WAITING = sa.text("status = 'waiting'")
CLAIMED = sa.text("status = 'claimed'")
FOR_THE_EYES = sa.text("kind IN ('aside', 'refusal')")

# Classes, by the number under which they are stored.
CARD, FOLLOW_UP, REDRAW = 2, 3, 4
ALBUM, REFUSAL, SIGN = 6, 7, 8


def upgrade() -> None:
    op.drop_index(op.f("ix_deliveries_lane"), "deliveries")
    op.add_column(
        "deliveries",
        sa.Column("lane", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    # What has arrived never waits again.
    op.execute(
        "UPDATE deliveries SET lane = ticket_id"
        " WHERE ticket_id IS NOT NULL AND status <> 'delivered'"
    )
    _renumber("kind = 'question_posted' AND media_group_id IS NOT NULL", FOLLOW_UP, ALBUM)
    _renumber("kind IN ('refusal', 'group_is_not_staff')", None, REFUSAL)
    _renumber("kind = 'card_redrawn'", CARD, SIGN)
    op.create_index(
        op.f("ix_deliveries_lane"),
        "deliveries",
        ["chat_id", "lane", "id"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )
    op.create_index(
        op.f("ix_deliveries_claimed"),
        "deliveries",
        ["chat_id", "lane"],
        sqlite_where=CLAIMED,
        postgresql_where=CLAIMED,
    )
    op.create_index(
        op.f("ix_deliveries_ring"),
        "deliveries",
        ["priority", "chat_id", "lane", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        op.f("ix_deliveries_for_the_eyes"),
        "deliveries",
        ["created_at"],
        sqlite_where=FOR_THE_EYES,
        postgresql_where=FOR_THE_EYES,
    )


def downgrade() -> None:
    for name in ("for_the_eyes", "ring", "claimed", "lane"):
        op.drop_index(op.f(f"ix_deliveries_{name}"), "deliveries")
    _renumber(None, ALBUM, FOLLOW_UP)
    _renumber(None, REFUSAL, 1)
    _renumber(None, SIGN, CARD)
    op.drop_column("deliveries", "lane")
    op.create_index(
        op.f("ix_deliveries_lane"),
        "deliveries",
        ["chat_id", "ticket_id", "id"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )


def _renumber(which: str | None, before: int | None, after: int) -> None:
    """Give what may still be sent its class; what has arrived keeps the one that it had."""
    conditions = ["status <> 'delivered'"]
    conditions += [which] if which is not None else []
    conditions += [f"priority = {before}"] if before is not None else []
    op.execute(f"UPDATE deliveries SET priority = {after} WHERE {' AND '.join(conditions)}")  # noqa: S608 - our own words
