"""Situations, time limits, mediation, partner desks; hours as data; closures entered by staff."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "knowledge_0003"
down_revision: str | None = "knowledge_0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


LISTS = ("limits", "situations", "first_in", "not_in")


def upgrade() -> None:
    op.create_table(
        "situation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("matter_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("heard", sa.JSON(), nullable=False),
        sa.Column("unless", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("as_of", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("shipped_digest", sa.String(), nullable=False),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_situation")),
    )
    op.create_index(op.f("ix_situation_matter_id"), "situation", ["matter_id"])
    op.create_table(
        "time_limit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("starts", sa.String(), nullable=False),
        sa.Column("ask", sa.String(), nullable=True),
        sa.Column("length", sa.JSON(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("article", sa.String(), nullable=False),
        sa.Column("exception", sa.String(), nullable=True),
        sa.Column("heard", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("as_of", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("shipped_digest", sa.String(), nullable=False),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_limit")),
    )
    op.create_table(
        "mediation_door",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("situations", sa.JSON(), nullable=False),
        sa.Column("where", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("citations", sa.JSON(), nullable=False),
        sa.Column("cities", sa.JSON(), nullable=False),
        sa.Column("not_when_urgent", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("as_of", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("shipped_digest", sa.String(), nullable=False),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_door")),
    )
    op.create_table(
        "partner_desk",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("desk", sa.String(), nullable=False),
        sa.Column("heard", sa.JSON(), nullable=False),
        sa.Column("unless", sa.JSON(), nullable=False),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("citations", sa.JSON(), nullable=False),
        sa.Column("cities", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("as_of", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("shipped_digest", sa.String(), nullable=False),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_desk")),
    )
    op.create_table(
        "closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("point_id", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["point_id"], ["service_point.id"], name=op.f("fk_closure_point_id_service_point")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    op.create_index(op.f("ix_closure_point_id"), "closure", ["point_id"])
    op.create_index(op.f("ix_closure_ends_at"), "closure", ["ends_at"])
    # plain columns, no copied tables: SQLite would have to drop what others point to
    op.add_column("service_point", sa.Column("opening", sa.JSON(), nullable=True))
    # every shipped row is written anew by the edition that comes with this version
    op.add_column("service", _list("limits"))
    op.drop_column("service", "deadline")
    for name in LISTS:
        op.add_column("referral_rule", _list(name))
    op.add_column("referral_rule", sa.Column("otherwise", sa.String(), nullable=True))
    op.drop_column("referral_rule", "deadline")


def downgrade() -> None:
    op.add_column("referral_rule", sa.Column("deadline", sa.JSON(), nullable=True))
    for name in (*LISTS, "otherwise"):
        op.drop_column("referral_rule", name)
    op.add_column("service", sa.Column("deadline", sa.JSON(), nullable=True))
    op.drop_column("service", "limits")
    op.drop_column("service_point", "opening")
    for name in ("closure", "partner_desk", "mediation_door", "time_limit", "situation"):
        op.drop_table(name)


def _list(name: str) -> sa.Column[list[object]]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default="[]")
