"""今天无人 of those who keep places: which closures they see, writing one down, taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.state import AppState
from knowledge import closures, tables
from knowledge.catalogue import Catalogue, ServicePoint
from knowledge.china import CHINA
from knowledge.hours import Closure
from knowledge.text import storable

LARGEST_ID = 2**31 - 1  # what the column holds
LONGEST_REASON = 40
# the point's own desk, the hotline that hears of it, the clerk who keeps the places
KEEPERS = (Role.DESK, Role.OPERATOR, Role.EDITOR)


class NotTheirs(Exception):
    """No such point, or it lies in another city than the member's."""


class AlreadyOver(Exception):
    """The closure ends before it begins, or has ended, or is of no day that can be kept."""


def running(catalogue: Catalogue, city_id: str | None) -> list[tuple[Closure, ServicePoint]]:
    """The closures that are not over, of a city or of all, each with its point."""
    return [
        (closure, point)
        for point_id, entered in catalogue.closures.items()
        for closure in entered
        if (point := catalogue.point(point_id)) and city_id in (None, point.city_id)
    ]


def entered_by(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Who wrote each closure down."""
    table = tables.Closure
    rows = session.execute(select(table.id, table.entered_by).where(table.id.in_(list(ids))))
    return {row.id: row.entered_by for row in rows}


async def close(
    state: AppState,
    member: StaffMember,
    point_id: str,
    starts: datetime | None,
    ends: datetime | None,
    reason: str | None,
) -> tuple[Closure, ServicePoint]:
    """Nobody is there: every process says so within a second.

    Without `starts` from now on, without `ends` for the rest of that day. Raises NotTheirs,
    AlreadyOver.
    """
    point = state.catalogue.point(point_id)
    if point is None or member.city_id not in (None, point.city_id):
        raise NotTheirs
    why = storable(reason) if reason else None

    def write(session: Session) -> Closure:
        begins = starts or datetime.now(CHINA)
        until = ends or end_of_day(begins)
        closure = closures.close(session, point.id, begins, until, why, member.username)
        detail = {"until": until.isoformat(), "reason": why}
        audit.record(session, member, "place.close", "service_point", point.id, detail)
        return closure

    try:
        closure = await state.gateway.store.run(write)
    except (ValueError, OverflowError):
        raise AlreadyOver from None
    except closures.NoSuchPoint:
        raise NotTheirs from None
    state.live.refresh()
    return closure, point


async def lift(state: AppState, member: StaffMember, closure_id: int) -> None:
    """Somebody is there again. Raises closures.NoClosure."""

    def write(session: Session) -> None:
        point_id = closures.point_of(session, closure_id)
        point = state.catalogue.point(point_id)
        if point is None or member.city_id not in (None, point.city_id):
            raise closures.NoClosure
        closures.lift(session, closure_id)
        audit.record(session, member, "place.open", "service_point", point_id)

    await state.gateway.store.run(write)
    state.live.refresh()


def end_of_day(moment: datetime) -> datetime:
    """Midnight after `moment`, in China."""
    tomorrow = moment.astimezone(CHINA).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), CHINA)
