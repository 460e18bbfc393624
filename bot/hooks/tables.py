"""What goes to other systems, and what has come from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base, BigId


class HookDelivery(Base):
    """One message to one system; repeated until it is taken or given up."""

    __tablename__ = "hook_delivery"
    __table_args__ = (
        Index(
            "ix_hook_delivery_due",
            "system",
            "id",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # the same in every repetition: the receiver tells them apart by it
    delivery: Mapped[str] = mapped_column(unique=True)
    # as it is configured: 12345, or 12345_zhongshan for one city alone (bot.hooks.systems)
    system: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("ticket.id", ondelete="SET NULL"), index=True
    )
    # what was agreed to; empty once it is settled
    body: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    attempts: Mapped[int]
    next_try_at: Mapped[datetime]
    error: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    # taken | refused | given_up (bot.hooks.states.Settled)
    settled: Mapped[str | None]


class HookReceipt(Base):
    """A case that another system sent; the same one again makes no second ticket."""

    __tablename__ = "hook_receipt"
    __table_args__ = (UniqueConstraint("system", "delivery"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    system: Mapped[str]
    delivery: Mapped[str]
    at: Mapped[datetime]
    ticket_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("ticket.id", ondelete="SET NULL")
    )
