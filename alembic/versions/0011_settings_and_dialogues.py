"""What the team changed from its chat, who changed it, and what somebody is being asked for.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Written out, not imported: what the models become later must not change history.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
NOT_OVER = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
        sa.UniqueConstraint("key", "language", name=op.f("uq_settings_key_language")),
    )
    op.create_table(
        "setting_changes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.Column("changed_by", KEY, nullable=True),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["users.id"], name=op.f("fk_setting_changes_changed_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_changes")),
    )
    op.create_index(
        "ix_setting_changes_key_language_id", "setting_changes", ["key", "language", "id"]
    )
    op.create_index(op.f("ix_setting_changes_changed_by"), "setting_changes", ["changed_by"])
    op.create_table(
        "dialogues",
        sa.Column("id", KEY, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("speaker_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=True),
        sa.Column("since", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogues")),
    )
    op.create_index(op.f("ix_dialogues_since"), "dialogues", ["since"])
    op.create_index(
        "uq_dialogues_chat_id_speaker_id_not_over",
        "dialogues",
        ["chat_id", "speaker_id"],
        unique=True,
        sqlite_where=NOT_OVER,
        postgresql_where=NOT_OVER,
    )


def downgrade() -> None:
    op.drop_table("dialogues")
    op.drop_table("setting_changes")
    op.drop_table("settings")
