"""今天无人: what staff enter when nobody is at a point, and take back when somebody is again."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import tables
from knowledge.china import CHINA
from knowledge.freshness import CLOSURES, count_change
from knowledge.hours import Closure


class NoSuchPoint(Exception):
    """No service point has this id."""


class NoClosure(Exception):
    """No closure with this id holds any more."""


def read_closures(session: Session) -> dict[str, tuple[Closure, ...]]:
    """The closures that are not over, by point."""
    table, now = tables.Closure, _utc(datetime.now(UTC))
    rows = session.scalars(
        select(table)
        .where(table.ends_at > now, table.lifted_at.is_(None))
        .order_by(table.starts_at, table.id)
    )
    found: dict[str, list[Closure]] = {}
    for row in rows:
        found.setdefault(row.point_id, []).append(
            Closure(row.id, row.point_id, _china(row.starts_at), _china(row.ends_at), row.reason)
        )
    return {point: tuple(closures) for point, closures in found.items()}


def close(
    session: Session,
    point_id: str,
    starts: datetime,
    ends: datetime,
    reason: str | None,
    entered_by: str,
) -> Closure:
    """Write a closure into the caller's transaction; times with their offset.

    Raises NoSuchPoint; ValueError when it ends before it begins or is over already.
    """
    if session.get(tables.ServicePoint, point_id) is None:
        raise NoSuchPoint
    now = datetime.now(UTC)
    if not starts < ends or ends <= now:
        raise ValueError
    row = tables.Closure(
        point_id=point_id,
        starts_at=_utc(starts),
        ends_at=_utc(ends),
        reason=reason,
        entered_by=entered_by,
        entered_at=_utc(now),
    )
    session.add(row)
    count_change(session, CLOSURES)
    return Closure(row.id, point_id, starts.astimezone(CHINA), ends.astimezone(CHINA), reason)


def point_of(session: Session, closure_id: int) -> str:
    """The id of the point that a closure holds. Raises NoClosure."""
    return _running(session, closure_id).point_id


def lift(session: Session, closure_id: int) -> None:
    """End a closure now. Raises NoClosure."""
    _running(session, closure_id).lifted_at = _utc(datetime.now(UTC))
    count_change(session, CLOSURES)


def _running(session: Session, closure_id: int) -> tables.Closure:
    row = session.get(tables.Closure, closure_id)
    if row is None or row.lifted_at is not None or row.ends_at <= _utc(datetime.now(UTC)):
        raise NoClosure
    return row


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _china(stored: datetime) -> datetime:
    return stored.replace(tzinfo=UTC).astimezone(CHINA)
