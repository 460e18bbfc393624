"""Deleting a conversation must not read the whole outbox."""

from collections.abc import Sequence

from alembic import op

revision: str = "bot_0005"
down_revision: str | None = "bot_0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_outbox_conversation_id", "outbox", ["conversation_id"], unique=False)
    op.create_index("ix_outbox_message_id", "outbox", ["message_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_outbox_message_id", "outbox")
    op.drop_index("ix_outbox_conversation_id", "outbox")
