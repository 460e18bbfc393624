"""Cities' figures of economic hardship for legal aid, by the day from which they hold."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "knowledge_0002"
down_revision: str | None = "knowledge_0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "aid_standard",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("applies_from", sa.Date(), nullable=False),
        sa.Column("line", sa.Double(), nullable=False),
        sa.Column("at_line", sa.String(), nullable=False),
        sa.Column("full_income", sa.Double(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("as_of", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("shipped_digest", sa.String(), nullable=False),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["city_id"], ["city.id"], name=op.f("fk_aid_standard_city_id_city")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_standard")),
        sa.UniqueConstraint("city_id", "applies_from", name=op.f("uq_aid_standard_city_id")),
    )


def downgrade() -> None:
    op.drop_table("aid_standard")
