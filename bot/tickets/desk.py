"""What operators do with a 话务工单: take, answer, note, pass on, hand back, close.

Every function works on a conversation that is held (one transaction), so of two who take the same
ticket the first one has it and the second is told who.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.callbacks import booking
from bot.follow_ups import withheld
from bot.gateway.danger import endangered
from bot.gateway.ledger import Actor, Ledger
from bot.gateway.states import Author, Cause, State
from bot.tables import Conversation, Message, Ticket
from bot.tickets import drafts
from bot.tickets.number import shown
from bot.tickets.states import SPOKEN, Event, TicketState
from bot.tickets.summary import NOT_URGENT
from bot.tickets.told import what_was_said
from bot.words import words


class NoSuchTicket(Exception):
    """No ticket has this number, or it is of a city that is not this operator's."""


class Refused(Exception):
    """The ticket is not in a state for that. `reason` is a key of content/problems.yml."""

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


def find(session: Session, number: str, city_id: str | None) -> Ticket:
    """A ticket by its number, blanks ignored. Raises NoSuchTicket."""
    ticket = session.scalar(select(Ticket).where(Ticket.number == number.replace(" ", "")))
    if ticket is None or (city_id is not None and ticket.city_id != city_id):
        raise NoSuchTicket(number)
    return ticket


def claim(ledger: Ledger, ticket: Ticket, operator: Actor) -> None:
    """Take the conversation over; the bot is silent from here on. Raises Refused."""
    if ticket.state == TicketState.closed:
        raise Refused("ticket_closed")
    if ticket.state == TicketState.taken:
        if ticket.owner_id == operator.id:
            return
        raise Refused("ticket_taken", owner=ticket.owner_name or "")
    conversation = ledger.conversation
    if ledger.state is State.operator:
        raise Refused("conversation_taken")
    if conversation.address is None and not spoken(ticket):
        raise Refused("resident_left")
    other = ledger.open_ticket
    if other and other.id != ticket.id and other.state == TicketState.waiting:
        raise Refused("waits_elsewhere", number=shown(other.number))
    asked = ledger.state is State.waiting
    ledger.move(Cause.claimed, operator)
    take(ledger, ticket, operator)
    ticket.seen_seq = conversation.seq
    ledger.note(ticket, Event.claimed, operator)
    if asked or not endangered(conversation.understood):
        tell(ledger, "claimed", name=operator.display or "")


def take(ledger: Ledger, ticket: Ticket, operator: Actor) -> None:
    """The conversation is this operator's, whoever gave it to them; nobody waits any more."""
    asked, ledger.conversation.awaiting = ledger.conversation.awaiting, None
    ledger.conversation.ticket_id = ticket.id
    ticket.state = TicketState.taken
    ticket.waiting_since = ticket.suspended_until = None
    ticket.offered_to = ticket.offered_at = None
    ticket.taken_at = ledger.now
    ledger.owned_by(ticket, operator)
    if withheld.being_written(ledger, asked):
        tell(ledger, "complaint_open")


def reply(ledger: Ledger, ticket: Ticket, operator: Actor, client_id: str, text: str) -> Message:
    """The operator's words to the resident; the same `client_id` again says nothing twice."""
    said = ledger.session.scalar(
        select(Message).where(
            Message.conversation_id == ledger.conversation.id,
            Message.author == Author.operator,
            Message.client_id == f"{operator.id}:{client_id}",
        )
    )
    if said is not None:
        return said
    _talking(ledger, ticket, operator)
    message = ledger.say(
        text,
        author=Author.operator,
        name=operator.display,
        client_id=f"{operator.id}:{client_id}",
    )
    ticket.seen_seq = ledger.conversation.seq
    ticket.first_reply_at = ticket.first_reply_at or ledger.now
    if operator.id:
        drafts.drop(ledger.session, ticket, operator.id)
    return message


def note(ledger: Ledger, ticket: Ticket, operator: Actor, text: str) -> None:
    """For colleagues only; a resident never sees it."""
    ledger.note(ticket, Event.noted, operator, text)


def handback(ledger: Ledger, ticket: Ticket, operator: Actor, text: str | None) -> None:
    """The bot goes on, and knows what was said; the ticket keeps its owner. Raises Refused."""
    _talking(ledger, ticket, operator)
    to_the_bot(ledger, ticket, operator)
    ledger.note(ticket, Event.handed_back, operator, text)


