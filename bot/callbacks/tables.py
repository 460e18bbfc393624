"""Booked call-backs."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base, BigId


class Callback(Base):
    """Somebody is to be called in a half-day; the number is the ticket's contact."""

    __tablename__ = "callback"
    __table_args__ = (Index("ix_callback_slot", "city_id", "day", "half"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True
    )
    city_id: Mapped[str]
    # China's calendar
    day: Mapped[date]
    # am | pm
    half: Mapped[str]
    # booked | reached | missed | cancelled (bot.callbacks.states)
    state: Mapped[str] = mapped_column(index=True)
    booked_at: Mapped[datetime]
    # calls that nobody answered
    tries: Mapped[int]
    settled_at: Mapped[datetime | None]
    # user name
    settled_by: Mapped[str | None]
