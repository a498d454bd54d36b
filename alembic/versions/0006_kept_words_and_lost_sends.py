"""Words of staff's that are kept until it is clear where they go, and sends whose answer was lost.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Written out, not imported: what the models become later must not change history.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.create_table(
        "kept_words",
        sa.Column("id", KEY, nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("ticket_id", KEY, nullable=True),
        sa.Column("author_id", KEY, nullable=True),
        sa.Column("speaker_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("media_group_id", sa.Text(), nullable=True),
        sa.Column("content", JSON, nullable=False),
        sa.Column("replied", JSON, nullable=True),
        sa.Column("choices", JSON, nullable=True),
        sa.Column("kept_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_kept_words_author_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_kept_words_ticket_id_tickets")
        ),
        sa.CheckConstraint(
            "reason IN ('slip', 'unconfirmed', 'orphan')", name=op.f("ck_kept_words_keptreason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_words")),
        sa.UniqueConstraint("chat_id", "message_id", name=op.f("uq_kept_words_chat_id_message_id")),
        sa.UniqueConstraint("mark", name=op.f("uq_kept_words_mark")),
    )
    for column in ("ticket_id", "author_id", "kept_at"):
        op.create_index(op.f(f"ix_kept_words_{column}"), "kept_words", [column])
    op.create_table(
        "lost_sends",
        sa.Column("id", KEY, nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("copies", JSON, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_lost_sends_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_sends")),
        sa.UniqueConstraint("delivery_id", "part", name=op.f("uq_lost_sends_delivery_id_part")),
    )
    op.create_index("ix_lost_sends_chat_id_until", "lost_sends", ["chat_id", "until"])
    for column in ("ticket_id", "until"):
        op.create_index(op.f(f"ix_lost_sends_{column}"), "lost_sends", [column])


def downgrade() -> None:
    op.drop_table("lost_sends")
    op.drop_table("kept_words")
