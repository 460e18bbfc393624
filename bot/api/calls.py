"""POST /calls: a call or a visit becomes a ticket."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.assist import ToldRequest, panel_of, told_by
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import CitedShape
from bot.api.state import State
from bot.assist.taking import Taken, Taking, already_taken, take
from bot.clock import utcnow
from bot.engine_client import harmless
from bot.gateway.moves import phone_in
from bot.gateway.store import StoreAway
from bot.tables import Ticket
from bot.tickets.number import shown
from bot.tickets.summary import NOT_URGENT
from bot.words import words
from knowledge.law.links import lines_cited
from knowledge.text import storable

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 403, 413, 415, 422, 503)
}
router = APIRouter(prefix="/calls", tags=["calls"], responses=PROBLEMS)
Operator = Annotated[StaffMember, staff(Role.OPERATOR)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class CallRequest(ToldRequest):
    """`id` is the console's own: the same call twice makes one ticket.

    `told` names the desks and places that the caller was told of. A number is kept with consent
    only; the same consent covers passing the trouble on.
    """

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    contact: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None
    contact_safe: bool | None = None
    consent: bool = False
    told: Annotated[list[Name], Field(default_factory=list, max_length=10)]
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] | None = None


class CallMade(BaseModel):
    """The ticket of a call.

    `may_rate` false: somebody was in danger, or nobody has judged whether they are
    (`urgent_judged`); they are not asked for a rating.
    """

    number: str
    number_shown: str
    url: str
    state: str
    summary: list[str]
    summary_cited: list[list[CitedShape]]
    outcomes: list[dict[str, str]]
    may_rate: bool
    urgent_judged: bool
    repeated: bool


@router.post(
    "",
    status_code=201,
    response_model=CallMade,
    responses={200: {"model": CallMade, "description": "It was made before"}},
)
async def make_ticket(
    request: CallRequest, member: Operator, state: State, response: Response
) -> dict[str, Any]:
    """The number to read aloud, and where the ticket lies in the console; 200: it was there."""
    told = told_by(request, member, state)
    if member.city_id is not None and told.city.id != member.city_id:
        own = state.catalogue.atlas.cities[member.city_id].name
        raise Problem(403, "other_city", "city", cities=own)
    if not harmless(told.text):
        raise Problem(422, "empty_text", "text")
    taking = Taking(
        id=request.id,
        contact=_contact(request),
        contact_safe=request.contact_safe if request.contact else None,
        consent=request.consent,
        told_them=[storable(name) for name in request.told],
        note=storable(request.note) if request.note else None,
    )
    panel = await panel_of(state, told)
    catalogue, store = state.catalogue, state.gateway.store
    try:
        taken = await store.run(
            lambda session: take(session, catalogue, member, told, panel, taking, utcnow())
        )
    except StoreAway:
        # of two at once the second finds the id taken: what it wants is there
        known = await store.look(lambda session: already_taken(session, member, request.id))
        if known is None:
            raise
        taken = Taken(known, repeated=True)
    state.gateway.hub.wake(*taken.topics)
    if taken.repeated:
        response.status_code = 200
    calm = panel["calm"] and taken.ticket.urgent == NOT_URGENT and taken.ticket.urgent_judged
    return _shape(taken.ticket, repeated=taken.repeated, may_rate=calm)


def _contact(request: CallRequest) -> str | None:
    """The number as people write it. Raises Problem (422): no number, or nobody said yes."""
    if not request.contact:
        return None
    if not request.consent:
        raise Problem(422, "contact_needs_consent", "consent")
    number = phone_in(request.contact)
    if number is None:
        raise Problem(422, "not_a_phone", "contact")
    return number


def _shape(ticket: Ticket, *, repeated: bool, may_rate: bool) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "number_shown": shown(ticket.number),
        "url": f"/console?ticket={ticket.number}",
        "state": ticket.state,
        "summary": ticket.summary,
        "summary_cited": lines_cited(ticket.summary),
        "outcomes": [
            {"id": id_, "name": name} for id_, name in words("tickets")["outcomes"].items()
        ],
        "may_rate": may_rate,
        "urgent_judged": ticket.urgent_judged,
        "repeated": repeated,
    }
