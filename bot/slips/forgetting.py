"""A slip keeps what was passed on no longer than the resident agreed to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from bot.slips.tables import Slip, SlipEvent
from bot.tables import Ticket


def forget_contact(session: Session, ticket: Ticket) -> None:
    """The resident's telephone number is gone at the desks too."""
    # by the number: a slip may have gone on with another ticket
    sent_from = Slip.number.startswith(f"{ticket.number}-")
    for slip in session.scalars(select(Slip).where(sent_from)):
        if slip.passed_on.get("contact"):
            slip.passed_on = {**slip.passed_on, "contact": None}


def forget_words(session: Session, conversations: Select[Any]) -> None:
    """Before these conversations are deleted: how far a desk is stays, what was said does not."""
    theirs = select(Slip.id).where(
        Slip.ticket_id.in_(select(Ticket.id).where(Ticket.conversation_id.in_(conversations)))
    )
    session.execute(update(SlipEvent).where(SlipEvent.slip_id.in_(theirs)).values(text=None))
    session.execute(
        update(Slip).where(Slip.id.in_(theirs)).values(passed_on={}, request="", result=None)
    )
