"""What residents think of an answer."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "bot_0006"
down_revision: str | None = "bot_0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "faq_vote",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"],
            name=op.f("fk_faq_vote_conversation_id_conversation"), ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_vote")),
        sa.UniqueConstraint(
            "conversation_id", "item_id", name=op.f("uq_faq_vote_conversation_id")
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_faq_vote_item_id"), "faq_vote", ["item_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_faq_vote_item_id"), "faq_vote")
    op.drop_table("faq_vote")
