"""A send may be lost once in each chat: in the group as it was, and in the one that it became.

Revision: 0018, after 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OLD = "uq_lost_sends_delivery_id_part"
NEW = "uq_lost_sends_delivery_id_part_chat_id"


def upgrade() -> None:
    with op.batch_alter_table("lost_sends") as batch:
        batch.drop_constraint(op.f(OLD), type_="unique")
        batch.create_unique_constraint(op.f(NEW), ["delivery_id", "part", "chat_id"])


def downgrade() -> None:
    op.execute(
        "DELETE FROM lost_sends WHERE EXISTS (SELECT 1 FROM lost_sends AS newer "
        "WHERE newer.delivery_id = lost_sends.delivery_id AND newer.part = lost_sends.part "
        "AND newer.id > lost_sends.id)"
    )
    with op.batch_alter_table("lost_sends") as batch:
        batch.drop_constraint(op.f(NEW), type_="unique")
        batch.create_unique_constraint(op.f(OLD), ["delivery_id", "part"])
