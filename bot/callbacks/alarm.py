"""A danger is told after a call-back has been booked: that call comes before all the others."""

from __future__ import annotations

from sqlalchemy import select

from bot.callbacks import booking
from bot.callbacks.listing import why_first
from bot.gateway.danger import grave, graver
from bot.gateway.ledger import SYSTEM, Ledger
from bot.tables import Ticket
from bot.tickets.aside import goes_on
from bot.tickets.states import Event, TicketState
from bot.tickets.summary import with_urgency


def danger_heard(ledger: Ledger, kind: str, evidence: list[str]) -> None:
    """Who is to be called back has told of a danger since: the ticket of that call is urgent.

    Also when it is the ticket of an earlier trouble, or one that an earlier one was joined to; so
    the call comes first (bot.callbacks.listing), and every list and console sees why.
    """
    if not grave(kind):
        return
    for ticket in _to_be_called(ledger):
        if grave(ticket.urgent):
            continue
        ticket.urgent, ticket.urgent_judged = graver(ticket.urgent, kind), True
        heard = {"urgent": ticket.urgent, "evidence": evidence}
        ticket.summary = with_urgency(ticket.summary, heard)
        ledger.note(ticket, Event.callback_first, SYSTEM, why_first(ticket))


def _to_be_called(ledger: Ledger) -> list[Ticket]:
    """The tickets for which this conversation's resident is to be called."""
    theirs = ledger.session.scalars(
        select(Ticket).where(
            Ticket.conversation_id == ledger.conversation.id,
            (Ticket.state != TicketState.closed) | Ticket.merged_into.is_not(None),
        )
    )
    found = {one.id: one for one in (goes_on(ledger.session, ticket) for ticket in theirs.all())}
    return [
        ticket for ticket in found.values() if booking.active(ledger.session, ticket) is not None
    ]
