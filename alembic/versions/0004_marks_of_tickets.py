"""A mark for each ticket: its key may be given again after a restore, its mark never.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# 48 random bits. A random UUID begins with twelve random digits, the next one is its version.
MARK_ALL = {
    "sqlite": "UPDATE tickets SET mark = lower(hex(randomblob(6)))",
    "postgresql": "UPDATE tickets SET mark = left(replace(gen_random_uuid()::text, '-', ''), 12)",
}


def upgrade() -> None:
    op.add_column("tickets", sa.Column("mark", sa.Text(), nullable=True))
    op.execute(MARK_ALL[op.get_bind().dialect.name])
    with op.batch_alter_table("tickets") as batch:
        batch.alter_column("mark", existing_type=sa.Text(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("tickets") as batch:
        batch.drop_column("mark")
