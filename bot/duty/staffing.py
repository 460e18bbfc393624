"""Whether somebody answers in a city just now; never whether the 12348 hotline is open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role, may
from bot.accounts.tables import Account
from bot.duty import sla
from bot.duty.held import held
from bot.duty.presence import present
from bot.duty.tables import Duty, DutyHours
from knowledge.hours import Weekly, read_weekly

CALLBACKS = 12  # call-backs of a half-day, until somebody says otherwise
NOBODY = "system"


def is_staffed(anybody_present: bool, weekly: Weekly | None, now: datetime) -> bool:
    """Somebody who serves the city is there, or its duty hours are known and say so."""
    return anybody_present or (weekly is not None and sla.on_duty(weekly, now))


def staffed(session: Session, city_id: str, now: datetime, within: timedelta) -> bool:
    """The same, of a city as the database has it."""
    weekly = weekly_of(session.get(DutyHours, city_id))
    return is_staffed(False, weekly, now) or anybody_present(session, city_id, now, within)


def anybody_present(session: Session, city_id: str, now: datetime, within: timedelta) -> bool:
    """Whether an operator of a city is on duty, with an open console."""
    query = (
        select(Account.roles)
        .join(Duty, Duty.account_id == Account.id)
        .where(present(now, within), Account.disabled_at.is_(None), serves(city_id))
    )
    return any(is_operator(roles) for roles in session.scalars(query))


def serves(city_id: str) -> ColumnElement[bool]:
    """An account's city, as a condition: its own, or all of them."""
    return or_(Account.city_id.is_(None), Account.city_id == city_id)


def is_operator(roles: list[str]) -> bool:
    """Whether tickets may be offered to an account with these roles."""
    return may(tuple(role for role in Role if role in roles), (Role.OPERATOR,))


def weekly_of(row: DutyHours | None) -> Weekly | None:
    """The duty hours of a city; None: nobody has said."""
    return read_weekly(row.weekly) if row and row.weekly else None


def hours_of(session: Session, city_id: str, now: datetime) -> DutyHours:
    """A city's row, held until the transaction ends; made when there is none."""
    return held(
        session,
        DutyHours,
        city_id,
        lambda: DutyHours(
            city_id=city_id, weekly=None, callbacks=CALLBACKS, changed_by=NOBODY, changed_at=now
        ),
    )


def set_hours(
    session: Session,
    city_id: str,
    weekly: dict[str, Any] | None,
    callbacks: int | None,
    by: str,
    now: datetime,
) -> None:
    """What a supervisor says; `callbacks` None leaves the number as it is."""
    row = hours_of(session, city_id, now)
    row.weekly = weekly
    row.callbacks = row.callbacks if callbacks is None else callbacks
    row.changed_by, row.changed_at = by, now
