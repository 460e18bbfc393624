"""Deadlines in China's working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.follow_ups.states import Kind, State
from bot.follow_ups.terms import Standing, clock, due_on, working_days
from knowledge.workdays import Day, announced_until, day_kind

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
TERMS = st.integers(1, 30)


def worked_between(start: date, end: date) -> int:
    """Days after `start`, up to and with `end`, that are not off."""
    days = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    return sum(
        day.weekday() < 5 if day_kind(day) is Day.unknown else not day_kind(day).off for day in days
    )


@given(DAYS, TERMS)
def test_so_many_working_days_lie_in_between(day: date, days: int) -> None:
    due = due_on(day, days)
    assert worked_between(day, due) == days
    assert worked_between(due - timedelta(days=1), due) == 1  # the last day is one of them


@given(DAYS, DAYS, TERMS)
def test_who_begins_later_is_not_due_earlier(one: date, other: date, days: int) -> None:
    first, second = sorted((one, other))
    assert due_on(first, days) <= due_on(second, days)


@given(DAYS, TERMS)
def test_one_day_more_is_later(day: date, days: int) -> None:
    assert due_on(day, days) < due_on(day, days + 1)


def test_the_national_holiday_and_the_sunday_that_is_worked_for_it() -> None:
    # 2025: off from 1 to 8 October, and 28 September and 11 October are worked
    assert due_on(date(2025, 9, 26), 1) == date(2025, 9, 28)
    assert due_on(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert due_on(date(2025, 9, 30), 3) == date(2025, 10, 11)


def test_a_year_that_is_not_announced_has_its_weekends() -> None:
    saturday = announced_until() + timedelta(days=1)
    while saturday.weekday() != 5:
        saturday += timedelta(days=1)
    assert due_on(saturday - timedelta(days=1), 1) == saturday + timedelta(days=2)


@given(st.sampled_from(State), DAYS, DAYS)
def test_a_clock_says_how_far_it_is(state: State, due: date, today: date) -> None:
    found = clock(state, due, today)
    assert found.days >= 0
    if state is State.closed:
        assert found.standing is Standing.settled
    elif found.standing is Standing.overdue:
        assert today - timedelta(days=found.days) == due < today
    else:
        assert today + timedelta(days=found.days) == due
        assert (found.standing is Standing.today) == (due == today)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_days(kind: Kind) -> None:
    assert 1 <= working_days(kind) <= 60