def to_the_bot(ledger: Ledger, ticket: Ticket, operator: Actor) -> None:
    """The bot goes on with the resident, knowing what was said; the ticket stands open."""
    conversation = ledger.conversation
    conversation.untold = (conversation.untold or {}) | what_was_said(ledger, ticket)
    conversation.awaiting = None
    ledger.move(Cause.handed_back, operator)
    ticket.state = TicketState.open
    tell(ledger, "handed_back")


def transfer(ledger: Ledger, ticket: Ticket, operator: Actor, text: str | None) -> None:
    """Back to the duty desk: the resident waits first in line for a colleague. Raises Refused."""
    held(ledger, ticket, operator)
    ledger.move(Cause.transferred, operator)
    ticket.state = TicketState.waiting
    ticket.waiting_since, ticket.taken_at = ticket.opened_at, ledger.now
    # not offered straight back to who has just given it away
    ticket.passed_by = [operator.id] if operator.id else []
    ledger.owned_by_desk(ticket)
    ledger.note(ticket, Event.transferred, operator, text)
    tell(ledger, "transferred")


def close(ledger: Ledger, ticket: Ticket, operator: Actor, outcome: str, text: str | None) -> None:
    """Done, with its outcome; the resident is asked for a rating. Raises Refused."""
    at_it(ticket, operator)
    talking = ledger.conversation.ticket_id == ticket.id and ledger.state in (
        State.waiting,
        State.operator,
    )
    if talking:
        ledger.move(Cause.closed_by_operator, operator)
    shut(ledger, ticket, operator, outcome, text)
    ledger.note(ticket, Event.closed, operator, text)
    if ledger.conversation.address is None:
        return
    # a telephone that lights up by itself could betray somebody who is hiding
    if talking or (ticket.urgent == NOT_URGENT and ledger.state is not State.operator):
        reply = words("replies")["handoff"]["closed" if talking else "closed_later"]
        named = words("tickets")["outcomes"].get(outcome, outcome)
        number = shown(ticket.number)
        ledger.say(reply.format(number=number, outcome=named), author=Author.system)
        ledger.offer_rating("person", ticket)


def shut(ledger: Ledger, ticket: Ticket, operator: Actor, outcome: str, text: str | None) -> None:
    """Nothing of a closed ticket waits, is offered, put aside or being written any more."""
    ticket.state = TicketState.closed
    ticket.waiting_since = ticket.suspended_until = None
    ticket.offered_to = ticket.offered_at = None
    ticket.second_id = ticket.second_name = None
    ticket.closed_at = ledger.now
    ticket.outcome, ticket.outcome_note = outcome, text
    ledger.owned_by(ticket, operator)
    drafts.drop_all(ledger.session, ticket)
    booking.cancel(ledger, ticket, operator)


def seen(session: Session, ticket: Ticket, operator: Actor) -> None:
    """Its owner has read everything up to now."""
    if ticket.owner_id == operator.id and ticket.conversation_id:
        conversation = session.get_one(Conversation, ticket.conversation_id)
        ticket.seen_seq = conversation.seq


def spoken(ticket: Ticket) -> bool:
    """Whether it was told to an operator, and not typed into a chat."""
    return ticket.channel in SPOKEN


def tell(ledger: Ledger, key: str, **values: str) -> None:
    """A word of `handoff` to the resident, if there is one who reads it."""
    if ledger.conversation.address is not None:
        text = words("replies")["handoff"][key].format(**values)
        ledger.say(text, author=Author.system)


def at_it(ticket: Ticket, operator: Actor) -> None:
    """Open to everybody until somebody has taken it, then to that one alone. Raises Refused."""
    if ticket.state == TicketState.closed:
        raise Refused("ticket_closed")
    if ticket.state == TicketState.taken and ticket.owner_id != operator.id:
        raise Refused("ticket_taken", owner=ticket.owner_name or "")


def held(ledger: Ledger, ticket: Ticket, operator: Actor) -> None:
    """Only who has taken a ticket may give it away. Raises Refused."""
    at_it(ticket, operator)
    if ticket.state != TicketState.taken:
        raise Refused("ticket_not_taken")
    left = ledger.conversation.address is None and not spoken(ticket)
    if left or ledger.state is not State.operator:
        raise Refused("resident_left")


def _talking(ledger: Ledger, ticket: Ticket, operator: Actor) -> None:
    """Only who has taken a ticket may speak for it, where somebody reads it. Raises Refused."""
    if spoken(ticket):
        raise Refused("not_in_chat")
    if ledger.conversation.address is None:
        raise Refused("resident_left")
    held(ledger, ticket, operator)
