"""Working days of China: as announced, and unknown after the last announcement."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge import workdays
from knowledge.workdays import (
    Day,
    announced_until,
    day_kind,
    holiday_name,
    next_working_day,
    read_year,
    working_days_after,
)

AHEAD = st.dates(date(2024, 1, 1), date(2030, 12, 31))
COUNTS = st.integers(1, 30)


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        (date(2026, 11, 26), Day.working, None),  # a Thursday
        (date(2026, 11, 28), Day.weekend, None),
        (date(2026, 10, 1), Day.holiday, "国庆节"),
        (date(2026, 10, 10), Day.made_up, None),
        (date(2026, 2, 17), Day.holiday, "春节"),
        (date(2026, 2, 14), Day.made_up, None),
        (date(2026, 1, 4), Day.made_up, None),
        (date(2026, 6, 19), Day.holiday, "端午"),
    ],
)
def test_days_of_2026(day: date, kind: Day, name: str | None) -> None:
    assert day_kind(day) is kind
    assert holiday_name(day) == name


def test_a_year_that_is_not_announced_is_unknown() -> None:
    after = announced_until() + timedelta(days=1)
    assert day_kind(announced_until()) is not Day.unknown
    assert {day_kind(after + timedelta(days=n)) for n in range(365)} == {Day.unknown}
    assert Day.unknown.off is None
    assert holiday_name(after) is None


def test_an_announcement_that_staff_write_down_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    item = yaml.safe_load(
        """
        source: 国办发明电
        rest: {元旦: [2099-01-01, 2099-01-03], 单独一天: [2099-05-01]}
        worked: [2099-01-10]
        """
    )
    monkeypatch.setattr(workdays, "announced", lambda: {2099: read_year(item)})
    assert day_kind(date(2099, 1, 2)) is Day.holiday
    assert holiday_name(date(2099, 1, 2)) == "元旦"
    assert holiday_name(date(2099, 5, 1)) == "单独一天"
    assert day_kind(date(2099, 1, 10)) is Day.made_up
    assert day_kind(date(2099, 1, 4)) is Day.weekend  # a Sunday
    assert day_kind(date(2099, 1, 5)) is Day.working
    assert announced_until() == date(2099, 12, 31)


@given(day=st.dates(date(2004, 1, 1), date(2026, 12, 31)))
def test_the_next_working_day_is_worked_and_none_is_skipped(day: date) -> None:
    then = next_working_day(day)
    assert then >= day
    assert not day_kind(then).off
    assert all(day_kind(day + timedelta(days=n)).off for n in range((then - day).days))


def worked_between(start: date, end: date) -> int:
    """Days after `start`, up to and with `end`, that are not off."""
    days = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    return sum(
        day.weekday() < 5 if day_kind(day) is Day.unknown else not day_kind(day).off for day in days
    )


@given(AHEAD, COUNTS)
def test_so_many_working_days_lie_in_between(day: date, days: int) -> None:
    due = working_days_after(day, days)
    assert worked_between(day, due) == days
    assert worked_between(due - timedelta(days=1), due) == 1  # the last day is one of them


@given(AHEAD, AHEAD, COUNTS)
def test_who_begins_later_is_not_due_earlier(one: date, other: date, days: int) -> None:
    first, second = sorted((one, other))
    assert working_days_after(first, days) <= working_days_after(second, days)


@given(AHEAD, COUNTS)
def test_one_working_day_more_is_later(day: date, days: int) -> None:
    assert working_days_after(day, days) < working_days_after(day, days + 1)


def test_the_national_holiday_and_the_sunday_that_is_worked_for_it() -> None:
    # 2025: off from 1 to 8 October, and 28 September and 11 October are worked
    assert working_days_after(date(2025, 9, 26), 1) == date(2025, 9, 28)
    assert working_days_after(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert working_days_after(date(2025, 9, 30), 3) == date(2025, 10, 11)


def test_a_year_that_is_not_announced_has_its_weekends() -> None:
    saturday = announced_until() + timedelta(days=1)
    while saturday.weekday() != 5:
        saturday += timedelta(days=1)
    assert working_days_after(saturday - timedelta(days=1), 1) == saturday + timedelta(days=2)
