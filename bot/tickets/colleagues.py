"""What operators and supervisors ask of each other: a second look, help from above, another owner.

As in bot.tickets.desk every deed works on a conversation that is held.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts import roles
from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.duty.tables import Duty
from bot.gateway.ledger import Actor, Ledger
from bot.gateway.states import Author, Cause, State
from bot.tables import Message, Ticket
from bot.tickets.desk import Refused, at_it, spoken, take, tell
from bot.tickets.states import Event, TicketState
from bot.words import words

ON = "on"  # of duty.state


def operators_of(session: Session, city_id: str) -> list[dict[str, Any]]:
    """Who may be asked about a city's tickets, by name, and whether they say they are there."""
    query = select(Account, Duty.state).outerjoin(Duty, Duty.account_id == Account.id)
    found = [
        {"username": account.username, "name": account.name, "on_duty": state == ON}
        for account, state in session.execute(query.order_by(Account.name, Account.username))
        if _serves(account, city_id)
    ]
    return sorted(found, key=lambda one: not one["on_duty"])


def second(
    ledger: Ledger, ticket: Ticket, operator: Actor, username: str, text: str | None
) -> None:
    """A colleague is asked to read along; the resident notices nothing. Raises Refused."""
    at_it(ticket, operator)
    colleague = _colleague(ledger.session, ticket, username)
    if colleague.id == operator.id:
        raise Refused("second_yourself")
    ticket.second_id, ticket.second_name = colleague.id, colleague.name
    ledger.note(ticket, Event.second_asked, operator, _to(colleague.name, text))


def second_done(ledger: Ledger, ticket: Ticket, operator: Actor, text: str) -> None:
    """What the colleague thinks of it; their part is done. Raises Refused."""
    if ticket.second_id is None or ticket.second_id != operator.id:
        raise Refused("second_not_asked")
    ticket.second_id = ticket.second_name = None
    ledger.note(ticket, Event.second_given, operator, text)


def escalate(ledger: Ledger, ticket: Ticket, operator: Actor, text: str) -> None:
    """For a supervisor to look at; it stays with its owner. Raises Refused."""
    at_it(ticket, operator)
    ticket.escalated_at = ticket.escalated_at or ledger.now
    ledger.note(ticket, Event.escalated, operator, text)


def settle(ledger: Ledger, ticket: Ticket, operator: Actor, text: str) -> None:
    """A supervisor has looked: what is to be done. Raises Refused."""
    if ticket.escalated_at is None:
        raise Refused("not_escalated")
    ticket.escalated_at = None
    ledger.note(ticket, Event.noted, operator, words("tickets")["settled"].format(text=text))


def reassign(
    ledger: Ledger, ticket: Ticket, operator: Actor, username: str, text: str | None
) -> None:
    """A supervisor gives it to another operator, who goes on at once. Raises Refused."""
    if ticket.state == TicketState.closed:
        raise Refused("ticket_closed")
    colleague = _colleague(ledger.session, ticket, username)
    if ticket.owner_id == colleague.id and ticket.state != TicketState.waiting:
        raise Refused("reassign_same", owner=colleague.name)
    after = Actor(colleague.username, colleague.id, colleague.name)
    talking = ticket.state in (TicketState.waiting, TicketState.taken)
    if talking:
        left = ledger.conversation.address is None and not spoken(ticket)
        if left or ledger.state not in (State.waiting, State.operator):
            raise Refused("resident_left")
        ledger.move(Cause.reassigned, operator)
        take(ledger, ticket, after)
        ticket.seen_seq = _unread_from(ledger, ticket)
    else:
        ledger.owned_by(ticket, after)
    ticket.escalated_at = None
    if ticket.second_id == colleague.id:
        ticket.second_id = ticket.second_name = None
    ledger.note(ticket, Event.reassigned, operator, _to(colleague.name, text))
    if talking:
        tell(ledger, "reassigned", name=colleague.name)


def _colleague(session: Session, ticket: Ticket, username: str) -> Account:
    found = session.scalar(select(Account).where(Account.username == username.strip().lower()))
    if found is None or not _serves(found, ticket.city_id):
        raise Refused("unknown_colleague")
    return found


def _serves(account: Account, city_id: str) -> bool:
    held = roles.known(account.roles)
    here = account.city_id is None or account.city_id == city_id
    return account.disabled_at is None and here and roles.may(held, [Role.OPERATOR])


def _to(name: str, text: str | None) -> str:
    """Whom it goes to, and what was written to them."""
    return str(words("tickets")["to"].format(name=name, text=text or "")).rstrip("：")


def _unread_from(ledger: Ledger, ticket: Ticket) -> int:
    """So that the new owner sees at least the resident's last words as new."""
    last = ledger.session.scalar(
        select(Message.seq)
        .where(Message.conversation_id == ledger.conversation.id, Message.author == Author.resident)
        .order_by(Message.seq.desc())
        .limit(1)
    )
    return min(ticket.seen_seq, (last or 1) - 1)
