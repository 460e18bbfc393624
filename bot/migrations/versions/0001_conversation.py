"""Conversations."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "bot_0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = ("bot",)
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("token_digest", sa.String(), nullable=False),
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_conversation_token_digest")),
    )


def downgrade() -> None:
    op.drop_table("conversation")
