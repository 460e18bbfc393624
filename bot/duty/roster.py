"""The operators of a city as colleagues and supervisors see them, and what each is given to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.tables import Account
from bot.duty import presence
from bot.duty.offers import talking
from bot.duty.presence import AT_ONCE, Presence, is_present
from bot.duty.staffing import is_operator, serves
from bot.duty.tables import Duty


@dataclass(frozen=True)
class OnRoster:
    """One operator: what they said, whether their console is heard of, how much they have."""

    account_id: str
    username: str
    name: str
    city_id: str | None
    state: Presence
    present: bool
    talking: int
    at_once: int
    skills: tuple[str, ...]
    regions: tuple[str, ...]


class NoColleague(Exception):
    """Nobody with this user name answers residents here, or another city's supervisor decides."""


def roster(
    session: Session, city_id: str | None, now: datetime, within: timedelta
) -> list[OnRoster]:
    """Everybody who may answer residents of a city (None: of any), by name."""
    query = (
        select(Account, Duty)
        .outerjoin(Duty, Duty.account_id == Account.id)
        .where(Account.disabled_at.is_(None))
        .order_by(Account.name, Account.username)
    )
    if city_id is not None:
        query = query.where(serves(city_id))
    rows = [row for row in session.execute(query) if is_operator(row[0].roles)]
    busy = talking(session, [account.id for account, _ in rows])
    return [_on_roster(account, duty, busy[account.id], now, within) for account, duty in rows]


def give(
    session: Session,
    username: str,
    keeper_city: str | None,
    skills: Sequence[str],
    regions: Sequence[str],
    at_once: int,
    now: datetime,
) -> Account:
    """What an operator is offered. Raises NoColleague.

    Who serves every city is given work only by a supervisor of every city.
    """
    account = session.scalar(
        select(Account).where(Account.username == username, Account.disabled_at.is_(None))
    )
    if account is None or not is_operator(account.roles):
        raise NoColleague(username)
    if keeper_city is not None and account.city_id != keeper_city:
        raise NoColleague(username)
    row = presence.of(session, account.id, now)
    row.skills, row.regions = sorted(set(skills)), sorted(set(regions))
    row.at_once = at_once
    return account


def _on_roster(
    account: Account, duty: Duty | None, busy: int, now: datetime, within: timedelta
) -> OnRoster:
    return OnRoster(
        account.id,
        account.username,
        account.name,
        account.city_id,
        Presence(duty.state) if duty else Presence.off,
        duty is not None and is_present(duty, now, within),
        busy,
        duty.at_once if duty else AT_ONCE,
        tuple(duty.skills) if duty else (),
        tuple(duty.regions) if duty else (),
    )
