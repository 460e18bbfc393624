"""Slips and what happened to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base, BigId


class Slip(Base):
    """转介单: one trouble, to one desk, with what the resident agreed to pass on."""

    __tablename__ = "slip"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # the ticket's number and a count: 2611 0382 9174-1
    number: Mapped[str] = mapped_column(unique=True)
    ticket_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True
    )
    city_id: Mapped[str]
    service: Mapped[str]
    # the receiving service point, and its name as it was that day
    place_id: Mapped[str] = mapped_column(index=True)
    place_name: Mapped[str]
    # sent | received | working | done | returned (bot.slips.states.SlipState)
    state: Mapped[str] = mapped_column(index=True)
    # what the desk needs to know, in the operator's words
    request: Mapped[str]
    # what goes along: summary, contact, party, screening, place; nothing that was not agreed to.
    # Empty once the conversation is deleted
    passed_on: Mapped[dict[str, Any]]
    # the referral rule that named this service for this matter; null: the operator's own choice
    rule: Mapped[str | None] = mapped_column(index=True)
    sent_at: Mapped[datetime]
    sent_by: Mapped[str]
    received_at: Mapped[datetime | None]
    # when the desk last said anything about it
    said_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    # who at the desk took it on
    handler_id: Mapped[str | None]
    handler_name: Mapped[str | None]
    # who answered for the ticket before a desk received it (首问负责): it returns there
    first_desk: Mapped[str | None]
    first_id: Mapped[str | None]
    first_name: Mapped[str | None]
    # why it came back (bot.slips.states.Reason)
    reason: Mapped[str | None]
    # what came of it, or why it came back, in the desk's words
    result: Mapped[str | None]


class SlipEvent(Base):
    """Every change of a slip: when, by whom, what was written."""

    __tablename__ = "slip_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slip_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("slip.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    before: Mapped[str | None]
    after: Mapped[str]
    text: Mapped[str | None]
    # user name
    actor: Mapped[str]


class RuleFlag(Base):
    """A desk sent a slip back: whoever keeps the referral rules is to look at the one behind it."""

    __tablename__ = "rule_flag"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rule: Mapped[str] = mapped_column(index=True)
    slip_id: Mapped[int] = mapped_column(BigId, ForeignKey("slip.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    reason: Mapped[str]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
