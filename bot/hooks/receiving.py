"""A case that another system sends: who signed it, what it may say, and the ticket made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StrictBool, StringConstraints
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.api.schemas import CityName, Strict, Text
from bot.gateway.ledger import SYSTEM
from bot.gateway.moves import phone_in
from bot.hooks import signing
from bot.hooks.passing import system_name
from bot.hooks.systems import ExchangeSystem, incoming, system_of
from bot.hooks.tables import HookReceipt
from bot.tables import Ticket
from bot.tickets.states import Event
from bot.tickets.summary import NOT_URGENT
from bot.tickets.taken_down import take_down
from bot.words import words
from knowledge.catalogue import Catalogue
from knowledge.taxonomy import taxonomy
from knowledge.text import storable

CHANNEL = "exchange"
# bytes of a request: the longest text and note, each sign written as an escape, fit three times
LARGEST = 64 * 1024
_SHOWN = 3


def _plain(text: str) -> str:
    text = storable(text).strip()
    if not text:
        raise ValueError("empty")
    return text


def _phone(text: str) -> str:
    found = phone_in(text)
    if found is None:
        raise ValueError("not a telephone number")
    return found


class Case(Strict):
    """What another system may send; `number` is its own number of the case."""

    version: Literal[1]
    text: Annotated[Text, AfterValidator(_plain)]
    consent: StrictBool
    city: CityName | None = None
    region: Annotated[str, StringConstraints(max_length=80), AfterValidator(storable)] | None = None
    contact: Annotated[str, StringConstraints(max_length=40), AfterValidator(_phone)] | None = None
    # whether it is safe to call there; null: nobody has asked
    contact_safe: StrictBool | None = None
    number: Annotated[str, StringConstraints(max_length=64), AfterValidator(storable)] | None = None
    note: Annotated[str, StringConstraints(max_length=2000), AfterValidator(storable)] | None = None


class NotSigned(Exception):
    """No secret of ours signed it, or not just now; says nothing more, on purpose."""


def sender(
    systems: Mapping[str, ExchangeSystem],
    system: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> tuple[str, str]:
    """The key of the system that signed it, and its delivery id; `now` is naive UTC. Raises
    NotSigned.

    Every secret is tried, whether or not one has fitted already: time tells nothing.
    """
    delivery = headers.get(signing.ID, "")
    written = headers.get(signing.TIMESTAMP, "")
    given = headers.get(signing.SIGNATURE, "")
    if not signing.well_formed(delivery, written):
        raise NotSigned
    timestamp = int(written)
    signed = [
        key
        for key, known in incoming(systems, system)
        if signing.verify(known.keys, delivery, timestamp, body, given)
    ]
    if not signed or not signing.fresh(timestamp, now.replace(tzinfo=UTC).timestamp()):
        raise NotSigned
    return signed[0], delivery


def seen(session: Session, key: str, delivery: str) -> str | None:
    """The number of the ticket that a delivery has made already."""
    query = (
        select(Ticket.number)
        .join(HookReceipt, HookReceipt.ticket_id == Ticket.id)
        .where(HookReceipt.system == key, HookReceipt.delivery == delivery)
    )
    return session.scalar(query)


def region_in(catalogue: Catalogue, city_id: str, case: Case) -> str | None:
    """The id of the place that is named in `region`, else in the text; None when it is not sure."""
    for text in (case.region, case.text):
        if text:
            found = [
                one.regions[0]
                for one in catalogue.gazetteer.read(text, city_id).found
                if one.certain and one.regions[0].city_id == city_id
            ]
            if found:
                return found[-1].id
    return None


def understood(
    triaged: Mapping[str, Any] | None, case: Case, region_id: str | None
) -> dict[str, Any]:
    """What the gateway keeps of a trouble; without the engine's triage only what was told."""
    known: dict[str, Any] = {"trouble": case.text, "region": region_id}
    if triaged is None:
        return known
    services = [one for one in triaged["services"] if one["id"] in taxonomy().services]
    matters = triaged["matters"]
    urgent = triaged["urgent"]
    return known | {
        "service": services[0]["id"] if services else None,
        "matter": matters[0]["id"] if matters else None,
        "urgent": urgent["kind"],
        "judged": True,
        "evidence": urgent["evidence"],
        "endangered": urgent["kind"] != NOT_URGENT,
        "party": triaged["party"]["id"],
        "sureness": {
            "services": [[one["id"], one["confidence"]] for one in services[:_SHOWN]],
            "matters": [[one["id"], one["confidence"]] for one in matters[:_SHOWN]],
        },
    }


@dataclass(frozen=True)
class Received:
    """The ticket's number, whether it was there before, and the topics to wake."""

    number: str
    repeated: bool
    topics: frozenset[str] = frozenset()


def receive(
    session: Session,
    catalogue: Catalogue,
    key: str,
    delivery: str,
    case: Case,
    city_id: str,
    known: dict[str, Any],
    address: str | None,
    now: datetime,
) -> Received:
    """The ticket of a delivery, made once: of two that come at the same time the second one waits
    for the first and gets its number."""
    before = seen(session, key, delivery)
    if before:
        return Received(before, True)
    receipt = HookReceipt(system=key, delivery=delivery, at=now, ticket_id=None)
    try:
        with session.begin_nested():
            session.add(receipt)
    except IntegrityError:
        made = seen(session, key, delivery)
        if made is None:
            raise
        return Received(made, True)
    ledger, ticket = take_down(
        session,
        catalogue,
        channel=CHANNEL,
        city_id=city_id,
        understood=known,
        said=case.text,
        operator=None,
        now=now,
    )
    ledger.note(ticket, Event.came_in, SYSTEM, _told(key, case))
    if case.contact:
        ticket.contact, ticket.contact_at = case.contact, now
        ticket.contact_safe = case.contact_safe
        ledger.note(ticket, Event.contact_kept, SYSTEM)
    ledger.save()
    receipt.ticket_id = ticket.id
    # no user name has a blank in it: nobody can be taken for a system
    actor = audit.Actor(None, system_name(system_of(key)), address)
    detail = {"system": key, "delivery": delivery}
    audit.record(session, actor, "exchange.receive", "ticket", ticket.number, detail)
    return Received(ticket.number, False, frozenset(ledger.topics))


def _told(key: str, case: Case) -> str:
    """Where it came from, and what its sender says beside the resident's words."""
    text = words("tickets")["exchange"]
    said = [text["came_in"].format(system=system_name(system_of(key)))]
    if case.number:
        said.append(text["their_number"].format(number=case.number))
    if case.region:
        said.append(text["their_place"].format(place=case.region))
    if case.note:
        said.append(text["their_note"].format(note=case.note))
    return "；".join(said)
