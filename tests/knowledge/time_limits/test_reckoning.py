"""The last day of a limit: the law's arithmetic, over all dates and holidays."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.time_limits.reckoning import Length, Unit, last_day
from knowledge.workdays import Day, day_kind

KNOWN = st.dates(date(2005, 1, 1), date(2025, 12, 31))
LENGTHS = st.builds(Length, st.integers(1, 36), st.sampled_from(Unit))


@pytest.mark.parametrize(
    ("start", "length", "plain", "day"),
    [
        # 60 days from the receipt of a decision, the day itself not counted
        (date(2026, 9, 15), Length(60, Unit.days), date(2026, 11, 14), date(2026, 11, 16)),
        # into the National Day, which ends on the 7th
        (date(2026, 9, 18), Length(15, Unit.days), date(2026, 10, 3), date(2026, 10, 8)),
        # a Saturday that is worked does not move it
        (date(2026, 9, 25), Length(15, Unit.days), date(2026, 10, 10), date(2026, 10, 10)),
        # no 31 February: the month's last day
        (date(2026, 1, 31), Length(1, Unit.months), date(2026, 2, 28), date(2026, 2, 28)),
        (date(2024, 2, 29), Length(1, Unit.years), date(2025, 2, 28), date(2025, 2, 28)),
        (date(2026, 9, 28), Length(5, Unit.working_days), date(2026, 10, 10), date(2026, 10, 10)),
        # the next year is not announced: nothing is moved
        (date(2026, 12, 1), Length(60, Unit.days), date(2027, 1, 30), date(2027, 1, 30)),
    ],
)
def test_examples(start: date, length: Length, plain: date, day: date) -> None:
    last = last_day(start, length)
    assert (last.plain, last.day) == (plain, day)
    assert last.announced is (day.year <= 2026)


@given(start=KNOWN, length=LENGTHS)
def test_the_last_day_is_worked_and_moved_only_over_days_off(start: date, length: Length) -> None:
    last = last_day(start, length)
    assert last.day >= last.plain > start
    if not last.announced:
        assert last.day == last.plain or day_kind(last.plain) is not Day.unknown
        return
    assert not day_kind(last.day).off
    between = (last.plain + timedelta(days=n) for n in range((last.day - last.plain).days))
    assert all(day_kind(day).off for day in between)


@given(start=KNOWN, amount=st.integers(1, 400))
def test_days_are_counted_from_the_day_after(start: date, amount: int) -> None:
    assert last_day(start, Length(amount, Unit.days)).plain == start + timedelta(days=amount)


@given(start=KNOWN, amount=st.integers(1, 36))
def test_months_end_on_the_same_number_or_the_last_of_the_month(start: date, amount: int) -> None:
    plain = last_day(start, Length(amount, Unit.months)).plain
    assert (plain.year - start.year) * 12 + plain.month - start.month == amount
    assert plain.day == min(start.day, calendar.monthrange(plain.year, plain.month)[1])


@given(start=KNOWN, amount=st.integers(1, 5))
def test_a_year_is_twelve_months(start: date, amount: int) -> None:
    assert last_day(start, Length(amount, Unit.years)) == last_day(
        start, Length(12 * amount, Unit.months)
    )


@given(start=KNOWN, amount=st.integers(1, 10))
def test_working_days_are_worked_days(start: date, amount: int) -> None:
    last = last_day(start, Length(amount, Unit.working_days))
    days = (start + timedelta(days=n) for n in range(1, (last.day - start).days + 1))
    assert sum(not day_kind(day).off for day in days) == amount


@given(start=KNOWN, later=st.integers(1, 60), length=LENGTHS)
def test_who_starts_later_never_ends_earlier(start: date, later: int, length: Length) -> None:
    assert last_day(start + timedelta(days=later), length).day >= last_day(start, length).day


def test_beyond_the_calendar_is_an_error() -> None:
    with pytest.raises(OverflowError):
        last_day(date(9999, 6, 1), Length(1, Unit.years))
