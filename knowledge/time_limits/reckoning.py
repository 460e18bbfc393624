"""From the day something happened to the last day of a limit: pure arithmetic of the law.

The day itself is not counted (民法典第二百零一条); months and years end on the day of the same
number, else on the month's last (第二百零二条); a last day off moves to the day after the holiday
(第二百零三条; 民事诉讼法第八十五条 for courts, to which 行政复议法第八十八条 refers).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from knowledge.workdays import Day, day_kind, next_working_day, working_days_after

MONTHS_A_YEAR = 12


class Unit(StrEnum):
    """How a limit is counted; `working_days` only where the law says so."""

    days = "days"
    working_days = "working_days"
    months = "months"
    years = "years"


@dataclass(frozen=True)
class Length:
    """How long a limit is."""

    amount: int
    unit: Unit


@dataclass(frozen=True)
class LastDay:
    """The last day of a limit: by the calendar, and after a day off has moved it.

    `announced` is false where the holidays of that year are not known yet: nothing is moved then,
    and the real last day can only be later.
    """

    plain: date
    day: date
    announced: bool


def last_day(start: date, length: Length) -> LastDay:
    """The last day of a limit that runs from `start`, which itself is not counted.

    Raises OverflowError: beyond the calendar.
    """
    if length.unit is Unit.working_days:
        return _after_working_days(start, length.amount)
    plain = _plain(start, length)
    if day_kind(plain) is Day.unknown:
        return LastDay(plain, plain, announced=False)
    moved = next_working_day(plain)
    return LastDay(plain, moved, announced=day_kind(moved) is not Day.unknown)


def _plain(start: date, length: Length) -> date:
    if length.unit is Unit.days:
        return start + timedelta(days=length.amount)
    months = length.amount * (MONTHS_A_YEAR if length.unit is Unit.years else 1)
    year, month = divmod(start.year * MONTHS_A_YEAR + start.month - 1 + months, MONTHS_A_YEAR)
    if year > date.max.year:
        raise OverflowError
    in_month = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, in_month))


def _after_working_days(start: date, amount: int) -> LastDay:
    last = working_days_after(start, amount)
    counted = (start + timedelta(days=day + 1) for day in range((last - start).days))
    return LastDay(last, last, all(day_kind(day) is not Day.unknown for day in counted))
