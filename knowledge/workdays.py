"""Working days of China: weekends, public holidays, and the days that are worked in exchange.

The State Council announces the days of a year late in the year before. Most come from the package
chinesecalendar; a year that it does not hold yet is written into data/workdays.yml on the day of
its announcement. After the last announced year nothing is guessed: such a day is `unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import chinese_calendar
import yaml

from knowledge.content_files import DATA

SATURDAY = 5


class Day(StrEnum):
    """What kind of day it is."""

    working = "working"
    made_up = "made_up"  # a weekend day that is worked in exchange for a holiday
    weekend = "weekend"
    holiday = "holiday"
    unknown = "unknown"  # the days of its year are not announced

    @property
    def off(self) -> bool | None:
        """Whether nobody works; None when that is not known."""
        return None if self is Day.unknown else self in (Day.weekend, Day.holiday)


@dataclass(frozen=True)
class Year:
    """The announced days of one year: `off` with the holiday's name, `worked` weekend days."""

    off: dict[date, str]
    worked: frozenset[date]
    source: str


@cache
def announced() -> dict[int, Year]:
    """The years of data/workdays.yml, which come before the package's. Read once a process."""
    content = yaml.safe_load((DATA / "workdays.yml").read_text(encoding="utf-8"))
    return {int(year): read_year(item) for year, item in (content["years"] or {}).items()}


def read_year(item: dict[str, Any]) -> Year:
    """`rest`: name → [first, last] or single days; `worked`: days. Raises KeyError, ValueError."""
    off: dict[date, str] = {}
    for name, (first, *last) in item["rest"].items():
        day, end = first, last[0] if last else first
        while day <= end:
            off[day] = name
            day += timedelta(days=1)
    return Year(off, frozenset(item["worked"]), item["source"])


def day_kind(day: date) -> Day:
    """Working, made up, weekend, holiday, or not announced."""
    year = announced().get(day.year)
    if year:
        if day in year.off:
            return Day.holiday
        if day in year.worked:
            return Day.made_up
        return Day.weekend if day.weekday() >= SATURDAY else Day.working
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return Day.unknown
    weekend = day.weekday() >= SATURDAY
    if off:
        return Day.holiday if name else Day.weekend
    return Day.made_up if weekend else Day.working


def holiday_name(day: date) -> str | None:
    """国庆节, 春节 … on a day off of that holiday."""
    if day_kind(day) is not Day.holiday:
        return None
    year = announced().get(day.year)
    if year:
        return year.off[day]
    _, name = chinese_calendar.get_holiday_detail(day)
    return str(chinese_calendar.Holiday(name).chinese)


def announced_until() -> date:
    """The last day that is known to be working or not."""
    last = max((*announced(), max(chinese_calendar.holidays).year))
    return date(last, 12, 31)


def next_working_day(day: date) -> date:
    """`day` itself when it is worked or not announced, else the first day after that is worked."""
    while day_kind(day).off:
        day += timedelta(days=1)
    return day


def working_days_after(day: date, count: int) -> date:
    """The last of so many working days after `day`, which itself does not count.

    Where the days of a year are not announced, only its weekends are off: the earlier day is the
    safer one.
    """
    for _ in range(count):
        day += timedelta(days=1)
        while not _counted(day):
            day += timedelta(days=1)
    return day


def _counted(day: date) -> bool:
    off = day_kind(day).off
    return day.weekday() < SATURDAY if off is None else not off
