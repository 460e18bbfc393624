"""A ticket is passed on to another system: what goes along, and who may do it."""

from __future__ import annotations

import re
import secrets
from typing import Any

from sqlalchemy import select

from bot.clock import iso
from bot.gateway.ledger import Actor, Ledger
from bot.hooks.states import Settled
from bot.hooks.systems import System, system_of
from bot.hooks.tables import HookDelivery
from bot.tables import Ticket
from bot.tickets.desk import Refused
from bot.tickets.number import shown
from bot.tickets.states import Event, TicketState
from bot.tickets.summary import NOT_URGENT, matter_name, service_name, urgent_name
from bot.unanswered.numbers import without_contacts, without_numbers
from bot.words import words
from knowledge.catalogue import Catalogue

VERSION = 1
SUMMARY_LINES = 5
_ENDED_WELL = (None, Settled.taken)


def pass_on(
    ledger: Ledger, ticket: Ticket, operator: Actor, key: str, note: str | None
) -> HookDelivery:
    """Put it down for delivery to the system `key`; the resident has agreed. Raises Refused."""
    if ticket.state == TicketState.closed:
        raise Refused("ticket_closed")
    if ticket.owner_id is None:
        raise Refused("pass_on_owner")
    if ticket.owner_id != operator.id:
        raise Refused("ticket_taken", owner=ticket.owner_name or "")
    system = system_of(key)
    if _passed_on(ledger, ticket, system):
        raise Refused("passed_on_before", value=system_name(system))
    delivery = HookDelivery(
        delivery=f"wenfa_{secrets.token_hex(16)}",
        system=key,
        ticket_id=ticket.id,
        body=body(ledger, ticket, system, note),
        made_at=ledger.now,
        made_by=operator.name,
        attempts=0,
        next_try_at=ledger.now,
        error=None,
        settled_at=None,
        settled=None,
    )
    ledger.session.add(delivery)
    text = words("tickets")["exchange"]["queued"].format(system=system_name(system))
    ledger.note(ticket, Event.passed_on, operator, text)
    return delivery


def body(ledger: Ledger, ticket: Ticket, system: System, note: str | None) -> dict[str, Any]:
    """What goes along, and nothing else: docs/exchange.md lists it for residents and systems.

    Numbers that may be somebody's own (telephones, identity cards) are taken out of the summary;
    the one that the resident has given for being called stands in `contact`, if that is safe.
    """
    catalogue = ledger.catalogue
    safe = ticket.contact and ticket.contact_safe
    return {
        "version": VERSION,
        "system": str(system),
        "number": ticket.number,
        "number_shown": shown(ticket.number),
        "city": {"id": ticket.city_id, "name": catalogue.atlas.cities[ticket.city_id].name},
        "region": _region(catalogue, ticket.region_id),
        "service": _label(ticket.service, service_name(ticket.service)),
        "matter": _label(ticket.matter, matter_name(ticket.matter)),
        "urgent": {
            "id": ticket.urgent,
            "name": urgent_name(ticket.urgent) or _not_urgent(ticket),
        },
        "summary": [
            without_numbers(without_contacts(line)) for line in ticket.summary[:SUMMARY_LINES]
        ],
        "contact": {"phone": re.sub(r"\s", "", ticket.contact or "")} if safe else None,
        "consent_at": iso(ledger.now),
        "note": note,
    }


def system_name(system: System) -> str:
    """As people call it."""
    return str(words("tickets")["exchange"]["systems"][system])


def _passed_on(ledger: Ledger, ticket: Ticket, system: System) -> bool:
    """Whether that system has it already, or is about to."""
    query = select(HookDelivery.system, HookDelivery.settled).where(
        HookDelivery.ticket_id == ticket.id
    )
    return any(
        system_of(key) == system and settled in _ENDED_WELL
        for key, settled in ledger.session.execute(query)
    )


def _label(id_: str | None, name: str | None) -> dict[str, str | None] | None:
    return {"id": id_, "name": name} if id_ else None


def _not_urgent(ticket: Ticket) -> str:
    """That nothing urgent was heard, where anybody has looked for it."""
    return str(words("tickets")["exchange"][NOT_URGENT if ticket.urgent_judged else "unjudged"])


def _region(catalogue: Catalogue, region_id: str | None) -> dict[str, Any] | None:
    region = catalogue.atlas.regions.get(region_id) if region_id else None
    if region is None:
        return None
    named = catalogue.atlas.named(region)
    return {"id": named.pop("region_id"), "name": catalogue.atlas.full_name(region), **named}
