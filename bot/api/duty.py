"""/duty: who is on duty, oneself first; what a supervisor gives each to do; declining an offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import Strict
from bot.api.state import AppState, State
from bot.clock import utcnow
from bot.duty import presence, roster, staffing
from bot.duty.offers import pass_on
from bot.duty.presence import AT_ONCE, MOST_AT_ONCE, Presence
from bot.duty.roster import OnRoster
from bot.gateway import hub
from bot.gateway.ledger import Ledger
from bot.tables import Ticket
from bot.tickets.acting import actor_of, on_ticket
from bot.tickets.desk import Refused
from bot.tickets.states import TicketState
from knowledge.catalogue import Catalogue
from knowledge.taxonomy import taxonomy

CLOSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 403, 404, 409, 413, 415, 422, 503)
}
router = APIRouter(tags=["duty"], responses=CLOSED)
Operator = Annotated[StaffMember, staff(Role.OPERATOR)]
Supervisor = Annotated[StaffMember, staff(Role.SUPERVISOR)]
Number = Annotated[str, Path(max_length=20, pattern=r"^[0-9 ]+$")]
Username = Annotated[str, Path(max_length=32)]
AtOnce = Annotated[int, Field(ge=1, le=MOST_AT_ONCE, strict=True)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class OwnDutyRequest(Strict):
    """What is not written stays as it is."""

    state: Presence | None = None
    at_once: AtOnce | None = None


class GivenRequest(Strict):
    """No skills, no regions: all of them."""

    skills: Annotated[list[Id], Field(max_length=60)]
    regions: Annotated[list[Id], Field(max_length=400)]
    at_once: AtOnce = AT_ONCE


@router.get("/duty")
async def on_duty(member: Operator, state: State) -> dict[str, Any]:
    """Oneself, the colleagues of one's city, and whether residents find somebody there."""
    return await state.gateway.look(lambda session: _seen_by(session, state, member))


@router.put("/duty")
async def say(request: OwnDutyRequest, member: Operator, state: State) -> dict[str, Any]:
    """on, away or off, until one says otherwise; how many conversations at once."""

    def write(session: Session) -> dict[str, Any]:
        now = utcnow()
        row = presence.of(session, member.account_id, now)
        if request.state is not None:
            presence.say(session, member.account_id, request.state, now)
        row.at_once = request.at_once or row.at_once
        detail = request.model_dump(exclude_none=True)
        audit.record(session, member, "duty.say", "account", member.username, detail)
        session.flush()
        return _seen_by(session, state, member)

    answer = await state.gateway.store.run(write)
    state.gateway.hub.wake(hub.TICKETS)
    return answer


@router.put("/duty/{username}")
async def give(
    username: Username, request: GivenRequest, member: Supervisor, state: State
) -> dict[str, Any]:
    """What a colleague is offered: services, places, how many at once."""
    check_given(state.catalogue, member.city_id, request.skills, request.regions)

    def write(session: Session) -> dict[str, Any]:
        try:
            roster.give(
                session,
                username,
                member.city_id,
                request.skills,
                request.regions,
                request.at_once,
                utcnow(),
            )
        except roster.NoColleague:
            raise Problem(404, "unknown_colleague") from None
        audit.record(
            session, member, "duty.give", "account", username, request.model_dump(mode="json")
        )
        session.flush()
        found = _roster(session, state, member)
        return next(_shape(one) for one in found if one.username == username)

    return await state.gateway.store.run(write)


@router.post("/tickets/{number}/decline", status_code=204)
async def decline(number: Number, member: Operator, state: State) -> None:
    """Not me: offered to the next at once. 409 when it is not offered to oneself any more."""
    operator = actor_of(member)

    def held(ledger: Ledger, ticket: Ticket) -> None:
        if ticket.state != TicketState.waiting or ticket.offered_to != operator.id:
            raise Refused("not_offered")
        pass_on(ledger, ticket, operator)
        audit.record(ledger.session, member, "decline", "ticket", ticket.number)

    await on_ticket(state.gateway, member, number, held)


def check_given(
    catalogue: Catalogue, city_id: str | None, skills: Sequence[str], regions: Sequence[str]
) -> None:
    """Services there are, and counties and towns of the city. Raises Problem."""
    known = taxonomy().services
    for service in skills:
        if service not in known:
            raise Problem(422, "unknown_service", "skills", value=service)
    for region_id in regions:
        region = catalogue.atlas.regions.get(region_id)
        outside = city_id is not None and region is not None and region.city_id != city_id
        if region is None or outside or region.level not in ("county", "town"):
            raise Problem(422, "unknown_region", "regions", value=region_id)


def _roster(session: Session, state: AppState, member: StaffMember) -> list[OnRoster]:
    return roster.roster(session, member.city_id, utcnow(), state.gateway.timing.present)


def _seen_by(session: Session, state: AppState, member: StaffMember) -> dict[str, Any]:
    now, within = utcnow(), state.gateway.timing.present
    found = _roster(session, state, member)
    cities = [member.city_id] if member.city_id else list(state.catalogue.atlas.cities)
    return {
        "me": next((_shape(one) for one in found if one.account_id == member.account_id), None),
        "colleagues": [_shape(one) for one in found if one.account_id != member.account_id],
        "staffed": {city: staffing.staffed(session, city, now, within) for city in cities},
    }


def _shape(one: OnRoster) -> dict[str, Any]:
    return {
        "username": one.username,
        "name": one.name,
        "city": one.city_id,
        "state": one.state,
        "present": one.present,
        "talking": one.talking,
        "at_once": one.at_once,
        "skills": list(one.skills),
        "regions": list(one.regions),
    }
