"""/places/closures: staff say that nobody is at a service point today, and take it back."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import Strict
from bot.api.state import State
from knowledge import closures
from knowledge.catalogue import ServicePoint
from knowledge.china import CHINA
from knowledge.hours import Closure

CLOSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 403, 404, 413, 415, 422, 503)
}
router = APIRouter(prefix="/places/closures", tags=["places"], responses=CLOSED)
# the point's own desk, the hotline that hears of it, the clerk who keeps the places
Keeper = Annotated[StaffMember, staff(Role.DESK, Role.OPERATOR, Role.EDITOR)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
LARGEST_ID = 2**31 - 1  # what the column holds


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
    catalogue = state.catalogue
    found = []
    for point_id, entered in catalogue.closures.items():
        point = catalogue.point(point_id)
        if point and member.city_id in (None, point.city_id):
            found += [_shape(closure, point) for closure in entered]
    return {"closures": found}


@router.post("", response_model=ClosureShape, status_code=201)
async def close(request: ClosureRequest, member: Keeper, state: State) -> dict[str, Any]:
    """Nobody is there: every process says so within a second."""
    point = state.catalogue.point(request.point)
    if point is None or member.city_id not in (None, point.city_id):
        raise Problem(404, "unknown_place")
    now = datetime.now(CHINA)
    starts = request.from_ or now
    ends = request.until or end_of_day(starts)

    def write(session: Session) -> Closure:
        closure = closures.close(
            session, point.id, starts, ends, request.reason or None, member.username
        )
        detail = {"until": ends.isoformat(), "reason": request.reason}
        audit.record(session, member, "place.close", "service_point", point.id, detail)
        return closure

    try:
        closure = await state.gateway.store.run(write)
    except ValueError:
        raise Problem(422, "closure_over", "until") from None
    state.live.refresh()
    return _shape(closure, point)


@router.delete("/{closure}", status_code=204)
async def reopen(
    closure: Annotated[int, Path(ge=1, le=LARGEST_ID)], member: Keeper, state: State
) -> None:
    """Somebody is there again."""

    def write(session: Session) -> None:
        point_id = closures.point_of(session, closure)
        point = state.catalogue.point(point_id)
        if point is None or member.city_id not in (None, point.city_id):
            raise closures.NoClosure
        closures.lift(session, closure)
        audit.record(session, member, "place.open", "service_point", point_id)

    try:
        await state.gateway.store.run(write)
    except closures.NoClosure:
        raise Problem(404, "unknown_closure") from None
    state.live.refresh()


def end_of_day(moment: datetime) -> datetime:
    """Midnight after `moment`, in China."""
    tomorrow = moment.astimezone(CHINA).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), CHINA)


def _shape(closure: Closure, point: ServicePoint) -> dict[str, Any]:
    return {
        "id": closure.id,
        "point": point.id,
        "name": point.name,
        "from": closure.starts.isoformat(timespec="seconds"),
        "until": closure.ends.isoformat(timespec="seconds"),
        "reason": closure.reason,
    }
