"""POST /assist: what stands beside a call as it is told; GET /assist/answers: canned answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import CityName, Strict
from bot.api.state import AppState, State
from bot.assist.panel import Shape, Told, assist, canned
from bot.engine_client import LONGEST_TEXT, harmless
from knowledge.atlas import City
from knowledge.china import today
from knowledge.eligibility.facts import FactError
from knowledge.faq.search import Prior
from knowledge.taxonomy import taxonomy
from knowledge.text import storable

MOST_FACTS = 60
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 403, 413, 415, 422, 503)
}
router = APIRouter(prefix="/assist", tags=["assist"], responses=PROBLEMS)
Operator = Annotated[StaffMember, staff(Role.OPERATOR)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class ToldRequest(Strict):
    """What was typed so far and what the operator has chosen.

    `facts`: the legal-aid questions that were answered, each with the value of its button, the
    caller's own words, or a value of POST /legal-aid/screening; in the order of answering.
    """

    text: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] = ""
    channel: Literal["phone", "counter"] = "phone"
    city: CityName | None = None
    place: Annotated[str, StringConstraints(max_length=80)] | None = None
    region: Label | None = None
    service: Label | None = None
    matter: Label | None = None
    urgent: Label | None = None
    party: Label | None = None
    facts: Annotated[dict[str, Any], Field(default_factory=dict, max_length=MOST_FACTS)]


@router.post("")
async def assisting(request: ToldRequest, member: Operator, state: State) -> Shape:
    """Everything beside a call, from one reading; nothing of it is kept. Works without the engine,
    with `understood` null."""
    return await panel_of(state, told_by(request, member, state))


@router.get("/answers")
async def answers(
    member: Operator,
    state: State,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST_TEXT)],
    city: Annotated[CityName | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> dict[str, Any]:
    """Answers of the knowledge base by words; the engine is not asked."""
    home = city_of(member, state, city)
    if not harmless(q):
        raise Problem(422, "empty_text", "q")
    found = await run_in_threadpool(canned, state.catalogue, q, home.id, today(), limit, Prior())
    return {"items": found}


def city_of(member: StaffMember, state: AppState, city: str | None) -> City:
    """The named city, else the member's own, else the deployment's. Raises Problem (422)."""
    return state.city(city or member.city_id)


def told_by(request: ToldRequest, member: StaffMember, state: AppState) -> Told:
    """The request with its names checked. Raises Problem (422) naming the field."""
    names = taxonomy()
    known = {
        "service": (names.services | names.requests, "unknown_service"),
        "matter": (names.matters, "unknown_matter"),
        "urgent": (names.urgency, "unknown_urgency"),
        "party": (names.parties, "unknown_party"),
        "region": (state.catalogue.atlas.regions, "unknown_region"),
    }
    for field, (values, problem) in known.items():
        value = getattr(request, field)
        if value is not None and value not in values:
            raise Problem(422, problem, field, value=value)
    return Told(
        text=storable(request.text),
        city=city_of(member, state, request.city),
        channel=request.channel,
        place=request.place,
        region=request.region,
        service=request.service,
        matter=request.matter,
        urgent=request.urgent,
        party=request.party,
        facts=request.facts,
    )


async def panel_of(state: AppState, told: Told) -> Shape:
    """The panel; facts that cannot be so are a Problem (422) naming them."""
    try:
        return await assist(state.engine, state.catalogue, told)
    except FactError as error:
        raise Problem(422, "wrong_fact", f"facts.{error.field}", problem=error.message) from error
