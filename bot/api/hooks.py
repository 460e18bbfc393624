"""Tickets to and from other systems: an operator passes one on; a system sends one, signed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import Counter
from pydantic import BaseModel, StrictBool, StringConstraints, ValidationError
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.door import Refused, address_of, staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import Strict
from bot.api.state import State
from bot.clock import utcnow
from bot.engine_client import EngineAway
from bot.gateway.ledger import Ledger
from bot.hooks import receiving, sending
from bot.hooks.passing import pass_on, system_name
from bot.hooks.receiving import Case, NotSigned, Received
from bot.hooks.systems import System, city_of, incoming, outgoing
from bot.tables import Ticket
from bot.tickets import desk
from bot.tickets.acting import actor_of
from bot.triage import triage
from bot.words import words
from knowledge.atlas import City
from knowledge.text import storable

CASES = Counter("wenfa_exchange_cases_total", "Cases that other systems sent", ["outcome"])
Operator = Annotated[StaffMember, staff(Role.OPERATOR)]
Number = Annotated[str, Path(max_length=20, pattern=r"^[0-9 ]+$")]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


def _answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": ProblemDocument} for status in statuses}


class PassOnRequest(Strict):
    """`consent`: the resident has said yes to just this."""

    system: Literal["12345", "12348", "110"]
    consent: StrictBool = False
    note: Note | None = None


class PassedOn(BaseModel):
    """What will be delivered, word for word; `notice` is for the operator to say."""

    delivery: str
    system: str
    system_name: str
    passed_on: dict[str, Any]
    notice: str | None


class CaseAnswer(BaseModel):
    """The number under which the case goes on here."""

    number: str


router = APIRouter(
    prefix="/tickets",
    tags=["tickets"],
    responses=_answers(400, 401, 403, 404, 409, 413, 415, 422, 503),
)


@router.post("/{number}/pass-on", status_code=202)
async def pass_ticket_on(
    number: Number, request: PassOnRequest, member: Operator, state: State
) -> PassedOn:
    """To the city's 12345, 12348 or 110, because the resident wants it; delivered from here on."""
    if not request.consent:
        raise Problem(422, "consent_needed", "consent")
    gateway, system = state.gateway, System(request.system)

    def look(session: Session) -> tuple[str, str | None]:
        found = desk.find(session, number, member.city_id)
        return found.city_id, found.conversation_id

    city_id, conversation_id = await gateway.look(look)
    served = outgoing(state.settings.exchange, system, city_id)
    if served is None:
        raise Problem(409, "system_off", value=request.system)
    if conversation_id is None:
        raise Problem(409, "conversation_gone")
    key, note = served[0], storable(request.note or "") or None

    def deed(ledger: Ledger) -> PassedOn:
        found: Ticket = desk.find(ledger.session, number, member.city_id)
        operator = actor_of(member)
        made = pass_on(ledger, found, operator, key, note)
        detail = {
            "system": key,
            "delivery": made.delivery,
            "passed": [name for name, value in made.body.items() if value],
        }
        audit.record(ledger.session, member, "pass_on", "ticket", found.number, detail)
        return PassedOn(
            delivery=made.delivery,
            system=system,
            system_name=system_name(system),
            passed_on=made.body,
            notice=(
                words("tickets")["exchange"]["not_an_alarm"] if system is System.police else None
            ),
        )

    done = await gateway.write(conversation_id, deed)
    gateway.hub.wake(sending.TOPIC)
    return done


# mounted only where a system is configured: elsewhere there is no such address
incoming_router = APIRouter(
    prefix="/exchange", tags=["exchange"], responses=_answers(400, 401, 404, 413, 415, 422, 503)
)


@incoming_router.post(
    "/{system}",
    status_code=201,
    responses={200: {"model": CaseAnswer, "description": "The same delivery again"}},
    openapi_extra={
        "requestBody": {"content": {"application/json": {"schema": Case.model_json_schema()}}}
    },
)
async def take_case(system: str, request: Request, response: Response, state: State) -> CaseAnswer:
    """A case of another system, signed as docs/exchange.md says; the same one again changes
    nothing."""
    try:
        received = await _take(system, request, state)
    except (Problem, RequestValidationError) as error:
        status = error.status if isinstance(error, Problem) else 422
        CASES.labels({401: "not_signed", 404: "unknown"}.get(status, "malformed")).inc()
        raise
    CASES.labels("repeated" if received.repeated else "taken").inc()
    if received.repeated:
        response.status_code = 200
    return CaseAnswer(number=received.number)


async def _take(system: str, request: Request, state: State) -> Received:
    systems = state.settings.exchange
    if not any(incoming(systems, system)):
        raise Problem(404, "not_found")
    body = await request.body()
    if len(body) > receiving.LARGEST:
        raise Problem(413, "too_large", limit=receiving.LARGEST // 1024)
    now = utcnow()
    try:
        key, delivery = receiving.sender(systems, system, request.headers, body, now)
    except NotSigned:
        raise Refused(401, "not_signed", {"WWW-Authenticate": "Webhook"}) from None
    gateway, catalogue = state.gateway, state.catalogue
    before = await gateway.look(lambda session: receiving.seen(session, key, delivery))
    if before:
        return Received(before, True)
    case = _case(body)
    city = _city(state, key, case)
    try:
        triaged = await triage(state.engine, catalogue, case.text, city)
    except EngineAway:
        triaged = None  # nobody's case waits for a machine
    region_id = receiving.region_in(catalogue, city.id, case)
    known = receiving.understood(triaged, case, region_id)
    address = address_of(request)
    received = await gateway.store.run(
        lambda session: receiving.receive(
            session, catalogue, key, delivery, case, city.id, known, address, utcnow()
        )
    )
    gateway.hub.wake(*received.topics)
    return received


def _case(body: bytes) -> Case:
    """What the body says. Raises RequestValidationError or Problem, naming the field."""
    try:
        case = Case.model_validate_json(body)
    except ValidationError as error:
        told = error.errors(include_input=False, include_url=False)
        raise RequestValidationError(
            [{**item, "loc": ("body", *item["loc"])} for item in told]
        ) from None
    if not case.consent:
        raise Problem(422, "consent_needed", "consent")
    return case


def _city(state: State, key: str, case: Case) -> City:
    """The city that the system belongs to, or that the case names. Raises Problem."""
    own = city_of(key)
    if own is None:
        return state.city(case.city)
    city = state.city(own if case.city is None else case.city)
    if city.id != own:
        raise Problem(422, "city_elsewhere", "city")
    return city
