"""From one day to another, both counted, on China's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from knowledge.china import CHINA

LONGEST_DAYS = 366
DAY = timedelta(days=1)
_OFFSET = CHINA.utcoffset(None)
# naive times of a database stand beside it: far from either end of what a date can be
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


class BadPeriod(Exception):
    """`reason` is a key of the page's errors: day, order, long."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


@dataclass(frozen=True)
class Period:
    """`first` to `last`."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The first moment (naive UTC)."""
        return midnight(self.first)

    @property
    def until(self) -> datetime:
        """The first moment that is no longer in it (naive UTC)."""
        return midnight(self.last + DAY)

    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]


def midnight(day: date) -> datetime:
    """The first moment of a day in China, as naive UTC."""
    return datetime.combine(day, time()) - _OFFSET


def read_period(first: str, last: str, today: date) -> Period:
    """From a form; empty: the month up to today. Raises BadPeriod."""
    end = _day(last) if last.strip() else today
    begin = _day(first) if first.strip() else min(end, today).replace(day=1)
    if begin > end:
        raise BadPeriod("order")
    if (end - begin).days >= LONGEST_DAYS:
        raise BadPeriod("long", most=LONGEST_DAYS)
    return Period(begin, end)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise BadPeriod("day", value=text.strip()[:20]) from None
    if not _FIRST <= found <= _LAST:
        raise BadPeriod("day", value=text.strip()[:20])
    return found
