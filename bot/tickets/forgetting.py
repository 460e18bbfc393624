"""A ticket outlives its conversation; what anybody said of the resident does not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from bot.tables import Ticket, TicketEvent
from bot.tickets.states import TicketState
from bot.tickets.tables import ReplyDraft


def forget_tickets(session: Session, conversations: Select[Any], now: datetime) -> None:
    """Before these conversations are deleted: their tickets end; that they were, and what happened
    to them when, stays for the figures. Not a word of it: a resident writes notes too.
    """
    theirs = update(Ticket).where(Ticket.conversation_id.in_(conversations))
    session.execute(
        theirs.where(Ticket.state != TicketState.closed).values(
            state=TicketState.closed, closed_at=now, outcome="no_reply"
        )
    )
    session.execute(
        theirs.values(
            waiting_since=None,
            suspended_until=None,
            offered_to=None,
            offered_at=None,
            second_id=None,
            second_name=None,
            contact=None,
            contact_at=None,
            trouble="",
            summary=[],
            screening=None,
            opponent=None,
            outcome_note=None,
        )
    )
    ids = select(Ticket.id).where(Ticket.conversation_id.in_(conversations))
    session.execute(update(TicketEvent).where(TicketEvent.ticket_id.in_(ids)).values(text=None))
    session.execute(delete(ReplyDraft).where(ReplyDraft.ticket_id.in_(ids)))
