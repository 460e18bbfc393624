"""/follow-ups: 不满意 and complaints until a supervisor closes them; ratings that operators ask."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BeforeValidator, StringConstraints
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import Strict, written
from bot.api.state import AppState, State
from bot.clock import utcnow
from bot.follow_ups import asking, listing, opening, settling
from bot.follow_ups.asking import Score
from bot.follow_ups.complaining import LONGEST
from bot.follow_ups.listing import Line, Wanted
from bot.follow_ups.providers import providers
from bot.follow_ups.settling import Deed, Incomplete, NoSuchFollowUp
from bot.follow_ups.states import Kind, Move
from bot.follow_ups.states import State as Standing
from bot.gateway import hub
from bot.gateway.ledger import Ledger
from bot.tables import Ticket
from bot.tickets.acting import actor_of, on_ticket
from knowledge.china import today
from knowledge.text import storable

CLOSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 403, 404, 409, 413, 415, 422, 503)
}
LARGEST_ID = 2**63 - 1
router = APIRouter(tags=["follow-ups"], responses=CLOSED)
Operator = Annotated[StaffMember, staff(Role.OPERATOR)]
Supervisor = Annotated[StaffMember, staff(Role.SUPERVISOR)]
Number = Annotated[str, Path(max_length=20, pattern=r"^[0-9 ]+$")]
Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Platform = Literal["window", "hotline", "network"]
Storable = BeforeValidator(lambda given: storable(given) if isinstance(given, str) else given)
Written = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=settling.LONGEST),
    Storable,
    AfterValidator(written),
]
_NEEDED = {"result": "result_needed", "upheld": "upheld_needed", "reason": "reason_needed"}


class RatingRequest(Strict):
    """`ending` slip: of the ticket's slip, once its desk is done; else of the talk itself."""

    score: Score
    ending: Literal["talk", "slip"] = "talk"


class ComplaintRequest(Strict):
    provider: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST),
        Storable,
        AfterValidator(written),
    ]


class AnswerRequest(Strict):
    """`seen`: the state that was seen; another one by now is refused."""

    result: Written
    seen: Standing | None = None


class CloseRequest(Strict):
    """Without `result` the one that stands there is agreed with."""

    result: Written | None = None
    upheld: bool | None = None
    seen: Standing | None = None


class ReopenRequest(Strict):
    reason: Written
    seen: Standing | None = None


@router.get("/follow-ups")
async def follow_ups(
    member: Operator,
    state: State,
    kind: Annotated[Kind | None, Query()] = None,
    standing: Annotated[Standing | None, Query(alias="state")] = None,
    platform: Annotated[Platform | None, Query()] = None,
    provider: Annotated[str | None, Query(max_length=40)] = None,
    mine: Annotated[bool, Query()] = False,
) -> dict[str, Any]:
    """What a member may see, the open ones first. Looking is a deed: it is written down."""
    _known(provider)
    wanted = Wanted(kind, standing, platform, provider, mine)
    found = await looked_through(state, member, wanted)
    return {
        "follow_ups": found,
        "providers": [{"id": key, "name": name} for key, name in providers().items()],
    }


@router.post("/follow-ups/{follow_up}/answer")
async def answer(follow_up: Id, request: AnswerRequest, member: Operator, state: State) -> Line:
    """What came of it, in its owner's words; a supervisor closes it."""
    deed = Deed(Move.answer, result=request.result, seen=request.seen)
    return await _settle(state, member, follow_up, deed)


@router.post("/follow-ups/{follow_up}/close")
async def close(follow_up: Id, request: CloseRequest, member: Supervisor, state: State) -> Line:
    """Closed, with its result; a complaint also with whether it was right."""
    deed = Deed(Move.close, request.result or "", request.upheld, seen=request.seen)
    return await _settle(state, member, follow_up, deed)


@router.post("/follow-ups/{follow_up}/reopen")
async def reopen(follow_up: Id, request: ReopenRequest, member: Supervisor, state: State) -> Line:
    """Back to open, with the reason."""
    deed = Deed(Move.reopen, reason=request.reason, seen=request.seen)
    return await _settle(state, member, follow_up, deed)


@router.post("/tickets/{number}/rating", status_code=201)
async def rate(
    number: Number, request: RatingRequest, member: Operator, state: State
) -> dict[str, Any]:
    """What the caller said when they were asked; once, by whoever has the ticket."""

    def write(ledger: Ledger, found: Ticket) -> dict[str, Any]:
        slip = request.ending == "slip"
        rating = asking.record(ledger, found, actor_of(member), request.score, slip=slip)
        audit.record(ledger.session, member, "rate", "ticket", found.number)
        followed = opening.of_rating(ledger, rating)
        return {
            "score": request.score,
            "ending": rating.ending,
            "platform": rating.platform,
            "follow_up": followed.id if followed else None,
        }

    return await on_ticket(state.gateway, member, number, write)


@router.post("/tickets/{number}/complaint", status_code=201)
async def complain(
    number: Number, request: ComplaintRequest, member: Operator, state: State
) -> dict[str, Any]:
    """A complaint that a caller has made, registered for them."""
    _known(request.provider)

    def write(ledger: Ledger, found: Ticket) -> dict[str, Any]:
        row = opening.complaint(ledger, found, request.provider, request.text, actor_of(member))
        detail = {"provider": request.provider}
        audit.record(ledger.session, member, "complain", "ticket", found.number, detail)
        return {"id": row.id, "number": found.number, "owner": row.owner_name}

    return await on_ticket(state.gateway, member, number, write)


async def looked_through(state: AppState, member: StaffMember, wanted: Wanted) -> list[Line]:
    """The list, and that it was looked at."""
    catalogue = state.catalogue

    def read(session: Session) -> list[Line]:
        found = listing.lines(session, catalogue, member, wanted, today())
        audit.record(session, member, "view", "follow_up", "list", {"count": len(found)})
        return found

    return await state.gateway.store.run(read)


async def settled(state: AppState, member: StaffMember, follow_up: int, deed: Deed) -> Line:
    """Do it, and tell every console. Raises NoSuchFollowUp, Incomplete, Refused."""
    catalogue = state.catalogue

    def write(session: Session) -> Line:
        row = settling.settle(session, member, follow_up, deed, utcnow())
        session.flush()
        return listing.line(session, catalogue, member, row.id, today())

    done = await state.gateway.store.run(write)
    state.gateway.hub.wake(hub.TICKETS)
    return done


async def _settle(state: AppState, member: StaffMember, follow_up: int, deed: Deed) -> Line:
    """The same, with its refusals as problems."""
    try:
        return await settled(state, member, follow_up, deed)
    except NoSuchFollowUp:
        raise Problem(404, "unknown_follow_up") from None
    except Incomplete as missing:
        raise Problem(422, _NEEDED[missing.field], missing.field) from None


def _known(provider: str | None) -> None:
    """Raises Problem for what is no kind of provider."""
    if provider is not None and provider not in providers():
        raise Problem(422, "unknown_provider", "provider")
