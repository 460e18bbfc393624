"""Tables of duty: each operator's presence and skills, each city's duty hours of this console."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base


class Duty(Base):
    """One operator: whether tickets are offered to them, and which. A row once they said so."""

    __tablename__ = "duty"

    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    # on | away | off (bot.duty.presence.Presence)
    state: Mapped[str]
    # they said it themselves: an open console alone does not change it
    own_word: Mapped[bool]
    since: Mapped[datetime]
    # the console was last heard of; on duty without a console is not on duty
    seen_at: Mapped[datetime]
    # a ticket was last offered to them
    last_offer_at: Mapped[datetime | None]
    # how many conversations at once
    at_once: Mapped[int]
    # ids of services and of regions; empty: all of them
    skills: Mapped[list[str]] = mapped_column(JSON)
    regions: Mapped[list[str]] = mapped_column(JSON)


class DutyHours(Base):
    """When this console is staffed, as its supervisor says: not the hours of the 12348 hotline."""

    __tablename__ = "duty_hours"

    city_id: Mapped[str] = mapped_column(primary_key=True)
    # as knowledge.hours writes weekly hours; null: nobody has said
    weekly: Mapped[dict[str, Any] | None]
    # call-backs that fit into one half-day
    callbacks: Mapped[int]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]
