"""Days of China as moments of the database."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.clock import china_day
from bot.reports.period import LONGEST_DAYS, BadPeriod, Period, midnight, read_period

DAYS = st.dates(date(2000, 1, 2), date(2099, 12, 30))
TODAY = date(2026, 11, 27)


@settings(deadline=None)
@given(DAYS, st.integers(0, LONGEST_DAYS - 1))
def test_a_period_holds_every_moment_of_its_days_and_no_other(first: date, more: int) -> None:
    period = Period(first, first + timedelta(days=more))
    tick = timedelta.resolution
    assert china_day(period.since) == period.first
    assert china_day(period.since - tick) == period.first - timedelta(days=1)
    assert china_day(period.until - tick) == period.last
    assert china_day(period.until) == period.last + timedelta(days=1)
    assert len(period.days()) == more + 1
    assert (period.days()[0], period.days()[-1]) == (period.first, period.last)


@settings(deadline=None)
@given(DAYS, DAYS)
def test_what_is_written_is_read(first: date, last: date) -> None:
    if 0 <= (last - first).days < LONGEST_DAYS:
        assert read_period(f" {first} ", str(last), TODAY) == Period(first, last)
        return
    with pytest.raises(BadPeriod) as raised:
        read_period(f" {first} ", str(last), TODAY)
    assert raised.value.reason == ("order" if first > last else "long")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_anything_else_is_refused_not_broken(text: str) -> None:
    assume(text.strip() and not text.strip().isascii())
    with pytest.raises(BadPeriod) as raised:
        read_period(text, "", TODAY)
    assert raised.value.reason == "day"


def test_nothing_written_is_the_month_until_today() -> None:
    assert read_period("", "", TODAY) == Period(date(2026, 11, 1), TODAY)
    assert read_period("", "2026-02-10", TODAY) == Period(date(2026, 2, 1), date(2026, 2, 10))


def test_midnight_in_china_is_four_in_the_afternoon_in_london() -> None:
    assert midnight(TODAY) == datetime.fromisoformat("2026-11-26T16:00")


@pytest.mark.parametrize("text", ["2026-11-31", "0001-01-01", "9999-12-31", "昨天"])
def test_no_day_is_said(text: str) -> None:
    with pytest.raises(BadPeriod) as raised:
        read_period(text, "", TODAY)
    assert raised.value.reason == "day"
