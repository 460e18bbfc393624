"""Figures that come from elsewhere, and checks of quality."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base, BigId


class CallFigures(Base):
    """The telephone exchange's own count of one day: calls offered, and answered."""

    __tablename__ = "call_figures"

    city_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    offered: Mapped[int]
    answered: Mapped[int]
    # the share that were answered within thirty seconds is counted from this; null: not told
    within_30: Mapped[int | None]
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]


class QualityCheck(Base):
    """质量评查: one ticket of a sample, read and judged by a supervisor."""

    __tablename__ = "quality_check"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("ticket.id", ondelete="CASCADE"), unique=True
    )
    # the sample it was drawn in
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[str]
    # by criterion: yes | no | na; empty until it is checked
    marks: Mapped[dict[str, str]] = mapped_column(JSON)
    text: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[str | None]
