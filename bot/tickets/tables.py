"""Beside a ticket: what operators have begun to write, and what they say it really is about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base, BigId


class ReplyDraft(Base):
    """One operator's unfinished reply on one ticket."""

    __tablename__ = "reply_draft"

    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    ticket_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[str]
    at: Mapped[datetime]


class Correction(Base):
    """What was understood, what an operator says it is, and what a reviewer made of it."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    city_id: Mapped[str]
    ticket_number: Mapped[str | None]
    # masked (bot.unanswered.masking): it may become training data
    text: Mapped[str]
    # service | matter
    axis: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str]
    # candidate | accepted | refused
    state: Mapped[str] = mapped_column(index=True)
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
