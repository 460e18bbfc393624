"""Operators: duty, call-backs, slips, follow-ups, corrections, reports, exchange with others."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "bot_0009"
down_revision: str | None = "bot_0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "call_figures",
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("within_30", sa.Integer(), nullable=True),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("city_id", "day", name=op.f("pk_call_figures")),
    )
    op.create_table(
        "correction",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("ticket_number", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("axis", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_state"), "correction", ["state"], unique=False)

    op.create_table(
        "duty_hours",
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("weekly", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("callbacks", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("city_id", name=op.f("pk_duty_hours")),
    )
    op.create_table(
        "duty",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("own_word", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("last_offer_at", sa.DateTime(), nullable=True),
        sa.Column("at_once", sa.Integer(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_duty_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_duty")),
    )
    op.create_table(
        "callback",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("half", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("booked_at", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_callback_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
    )
    op.create_index("ix_callback_slot", "callback", ["city_id", "day", "half"], unique=False)
    op.create_index(op.f("ix_callback_state"), "callback", ["state"], unique=False)
    op.create_index(op.f("ix_callback_ticket_id"), "callback", ["ticket_id"], unique=False)

    op.create_table(
        "hook_delivery",
        sa.Column("id", BIG, nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("ticket_id", BIG, nullable=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_hook_delivery_ticket_id_ticket"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_delivery")),
        sa.UniqueConstraint("delivery", name=op.f("uq_hook_delivery_delivery")),
    )
    op.create_index(
        "ix_hook_delivery_due",
        "hook_delivery",
        ["system", "id"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(
        op.f("ix_hook_delivery_ticket_id"), "hook_delivery", ["ticket_id"], unique=False
    )

    op.create_table(
        "hook_receipt",
        sa.Column("id", BIG, nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("ticket_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_hook_receipt_ticket_id_ticket"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_receipt")),
        sa.UniqueConstraint("system", "delivery", name=op.f("uq_hook_receipt_system")),
    )
    op.create_table(
        "quality_check",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("drawn_at", sa.DateTime(), nullable=False),
        sa.Column("drawn_by", sa.String(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.Column("checked_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_quality_check_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_check")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_quality_check_ticket_id")),
    )
    op.create_table(
        "reply_draft",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_reply_draft_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_reply_draft_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "ticket_id", name=op.f("pk_reply_draft")),
    )
    op.create_table(
        "slip",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("place_id", sa.String(), nullable=False),
        sa.Column("place_name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("passed_on", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=True),
        sa.Column("said_at", sa.DateTime(), nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("handler_id", sa.String(), nullable=True),
        sa.Column("handler_name", sa.String(), nullable=True),
        sa.Column("first_desk", sa.String(), nullable=True),
        sa.Column("first_id", sa.String(), nullable=True),
        sa.Column("first_name", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_slip_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip")),
        sa.UniqueConstraint("number", name=op.f("uq_slip_number")),
    )
    op.create_index(op.f("ix_slip_place_id"), "slip", ["place_id"], unique=False)
    op.create_index(op.f("ix_slip_rule"), "slip", ["rule"], unique=False)
    op.create_index(op.f("ix_slip_state"), "slip", ["state"], unique=False)
    op.create_index(op.f("ix_slip_ticket_id"), "slip", ["ticket_id"], unique=False)

    op.create_table(
        "follow_up",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("ticket_id", BIG, nullable=True),
        sa.Column("rating_id", sa.String(), nullable=True),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("owner_name", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("endangered", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reopened_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rating_id"],
            ["rating.id"],
            name=op.f("fk_follow_up_rating_id_rating"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_follow_up_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint("rating_id", name=op.f("uq_follow_up_rating_id")),
    )
    op.create_index(op.f("ix_follow_up_state"), "follow_up", ["state"], unique=False)
    op.create_index(op.f("ix_follow_up_ticket_id"), "follow_up", ["ticket_id"], unique=False)

    op.create_table(
        "rule_flag",
        sa.Column("id", BIG, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("slip_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["slip_id"], ["slip.id"], name=op.f("fk_rule_flag_slip_id_slip"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_flag")),
    )
    op.create_index(op.f("ix_rule_flag_rule"), "rule_flag", ["rule"], unique=False)

    op.create_table(
        "slip_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("slip_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["slip_id"], ["slip.id"], name=op.f("fk_slip_event_slip_id_slip"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_event")),
    )
    op.create_index(op.f("ix_slip_event_slip_id"), "slip_event", ["slip_id"], unique=False)

    with op.batch_alter_table("account") as batch_op:
        batch_op.add_column(sa.Column("place_id", sa.String(), nullable=True))

    with op.batch_alter_table("ticket") as batch_op:
        batch_op.add_column(sa.Column("responsible_desk", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("responsible_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("responsible_name", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("queued_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("first_reply_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("offered_to", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("offered_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("passed_by", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("second_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("second_name", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("escalated_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("suspended_until", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("merged_into", BIG, nullable=True))
        batch_op.add_column(sa.Column("party", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("opponent", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("screening", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("contact_safe", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("consent_at", sa.DateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_ticket_closed_at"), ["closed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_offered_to"), ["offered_to"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_opened_at"), ["opened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_opponent"), ["opponent"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_second_id"), ["second_id"], unique=False)
        batch_op.create_index("ix_ticket_queue", ["state", "city_id", "urgent", "waiting_since"])

    op.create_index(op.f("ix_rating_rated_at"), "rating", ["rated_at"], unique=False)
    op.create_index(op.f("ix_rating_ticket_id"), "rating", ["ticket_id"], unique=False)

    op.execute(
        "UPDATE ticket SET responsible_desk = owner_desk, responsible_id = owner_id,"
        " responsible_name = owner_name, queued_at = waiting_since"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_rating_ticket_id"), "rating")
    op.drop_index(op.f("ix_rating_rated_at"), "rating")

    with op.batch_alter_table("ticket") as batch_op:
        batch_op.drop_index("ix_ticket_queue")
        batch_op.drop_index(batch_op.f("ix_ticket_second_id"))
        batch_op.drop_index(batch_op.f("ix_ticket_owner_id"))
        batch_op.drop_index(batch_op.f("ix_ticket_opponent"))
        batch_op.drop_index(batch_op.f("ix_ticket_opened_at"))
        batch_op.drop_index(batch_op.f("ix_ticket_offered_to"))
        batch_op.drop_index(batch_op.f("ix_ticket_closed_at"))
        batch_op.drop_column("consent_at")
        batch_op.drop_column("contact_safe")
        batch_op.drop_column("screening")
        batch_op.drop_column("opponent")
        batch_op.drop_column("party")
        batch_op.drop_column("merged_into")
        batch_op.drop_column("suspended_until")
        batch_op.drop_column("escalated_at")
        batch_op.drop_column("second_name")
        batch_op.drop_column("second_id")
        batch_op.drop_column("passed_by")
        batch_op.drop_column("offered_at")
        batch_op.drop_column("offered_to")
        batch_op.drop_column("first_reply_at")
        batch_op.drop_column("queued_at")
        batch_op.drop_column("responsible_name")
        batch_op.drop_column("responsible_id")
        batch_op.drop_column("responsible_desk")

    with op.batch_alter_table("account") as batch_op:
        batch_op.drop_column("place_id")

    op.drop_index(op.f("ix_slip_event_slip_id"), "slip_event")

    op.drop_table("slip_event")
    op.drop_index(op.f("ix_rule_flag_rule"), "rule_flag")

    op.drop_table("rule_flag")
    op.drop_index(op.f("ix_follow_up_ticket_id"), "follow_up")
    op.drop_index(op.f("ix_follow_up_state"), "follow_up")

    op.drop_table("follow_up")
    op.drop_index(op.f("ix_slip_ticket_id"), "slip")
    op.drop_index(op.f("ix_slip_state"), "slip")
    op.drop_index(op.f("ix_slip_rule"), "slip")
    op.drop_index(op.f("ix_slip_place_id"), "slip")

    op.drop_table("slip")
    op.drop_table("reply_draft")
    op.drop_table("quality_check")
    op.drop_table("hook_receipt")
    op.drop_index(op.f("ix_hook_delivery_ticket_id"), "hook_delivery")
    op.drop_index("ix_hook_delivery_due", "hook_delivery")

    op.drop_table("hook_delivery")
    op.drop_index(op.f("ix_callback_ticket_id"), "callback")
    op.drop_index(op.f("ix_callback_state"), "callback")
    op.drop_index("ix_callback_slot", "callback")

    op.drop_table("callback")
    op.drop_table("duty")
    op.drop_table("duty_hours")
    op.drop_index(op.f("ix_correction_state"), "correction")

    op.drop_table("correction")
    op.drop_table("call_figures")
