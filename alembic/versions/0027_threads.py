"""Threads of forums, and which ticket goes on in which.

What is there stays as it is: no installation gets threads by itself.

Revision: 0027, after 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
MODE = sa.Enum(
    "plain", "forum", name="staffmode", native_enum=False, create_constraint=True, length=16
)
FALSE = sa.text("false")
IN_A_THREAD = sa.text("thread_id IS NOT NULL AND status <> 'closed'")


def upgrade() -> None:
    op.create_table(
        "threads",
        sa.Column("id", KEY, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("card_of", KEY, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("icon_set_at", TIME, nullable=True),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_threads_user_id_users")),
        sa.ForeignKeyConstraint(
            ["card_of"], ["tickets.id"], name=op.f("fk_threads_card_of_tickets")
        ),
        sa.UniqueConstraint("chat_id", "thread_id", name=op.f("uq_threads_chat_id_thread_id")),
    )
    for name in ("user_id", "card_of"):
        op.create_index(op.f(f"ix_threads_{name}"), "threads", [name])
    with op.batch_alter_table("staff_chats") as batch:
        batch.add_column(sa.Column("mode", MODE, nullable=True))
        batch.add_column(
            sa.Column("hears_threads", sa.Boolean(), server_default=FALSE, nullable=False)
        )
        batch.add_column(sa.Column("threads_failed_at", TIME, nullable=True))
    op.add_column("message_links", sa.Column("thread_id", sa.BigInteger(), nullable=True))
    op.execute("UPDATE staff_chats SET mode = 'plain'")
    op.add_column("tickets", sa.Column("thread_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "tickets", sa.Column("wants_thread", sa.Boolean(), server_default=FALSE, nullable=False)
    )
    op.create_index(
        "uq_tickets_thread_id_not_closed",
        "tickets",
        ["staff_chat_id", "thread_id"],
        unique=True,
        sqlite_where=IN_A_THREAD,
        postgresql_where=IN_A_THREAD,
    )


def downgrade() -> None:
    """Leave nothing that an older version can neither do nor send."""
    op.drop_index("uq_tickets_thread_id_not_closed", "tickets")
    with op.batch_alter_table("message_links") as batch:
        batch.drop_column("thread_id")
    with op.batch_alter_table("tickets") as batch:
        batch.drop_column("wants_thread")
        batch.drop_column("thread_id")
    with op.batch_alter_table("staff_chats") as batch:
        batch.drop_column("threads_failed_at")
        batch.drop_column("hears_threads")
        batch.drop_constraint("staffmode", type_="check")
        batch.drop_column("mode")
    op.drop_table("threads")
