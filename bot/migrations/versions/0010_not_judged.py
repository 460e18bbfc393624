"""A ticket says whether anybody has looked how urgent it is."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "bot_0010"
down_revision: str | None = "bot_0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    judged: sa.Column[bool] = sa.Column(
        "urgent_judged", sa.Boolean(), server_default=sa.true(), nullable=False
    )
    op.add_column("ticket", judged)


def downgrade() -> None:
    op.drop_column("ticket", "urgent_judged")
