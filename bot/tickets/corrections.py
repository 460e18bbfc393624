"""What a ticket is really about, said by who reads it: category, and against whom.

A corrected category becomes a candidate example for the language model, once a reviewer accepts it:
masked, and never the words of somebody in danger.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.logins import StaffMember
from bot.gateway.ledger import Actor, Ledger
from bot.tables import Ticket
from bot.tickets.desk import Refused
from bot.tickets.states import Event, TicketState
from bot.tickets.summary import matter_name, service_name, summarise
from bot.tickets.tables import Correction
from bot.unanswered.asked import FEWEST_LETTERS
from bot.unanswered.masking import masked
from bot.words import words
from knowledge.taxonomy import taxonomy
from knowledge.text import normalise, storable

LONGEST_NAME = 60
ROUNDS = 10
_NOT_IN_A_NAME = re.compile(r"[\s\"'“”‘’《》<>,，。.;；:：!！?？]+")


class Axis(StrEnum):
    """Along which a trouble is sorted."""

    service = "service"
    matter = "matter"


class Review(StrEnum):
    """What became of a candidate example."""

    candidate = "candidate"
    accepted = "accepted"
    refused = "refused"


_NAMES = {Axis.service: service_name, Axis.matter: matter_name}


def labels() -> dict[str, list[dict[str, str]]]:
    """What a ticket can be about: services (requests too) and matters, as people read them."""
    known = taxonomy()
    services = known.services | known.requests
    return {
        "services": [{"id": id_, "name": name} for id_, name in services.items()],
        "matters": [{"id": id_, "name": name} for id_, name in known.matters.items()],
    }


def correct(ledger: Ledger, ticket: Ticket, operator: Actor, wanted: dict[Axis, str]) -> None:
    """The ticket, its summary and what the bot knows follow. Raises Refused.

    `wanted` holds known labels. Who has taken a ticket corrects it; closed ones anybody may.
    """
    if ticket.state == TicketState.taken and ticket.owner_id != operator.id:
        raise Refused("ticket_taken", owner=ticket.owner_name or "")
    changed = {axis: after for axis, after in wanted.items() if after != getattr(ticket, axis)}
    if not changed:
        raise Refused("correct_same")
    for axis, after in changed.items():
        before: str | None = getattr(ticket, axis)
        setattr(ticket, axis, after)
        ledger.note(ticket, Event.corrected, operator, change_of(axis, before, after))
        _keep_example(ledger, ticket, operator, axis, before, after)
    _follow(ledger, ticket, changed)


def against(ledger: Ledger, ticket: Ticket, operator: Actor, name: str) -> None:
    """Whom the trouble is against, in one spelling; an empty name takes it away. Raises Refused."""
    if ticket.state == TicketState.taken and ticket.owner_id != operator.id:
        raise Refused("ticket_taken", owner=ticket.owner_name or "")
    ticket.opponent = one_spelling(name) or None
    text = words("tickets")["opponent"].format(name=ticket.opponent or words("tickets")["nobody"])
    ledger.note(ticket, Event.noted, operator, text)


def one_spelling(name: str) -> str:
    """A name as many write it, in the one way in which it is counted: 60 characters at most."""
    plain = storable(name)
    # what stands side by side once a sign between is gone may have a normal form of its own
    for _ in range(ROUNDS):
        before, plain = plain, _NOT_IN_A_NAME.sub("", normalise(plain))[:LONGEST_NAME]
        if plain == before:
            break
    return plain


def candidates(session: Session, city_id: str | None, limit: int) -> Sequence[Correction]:
    """What no reviewer has looked at yet, the newest first."""
    query = select(Correction).where(Correction.state == Review.candidate)
    if city_id is not None:
        query = query.where(Correction.city_id == city_id)
    return session.scalars(
        query.order_by(Correction.at.desc(), Correction.id.desc()).limit(limit)
    ).all()


def review(
    session: Session, id_: int, verdict: Review, member: StaffMember, now: datetime
) -> Correction | None:
    """A reviewer's word on a candidate; None: there is none, or not any more."""
    found = session.get(Correction, id_, with_for_update=True)
    if found is None or found.state != Review.candidate:
        return None
    if member.city_id is not None and found.city_id != member.city_id:
        return None
    found.state = verdict
    found.reviewed_by, found.reviewed_at = member.username, now
    # what is kept for longer leads to nobody
    found.ticket_number = None
    return found


def _name_of(axis: str, label: str | None) -> str:
    """A label's Chinese name, or that nothing was understood."""
    known = _NAMES[Axis(axis)](label)
    return known or label or str(words("tickets")["summary"]["unknown"])


def change_of(axis: str, before: str | None, after: str) -> str:
    """Along which axis, from what, to what, in words."""
    text = words("tickets")["corrected"]
    line = text["line"].format(
        axis=text[axis], before=_name_of(axis, before), after=_name_of(axis, after)
    )
    return str(line)


def _follow(ledger: Ledger, ticket: Ticket, changed: dict[Axis, str]) -> None:
    """Summary, conversation and the engine's memory, where it is the trouble talked about now."""
    conversation = ledger.conversation
    corrected = {str(axis): label for axis, label in changed.items()}
    if conversation.ticket_id == ticket.id:
        known = dict(conversation.understood or {})
        sureness = dict(known.get("sureness") or {})
        for axis in corrected:
            sureness.pop(f"{axis}s", None)
        conversation.understood = {**known, **corrected, "sureness": sureness}
        conversation.untold = {**(conversation.untold or {}), **corrected, "shown": None}
        ledger.refresh(ticket)
        return
    kept = {str(axis): getattr(ticket, axis) for axis in Axis}
    if ticket.summary:
        ticket.summary = [summarise(ledger.catalogue, kept)[0], *ticket.summary[1:]]


def _keep_example(
    ledger: Ledger, ticket: Ticket, operator: Actor, axis: Axis, before: str | None, after: str
) -> None:
    """One candidate a ticket and axis: who changes their mind leaves only the last word."""
    if ledger.in_danger(ticket):
        return
    text = masked(ticket.trouble)
    if sum(map(str.isalpha, text)) < FEWEST_LETTERS:
        return
    values: dict[str, Any] = {"at": ledger.now, "by": operator.name, "text": text, "after": after}
    known = ledger.session.scalar(
        select(Correction).where(
            Correction.ticket_number == ticket.number,
            Correction.axis == axis,
            Correction.state == Review.candidate,
        )
    )
    if known is None:
        ledger.session.add(
            Correction(
                city_id=ticket.city_id,
                ticket_number=ticket.number,
                axis=axis,
                before=before,
                state=Review.candidate,
                reviewed_by=None,
                reviewed_at=None,
                **values,
            )
        )
    elif known.before == after:
        ledger.session.delete(known)
    else:
        for name, value in values.items():
            setattr(known, name, value)
