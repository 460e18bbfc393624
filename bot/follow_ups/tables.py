"""Follow-ups of ratings and complaints."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base, BigId


class FollowUp(Base):
    """Somebody was not satisfied, or complains of a provider."""

    __tablename__ = "follow_up"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # dissatisfied | complaint (bot.follow_ups.states.Kind)
    kind: Mapped[str]
    city_id: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True
    )
    rating_id: Mapped[str | None] = mapped_column(
        ForeignKey("rating.id", ondelete="CASCADE"), unique=True
    )
    # 实体 window | 热线 hotline | 网络 network
    platform: Mapped[str]
    # kind of provider complained of (a key of content), null for a rating
    provider: Mapped[str | None]
    # the complaint in the resident's own words
    text: Mapped[str]
    opened_at: Mapped[datetime]
    due_on: Mapped[date]
    # open | answered | closed (bot.follow_ups.states.State)
    state: Mapped[str] = mapped_column(index=True)
    owner_id: Mapped[str | None]
    owner_name: Mapped[str | None]
    # somebody in the conversation was in danger: nobody writes to them because of this
    endangered: Mapped[bool]
    result: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    # user name of who wrote the result
    answered_by: Mapped[str | None]
    # whether the complaint was right; null: not decided, or a rating
    upheld: Mapped[bool | None]
    closed_at: Mapped[datetime | None]
    # user name of the supervisor
    closed_by: Mapped[str | None]
    # why a supervisor has opened it again, and who
    reason: Mapped[str | None]
    reopened_by: Mapped[str | None]
