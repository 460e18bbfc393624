"""A ticket is passed on to a desk: a slip with what the resident agreed to, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem
from bot.gateway.ledger import Ledger
from bot.gateway.states import Author, State
from bot.slips.desks import place_of, rule_for
from bot.slips.states import LIVE, SlipState
from bot.slips.tables import Slip, SlipEvent
from bot.slips.words import WORDS, number_shown
from bot.tables import Ticket
from bot.tickets.acting import actor_of
from bot.tickets.desk import Refused
from bot.tickets.states import Event, TicketState
from bot.tickets.summary import party_name, place_name, service_name
from knowledge.catalogue import Catalogue, ServicePoint
from knowledge.contract import place_shape

# the summary of a trouble; what stands behind these lines is the screening, which goes by itself
SUMMARY_LINES = 5


@dataclass(frozen=True)
class Wanted:
    """What an operator sends where, in their own words; `consent`: the resident agreed to it."""

    service: str
    place: str
    request: str
    consent: bool


def send(ledger: Ledger, ticket: Ticket, member: StaffMember, wanted: Wanted) -> tuple[Slip, bool]:
    """The slip, and whether it is new: the same one twice is sent once.

    Raises Refused (closed, somebody else's, already there), Problem (422) naming the field.
    """
    if ticket.state == TicketState.closed:
        raise Refused("ticket_closed")
    if ticket.owner_id != member.account_id and not member.may(Role.SUPERVISOR):
        raise Refused("slip_not_owner", owner=ticket.owner_name or ticket.owner_desk or "")
    if not wanted.consent:
        raise Problem(422, "slip_consent", "consent")
    point = _receiving(ledger.catalogue, ticket, wanted)
    there = _already(ledger.session, ticket, point, wanted.service)
    if there is not None:
        if (there.sent_by, there.request) == (member.username, wanted.request):
            return there, False
        raise Refused("slip_already", number=number_shown(there.number))
    ticket.consent_at = ledger.now
    slip = Slip(
        number=_next_number(ledger.session, ticket),
        ticket_id=ticket.id,
        city_id=ticket.city_id,
        service=wanted.service,
        place_id=point.id,
        place_name=point.name,
        state=SlipState.sent,
        request=wanted.request,
        passed_on=passed_on(ledger.catalogue, ticket),
        rule=rule_for(ledger.catalogue, ticket, wanted.service),
        sent_at=ledger.now,
        sent_by=member.username,
    )
    ledger.session.add(slip)
    ledger.session.flush()
    ledger.session.add(
        SlipEvent(
            slip_id=slip.id, at=ledger.now, before=None, after=SlipState.sent,
            text=wanted.request, actor=member.username,
        )
    )  # fmt: skip
    line = str(WORDS.words["sent_line"])
    ledger.note(
        ticket,
        Event.slip_sent,
        actor_of(member),
        line.format(place=point.name, service=service_name(wanted.service)),
    )
    audit.record(
        ledger.session, member, "slip.send", "slip", slip.number,
        {"place": point.id, "service": wanted.service, "rule": slip.rule},
    )  # fmt: skip
    if may_be_told(ledger, ticket):
        text = str(WORDS.words["resident"]["sent"])
        card = {"type": "place", **place_shape(ledger.catalogue, place_of(ledger.catalogue, point))}
        told = text.format(desk=point.name, number=number_shown(slip.number))
        ledger.say(told, cards=[card], author=Author.system)
    return slip, True


def passed_on(catalogue: Catalogue, ticket: Ticket) -> dict[str, Any]:
    """What goes along: summary, contact if there is one, party, screening, place."""
    contact = {"phone": ticket.contact, "safe": ticket.contact_safe} if ticket.contact else None
    return {
        "summary": list(ticket.summary[:SUMMARY_LINES]),
        "contact": contact,
        "party": party_name(ticket.party) or None,
        "screening": ticket.screening,
        "place": place_name(catalogue, ticket.region_id),
    }


def may_be_told(ledger: Ledger, ticket: Ticket) -> bool:
    """Whether a word may come by itself: never where somebody may be hiding, nor into a talk.

    Who told it by telephone, or has left, reads nothing here.
    """
    if ledger.conversation.address is None:
        return False
    if ledger.in_danger(ticket):
        # a telephone that lights up by itself could betray them
        return False
    return ledger.conversation.ticket_id == ticket.id or ledger.state is not State.operator


def _receiving(catalogue: Catalogue, ticket: Ticket, wanted: Wanted) -> ServicePoint:
    """The point, which lies in the ticket's city and gives the service itself."""
    if wanted.service not in catalogue.services:
        raise Problem(422, "unknown_service", "service", value=wanted.service)
    point = catalogue.point(wanted.place)
    if point is None:
        raise Problem(422, "unknown_place", "place")
    if point.city_id != ticket.city_id:
        raise Problem(422, "slip_elsewhere", "place")
    if wanted.service not in point.services:
        name = service_name(wanted.service)
        raise Problem(422, "slip_not_given", "service", owner=point.name, value=name)
    return point


def _already(session: Session, ticket: Ticket, point: ServicePoint, service: str) -> Slip | None:
    """The slip for this that the desk still has."""
    return session.scalars(
        select(Slip).where(
            Slip.ticket_id == ticket.id,
            Slip.place_id == point.id,
            Slip.service == service,
            Slip.state.in_(LIVE),
        )
    ).first()


def _next_number(session: Session, ticket: Ticket) -> str:
    """The ticket's number and a count; its conversation is held, so nobody else counts."""
    count = select(func.count()).select_from(Slip).where(Slip.ticket_id == ticket.id)
    return f"{ticket.number}-{(session.scalar(count) or 0) + 1}"
