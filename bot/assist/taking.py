"""A call or a visit becomes a ticket: once for each id that the console gives it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.assist.aid import kept
from bot.assist.panel import Shape, Told, reading
from bot.tables import Ticket
from bot.tickets import corrections
from bot.tickets.acting import actor_of
from bot.tickets.corrections import Axis
from bot.tickets.states import Event
from bot.tickets.summary import NOT_URGENT
from bot.tickets.taken_down import take_down
from knowledge.catalogue import Catalogue


@dataclass(frozen=True)
class Taking:
    """What goes onto the ticket beside what was told: `told_them` names desks and places."""

    id: str
    contact: str | None = None
    contact_safe: bool | None = None
    consent: bool = False
    told_them: Sequence[str] = ()
    note: str | None = None


@dataclass
class Taken:
    """The ticket; `repeated`: it was there already. `topics` are to be woken after the commit."""

    ticket: Ticket
    repeated: bool
    topics: set[str] = field(default_factory=set)


def take(
    session: Session,
    catalogue: Catalogue,
    member: StaffMember,
    told: Told,
    panel: Shape,
    taking: Taking,
    now: datetime,
) -> Taken:
    """The ticket of this call in the caller's transaction, audited; the same id again finds it."""
    known = already_taken(session, member, taking.id)
    if known is not None:
        audit.record(session, member, "view", "ticket", known.number)
        return Taken(known, repeated=True)
    operator = actor_of(member)
    understood = _understood(catalogue, told, panel, taking)
    ledger, ticket = take_down(
        session, catalogue, channel=told.channel, city_id=told.city.id, understood=understood,
        said=told.text, operator=operator, now=now,
        conversation_id=_conversation(member, taking.id),
    )  # fmt: skip
    wanted = {Axis.service: told.service, Axis.matter: told.matter}
    corrected = {
        axis: label for axis, label in wanted.items() if label and label != getattr(ticket, axis)
    }
    if corrected:
        corrections.correct(ledger, ticket, operator, corrected)
    if taking.contact:
        ticket.contact, ticket.contact_at = taking.contact, now
        ticket.contact_safe = taking.contact_safe
        ledger.note(ticket, Event.contact_kept, operator)
    if taking.consent:
        ticket.consent_at = now
    if taking.note:
        ledger.note(ticket, Event.noted, operator, taking.note)
    ledger.save()
    audit.record(session, member, "take_down", "ticket", ticket.number, {"channel": told.channel})
    return Taken(ticket, repeated=False, topics=ledger.topics)


def already_taken(session: Session, member: StaffMember, id_: str) -> Ticket | None:
    """The ticket that this operator has made under this id."""
    query = select(Ticket).where(Ticket.conversation_id == _conversation(member, id_))
    return session.scalar(query)


def _conversation(member: StaffMember, id_: str) -> str:
    """The conversation's id follows from the console's: the primary key keeps a second one out."""
    return hashlib.sha256(f"call:{member.account_id}:{id_}".encode()).hexdigest()[:32]


def _understood(catalogue: Catalogue, told: Told, panel: Shape, taking: Taking) -> dict[str, Any]:
    """As the gateway keeps it. What the operator chose goes in later, as a correction of this."""
    heard = panel["understood"]
    known = reading(told, heard)
    uncorrected = reading(replace(told, service=None, matter=None), heard)
    resolved = (panel["place"]["resolved"] or {}).get("region_id")
    region = catalogue.atlas.regions.get(resolved or "")
    pressing = known.urgent != NOT_URGENT
    sureness: dict[str, Any] = {
        axis: [[one["id"], one["confidence"]] for one in heard[axis]] if heard else []
        for axis in ("services", "matters")
    }
    return {
        "service": uncorrected.service or known.service,
        "matter": uncorrected.matter or known.matter,
        "region": region.id if region and region.city_id == told.city.id else None,
        "urgent": known.urgent,
        "judged": known.judged,
        "evidence": heard["urgent"]["evidence"] if heard and pressing else [],
        "party": known.party,
        "trouble": told.text.strip(),
        "told": list(taking.told_them),
        "sureness": sureness,
        "screening": kept(panel["aid"]) if told.facts else None,
        # an operator's "not urgent" is no proof that nobody is in danger
        "endangered": pressing or bool(heard and heard["urgent"]["flag"]),
    }
