"""/places/closures: staff say that nobody is at a service point today, and take it back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import Strict
from bot.api.state import State
from bot.places import closing
from bot.places.closing import KEEPERS, LARGEST_ID, LONGEST_REASON
from knowledge.catalogue import ServicePoint
from knowledge.closures import NoClosure
from knowledge.hours import Closure

CLOSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 403, 404, 413, 415, 422, 503)
}
router = APIRouter(prefix="/places/closures", tags=["places"], responses=CLOSED)
Keeper = Annotated[StaffMember, staff(*KEEPERS)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON)]


class ClosureRequest(Strict):
    """Without `until`, for the rest of the day; without `from`, from now on."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    point: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    from_: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: AwareDatetime | None = None
    reason: Reason | None = None


class ClosureShape(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    id: int
    point: str
    name: str
    from_: Annotated[str, Field(alias="from")]
    until: str
    reason: str | None


class ClosuresAnswer(BaseModel):
    closures: list[ClosureShape]


@router.get("", response_model=ClosuresAnswer)
async def running(member: Keeper, state: State) -> dict[str, Any]:
    """The closures that are not over, of the cities that the member serves."""
    found = closing.running(state.catalogue, member.city_id)
    return {"closures": [_shape(closure, point) for closure, point in found]}


@router.post("", response_model=ClosureShape, status_code=201)
async def close(request: ClosureRequest, member: Keeper, state: State) -> dict[str, Any]:
    """Nobody is there: every process says so within a second."""
    try:
        closure, point = await closing.close(
            state, member, request.point, request.from_, request.until, request.reason or None
        )
    except closing.NotTheirs:
        raise Problem(404, "unknown_place") from None
    except closing.AlreadyOver:
        raise Problem(422, "closure_over", "until") from None
    return _shape(closure, point)


@router.delete("/{closure}", status_code=204)
async def reopen(
    closure: Annotated[int, Path(ge=1, le=LARGEST_ID)], member: Keeper, state: State
) -> None:
    """Somebody is there again."""
    try:
        await closing.lift(state, member, closure)
    except NoClosure:
        raise Problem(404, "unknown_closure") from None


def _shape(closure: Closure, point: ServicePoint) -> dict[str, Any]:
    return {
        "id": closure.id,
        "point": point.id,
        "name": point.name,
        "from": closure.starts.isoformat(timespec="seconds"),
        "until": closure.ends.isoformat(timespec="seconds"),
        "reason": closure.reason,
    }
