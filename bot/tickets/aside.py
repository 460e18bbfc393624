"""Out of the way for a while, or for good: a ticket that is put aside, or joined to another one.

As in bot.tickets.desk every deed works on a conversation that is held.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.callbacks import booking
from bot.clock import in_china
from bot.gateway.ledger import Actor, Ledger
from bot.gateway.states import Cause, State
from bot.slips import joining as slips
from bot.tables import Ticket
from bot.tickets.desk import Refused, at_it, find, held, shut, spoken, tell, to_the_bot
from bot.tickets.number import shown
from bot.tickets.states import Event, TicketState
from bot.words import words

LONGEST = timedelta(days=90)
# what is left, when a ticket comes back, until its conversation is deleted
TO_ACT = timedelta(days=3)
DUPLICATE = "duplicate"
SUMMARY_LINES = 5
CHAIN = 20  # tickets joined to tickets that were joined themselves


def suspend(
    ledger: Ledger, ticket: Ticket, operator: Actor, until: datetime, text: str | None
) -> None:
    """Put aside until a moment (naive UTC); who was being talked with goes on with the bot.

    It comes back by itself: nothing has to happen then. Never so late that the conversation would
    be deleted, and the ticket end with it, before anybody could do something. Raises Refused.
    """
    at_it(ticket, operator)
    if ticket.state == TicketState.waiting:
        raise Refused("suspend_waiting")
    gone = ledger.conversation.last_at + ledger.timing.kept
    if not ledger.now < until <= min(ledger.now + LONGEST, gone - TO_ACT):
        raise Refused("suspend_when")
    if ticket.state == TicketState.taken:
        held(ledger, ticket, operator)
        if spoken(ticket):
            ledger.move(Cause.closed_by_operator, operator)
            ticket.state = TicketState.open
        else:
            to_the_bot(ledger, ticket, operator)
    ticket.suspended_until = until
    ledger.owned_by(ticket, operator)
    told = words("tickets")["until"].format(when=_china(until), text=text or "")
    ledger.note(ticket, Event.suspended, operator, told.rstrip("："))


def resume(ledger: Ledger, ticket: Ticket, operator: Actor) -> None:
    """Back into the list before its time. Raises Refused."""
    at_it(ticket, operator)
    if ticket.suspended_until is None:
        raise Refused("not_suspended")
    ticket.suspended_until = None
    ledger.note(ticket, Event.resumed, operator)


def merge(ledger: Ledger, ticket: Ticket, operator: Actor, into: str, city_id: str | None) -> None:
    """The same trouble twice: this one ends, the other one goes on and knows of it.

    Raises Refused, NoSuchTicket.
    """
    target = find(ledger.session, into, city_id)
    if target.id == ticket.id:
        raise Refused("merge_itself")
    _hold(ledger.session, ticket, target)
    at_it(ticket, operator)
    if target.city_id != ticket.city_id:
        raise Refused("merge_elsewhere")
    number = shown(target.number)
    if target.state == TicketState.closed:
        raise Refused("merge_closed", number=number)
    current = ledger.conversation.ticket_id == ticket.id
    talking = current and ledger.state in (State.waiting, State.operator)
    if talking and target.conversation_id == ledger.conversation.id:
        raise Refused("merge_other_way", number=number)
    if ticket.state == TicketState.waiting and target.state == TicketState.open:
        raise Refused("merge_waiting", number=number)
    summary = list(ticket.summary[:SUMMARY_LINES])
    if talking:
        ledger.move(Cause.closed_by_operator, operator)
    booking.goes_along(ledger.session, ticket, target)
    slips.goes_along(ledger.session, ticket, target)
    shut(ledger, ticket, operator, DUPLICATE, None)
    ticket.merged_into = target.id
    if current and target.conversation_id == ledger.conversation.id:
        ledger.conversation.ticket_id = target.id
    text = words("tickets")["joined"]
    ledger.note(ticket, Event.merged, operator, text["into"].format(number=number))
    lines = [text["from"].format(number=shown(ticket.number)), *summary]
    ledger.note(target, Event.merged, operator, "\n".join(lines))
    if talking:
        tell(ledger, "merged", number=number)


def goes_on(session: Session, ticket: Ticket) -> Ticket:
    """The ticket that goes on in place of one that was joined to it; else the ticket itself."""
    for _ in range(CHAIN):
        after = session.get(Ticket, ticket.merged_into) if ticket.merged_into else None
        if after is None:
            break
        ticket = after
    return ticket


def _hold(session: Session, *tickets: Ticket) -> None:
    """Lock both, always in the same order: two who join them to each other do not both succeed."""
    session.flush()
    for id_ in sorted(ticket.id for ticket in tickets):
        held_now = select(Ticket).where(Ticket.id == id_).with_for_update()
        session.scalars(held_now.execution_options(populate_existing=True)).one()


def _china(moment: datetime) -> str:
    there = in_china(moment)
    return f"{there.month}月{there.day}日 {there:%H:%M}"
