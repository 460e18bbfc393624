"""Shares with their n, over rows: pure. What each means is in content/figures.yml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.duty import sla
from bot.reports.rows import TicketRow
from bot.reports.tables import CallFigures
from knowledge.hours import Weekly


@dataclass(frozen=True)
class Share:
    """`part` of `n`."""

    part: int
    n: int

    @property
    def value(self) -> float | None:
        """0 to 1; None: there is nothing to divide."""
        return self.part / self.n if self.n else None


Hours = Mapping[str, Weekly | None]


def in_time(row: TicketRow, hours: Hours, now: datetime) -> bool | None:
    """Whether a person's first answer came in time; None: it does not count here.

    It counts when the resident writes to us, waited in duty hours, and either was answered or has
    waited longer than the allowance.
    """
    weekly = hours.get(row.city_id)
    if not row.chat or row.queued_at is None or not sla.on_duty(weekly, row.queued_at):
        return None
    allowance = sla.clocks().first_reply
    if row.first_reply_at is not None:
        return sla.elapsed(row.queued_at, row.first_reply_at, weekly) <= allowance
    waited = sla.elapsed(row.queued_at, row.closed_at or now, weekly)
    return False if waited > allowance else None


def first_reply(rows: Iterable[TicketRow], hours: Hours, now: datetime) -> Share:
    """A person's first answer in time, of those who waited for one in duty hours."""
    counted = Counter(in_time(row, hours, now) for row in rows)
    return Share(counted[True], counted[True] + counted[False])


def connected(rows: Iterable[TicketRow]) -> Share:
    """接通率 of our chats: taken by a person, of those who stood in line."""
    queued = [row for row in rows if row.chat and row.queued_at is not None]
    return Share(sum(_taken(row) for row in queued), len(queued))


def _taken(row: TicketRow) -> bool:
    assert row.queued_at is not None
    answered = (row.taken_at, row.first_reply_at)
    return any(moment is not None and moment >= row.queued_at for moment in answered)


def connected_by_phone(calls: Iterable[CallFigures]) -> Share:
    """接通率 of the telephone: answered of offered."""
    days = list(calls)
    return Share(sum(day.answered for day in days), sum(day.offered for day in days))


def within_30_by_phone(calls: Iterable[CallFigures]) -> Share:
    """Answered within thirty seconds of offered, on the days that say it."""
    told = [(day.within_30, day.offered) for day in calls if day.within_30 is not None]
    return Share(sum(part for part, _ in told), sum(offered for _, offered in told))
