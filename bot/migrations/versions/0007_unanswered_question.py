"""Questions that found no answer, masked."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "bot_0007"
down_revision: str | None = "bot_0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "unanswered_question",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered_question")),
    )
    op.create_index(op.f("ix_unanswered_question_at"), "unanswered_question", ["at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_unanswered_question_at"), "unanswered_question")
    op.drop_table("unanswered_question")
