"""A resident says that their trouble is of another city: whose queue they wait in, who has it."""

from __future__ import annotations

from sqlalchemy import select

from bot.accounts.tables import Account
from bot.callbacks import booking
from bot.duty.staffing import serves
from bot.gateway.ledger import RESIDENT, Ledger
from bot.tables import Ticket
from bot.tickets.states import Event, TicketState
from bot.words import words


def follow(ledger: Ledger, ticket: Ticket) -> bool:
    """Who waits is of the city that they chose, and has waited as long as before.

    Whoever had the ticket keeps it only if they serve that city; who was to take it is asked no
    more. False when a call-back that was booked does not fit there: it is off.
    """
    before, city_id = ticket.city_id, ledger.conversation.city_id
    forget_other_place(ledger)
    ticket.city_id, ticket.region_id = city_id, None
    ticket.offered_to = ticket.offered_at = None
    if ticket.owner_id and not _serves(ledger, ticket.owner_id, city_id):
        ledger.owned_by_desk(ticket)
    if ticket.second_id and not _serves(ledger, ticket.second_id, city_id):
        ticket.second_id = ticket.second_name = None
    ledger.refresh(ticket)
    ledger.note(ticket, Event.city_changed, RESIDENT, _line("moved", ledger, before))
    kept = booking.into_city(ledger, ticket, RESIDENT)
    ledger.session.flush()
    return kept


def forget_other_place(ledger: Ledger) -> None:
    """A place that was told in another city is not where they are now."""
    conversation = ledger.conversation
    known = conversation.understood or {}
    place = ledger.catalogue.atlas.regions.get(known.get("region") or "")
    if place is not None and place.city_id != conversation.city_id:
        conversation.understood = known | {"region": None}


def stay(ledger: Ledger, ticket: Ticket) -> None:
    """Nobody waits: the ticket stays where it is, and who has it reads that they went elsewhere."""
    kept = "taken" if ticket.state == TicketState.taken else "stayed"
    ledger.note(ticket, Event.city_changed, RESIDENT, _line(kept, ledger, ticket.city_id))


def _serves(ledger: Ledger, account_id: str, city_id: str) -> bool:
    account = select(Account.id).where(Account.id == account_id, serves(city_id))
    return ledger.session.scalar(account) is not None


def _line(key: str, ledger: Ledger, before: str) -> str:
    cities = ledger.catalogue.atlas.cities
    names = {"before": cities[before].name, "after": cities[ledger.conversation.city_id].name}
    return str(words("tickets")["city"][key].format(**names))
