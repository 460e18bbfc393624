"""Inbox, outbox, transcript, transitions, tickets, ratings; sessions that are open stay open."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "bot_0002"
down_revision: str | None = "bot_0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("conversation") as batch:
        batch.drop_constraint(op.f("uq_conversation_token_digest"), type_="unique")
        batch.alter_column(
            "token_digest", new_column_name="address", existing_type=sa.String(), nullable=True
        )
        batch.add_column(sa.Column("channel", sa.String(), server_default="web", nullable=False))
        batch.add_column(sa.Column("state", sa.String(), server_default="bot", nullable=False))
        batch.add_column(sa.Column("seq", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("ticket_id", BIG_ID, nullable=True))
        batch.add_column(sa.Column("understood", sa.JSON(none_as_null=True), nullable=True))
        batch.add_column(
            sa.Column("misunderstood", sa.Integer(), server_default="0", nullable=False)
        )
        batch.add_column(sa.Column("awaiting", sa.JSON(none_as_null=True), nullable=True))
        batch.add_column(sa.Column("untold", sa.JSON(none_as_null=True), nullable=True))
        batch.add_column(sa.Column("last_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE conversation SET last_at = created_at")
    with op.batch_alter_table("conversation") as batch:
        for name, kind in (
            ("channel", sa.String()),
            ("state", sa.String()),
            ("seq", sa.Integer()),
            ("misunderstood", sa.Integer()),
        ):
            batch.alter_column(name, existing_type=kind, server_default=None)
        batch.alter_column("last_at", existing_type=sa.DateTime(), nullable=False)
        batch.create_unique_constraint(op.f("uq_conversation_channel"), ["channel", "address"])
    op.create_index("ix_conversation_last_at", "conversation", ["last_at"], unique=False)
    op.create_index("ix_conversation_state", "conversation", ["state"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("channel_message_id", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("handled", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_inbox_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "conversation_id", "channel_message_id", name=op.f("uq_inbox_conversation_id")
        ),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["conversation_id"],
        unique=False,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )

    op.create_table(
        "message",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("inbox_id", BIG_ID, nullable=True),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_message_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_message_conversation_id")),
    )
    op.create_index("ix_message_inbox_id", "message", ["inbox_id"], unique=False)

    op.create_table(
        "ticket",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=True),
        sa.Column("matter", sa.String(), nullable=True),
        sa.Column("urgent", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("waiting_since", sa.DateTime(), nullable=True),
        sa.Column("taken_at", sa.DateTime(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("owner_desk", sa.String(), nullable=True),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("owner_name", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("outcome_note", sa.String(), nullable=True),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("contact_at", sa.DateTime(), nullable=True),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_ticket_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_ticket_number")),
    )
    op.create_index("ix_ticket_conversation_id", "ticket", ["conversation_id"], unique=False)
    op.create_index("ix_ticket_state", "ticket", ["state"], unique=False)

    op.create_table(
        "transition",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_transition_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition")),
    )
    op.create_index(
        "ix_transition_conversation_id", "transition", ["conversation_id"], unique=False
    )

    op.create_table(
        "outbox",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("message_id", BIG_ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_outbox_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_outbox_message_id_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["channel", "id"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )

    op.create_table(
        "rating",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("city_id", sa.String(), nullable=False),
        sa.Column("ending", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("offered_at", sa.DateTime(), nullable=False),
        sa.Column("score", sa.String(), nullable=True),
        sa.Column("rated_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_rating_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_rating_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
    )
    op.create_index("ix_rating_conversation_id", "rating", ["conversation_id"], unique=False)

    op.create_table(
        "ticket_event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_ticket_event_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_event")),
    )
    op.create_index("ix_ticket_event_ticket_id", "ticket_event", ["ticket_id"], unique=False)


def downgrade() -> None:
    for table in ("ticket_event", "rating", "outbox", "transition", "message", "inbox", "ticket"):
        op.drop_table(table)
    op.execute("DELETE FROM conversation WHERE channel <> 'web' OR address IS NULL")
    for name in ("ix_conversation_last_at", "ix_conversation_state"):
        op.drop_index(name, "conversation")
    with op.batch_alter_table("conversation") as batch:
        batch.drop_constraint(op.f("uq_conversation_channel"), type_="unique")
        for name in (
            "channel",
            "state",
            "seq",
            "ticket_id",
            "understood",
            "misunderstood",
            "awaiting",
            "untold",
            "last_at",
        ):
            batch.drop_column(name)
        batch.alter_column(
            "address", new_column_name="token_digest", existing_type=sa.String(), nullable=False
        )
    with op.batch_alter_table("conversation") as batch:
        batch.create_unique_constraint(op.f("uq_conversation_token_digest"), ["token_digest"])
