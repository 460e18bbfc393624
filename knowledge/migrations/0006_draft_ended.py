"""Where the drafts of a thing had got to: the next one counts on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "knowledge_0006"
down_revision: str | None = "knowledge_0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "content_draft_ended",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "object_id", name=op.f("pk_content_draft_ended")),
    )


def downgrade() -> None:
    op.drop_table("content_draft_ended")
