"""Updates of Telegram, kept before they are confirmed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "bot_0004"
down_revision: str | None = "bot_0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "telegram_update",
        sa.Column("update_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_telegram_update")),
    )
    op.create_index(op.f("ix_telegram_update_done_at"), "telegram_update", ["done_at"])
    op.create_index(
        "ix_telegram_update_open",
        "telegram_update",
        ["update_id"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("telegram_update")
