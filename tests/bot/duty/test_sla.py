"""The clocks of the console: duty time is added up right, and its end is found."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.duty.sla import (
    Clocks,
    Standing,
    clocks,
    due,
    elapsed,
    on_duty,
    standing,
)
from knowledge.china import CHINA
from knowledge.hours import Span, Weekly, read_weekly

OFFICE = read_weekly(
    {
        "weekly": [
            {"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "12:00"},
            {"days": [1, 2, 3, 4, 5], "from": "14:00", "to": "17:00"},
        ],
        "holidays": "closed",
    }
)
ROUND_THE_CLOCK = read_weekly(
    {
        "weekly": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "23:59"}],
        "holidays": "open",
    }
)
NOBODY_EVER = Weekly((), None)
HOUR = timedelta(hours=1)
TICK = timedelta.resolution


def at(text: str) -> datetime:
    """A moment on China's clock, as it is stored."""
    here = datetime.fromisoformat(text).replace(tzinfo=CHINA)
    return here.astimezone(UTC).replace(tzinfo=None)


@st.composite
def weeklies(draw: st.DrawFn) -> Weekly:
    """Hours of a week; spans may overlap, as people write them."""
    spans = []
    for _ in range(draw(st.integers(1, 4))):
        opens, shuts = sorted(draw(st.sets(st.integers(0, 24 * 60 - 1), min_size=2, max_size=2)))
        days = draw(st.sets(st.integers(1, 7), min_size=1))
        spans.append(Span(frozenset(days), time(*divmod(opens, 60)), time(*divmod(shuts, 60))))
    return Weekly(tuple(spans), draw(st.sampled_from([True, False, None])))


# over the holidays of two years, and into one that nobody has announced
MOMENTS = st.datetimes(at("2025-12-20"), at("2027-01-20"))
ALLOWANCES = st.timedeltas(timedelta(0), timedelta(hours=30))
HOURS = st.none() | weeklies()


@settings(deadline=None)
@given(HOURS, st.tuples(MOMENTS, MOMENTS, MOMENTS))
def test_duty_time_adds_up(weekly: Weekly | None, moments: tuple[datetime, ...]) -> None:
    first, then, last = sorted(moments)
    assert elapsed(first, last, weekly) == (
        elapsed(first, then, weekly) + elapsed(then, last, weekly)
    )


@settings(deadline=None)
@given(HOURS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=20)))
def test_it_never_runs_backwards_nor_faster_than_time(
    weekly: Weekly | None, start: datetime, span: timedelta
) -> None:
    passed = elapsed(start, start + span, weekly)
    assert timedelta(0) <= passed <= span
    assert passed <= elapsed(start, start + span + HOUR, weekly)
    assert elapsed(start + span, start, weekly) == timedelta(0)


@settings(deadline=None)
@given(weeklies(), MOMENTS, ALLOWANCES)
def test_what_is_due_has_elapsed_and_not_a_tick_before(
    weekly: Weekly, start: datetime, allowance: timedelta
) -> None:
    end = due(start, allowance, weekly)
    if end is None:  # no hour of duty for months: closed on every day that is left
        assert elapsed(start, start + timedelta(days=50), weekly) < allowance
        return
    assert elapsed(start, end, weekly) == allowance
    if allowance:
        assert elapsed(start, end - TICK, weekly) < allowance


@settings(deadline=None)
@given(weeklies(), MOMENTS, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_due_leads_back_to_the_last_moment_of_duty(
    weekly: Weekly, start: datetime, span: timedelta
) -> None:
    passed = elapsed(start, start + span, weekly)
    back = due(start, passed, weekly)
    assert back is not None
    assert back <= start + span
    assert elapsed(back, start + span, weekly) == timedelta(0)


@settings(deadline=None)
@given(MOMENTS, ALLOWANCES)
def test_without_hours_every_second_counts(start: datetime, allowance: timedelta) -> None:
    assert due(start, allowance, None) == start + allowance
    assert elapsed(start, start + allowance, None) == allowance
    assert on_duty(None, start)


@settings(deadline=None)
@given(MOMENTS, ALLOWANCES)
def test_round_the_clock_is_every_second_too(start: datetime, allowance: timedelta) -> None:
    """China's clock is never put forward or back; 23:59 is no minute's rest."""
    assert elapsed(start, start + allowance, ROUND_THE_CLOCK) == allowance
    assert due(start, allowance, ROUND_THE_CLOCK) == start + allowance


@settings(deadline=None)
@given(weeklies(), MOMENTS)
def test_the_clocks_run_in_duty_hours_only(weekly: Weekly, moment: datetime) -> None:
    here = moment + timedelta(hours=8)
    if not any(span.opens <= here.time() <= span.closes for span in weekly.spans):
        # at no minute of any day: whatever the calendar says of today
        minute = moment.replace(second=0, microsecond=0)
        late = any(span.closes >= time(23, 59) for span in weekly.spans)
        if here.time() < time(23, 59) or not late:
            assert elapsed(minute, moment, weekly) == timedelta(0)
            assert not on_duty(weekly, moment)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-26 09:00", "2026-11-26 17:00", 6),
        ("2026-11-26 08:00", "2026-11-26 09:00", 0),
        ("2026-11-26 11:00", "2026-11-26 15:00", 2),  # over noon
        ("2026-11-27 16:00", "2026-11-30 10:00", 2),  # over a weekend
        ("2026-09-30 16:00", "2026-10-08 10:00", 2),  # over National Day
        ("2026-10-10 09:00", "2026-10-10 17:00", 6),  # a Saturday that is worked in exchange
        ("2026-10-01 09:00", "2026-10-01 17:00", 0),  # a Thursday that is a holiday
        ("2027-01-05 09:00", "2027-01-05 17:00", 6),  # not announced: as its weekday
        ("2027-01-09 09:00", "2027-01-09 17:00", 0),
    ],
)
def test_holidays_and_made_up_days(start: str, end: str, hours: int) -> None:
    assert elapsed(at(start), at(end), OFFICE) == hours * HOUR


def test_when_a_wait_over_the_weekend_is_too_long() -> None:
    assert due(at("2026-11-27 16:30"), HOUR, OFFICE) == at("2026-11-30 09:30")


def test_where_nobody_is_ever_on_duty_nothing_is_due() -> None:
    start = at("2026-11-26 09:00")
    assert due(start, HOUR, NOBODY_EVER) is None
    assert due(start, timedelta(0), NOBODY_EVER) == start
    assert standing(True, start, start + 1000 * HOUR, NOBODY_EVER) is Standing.ok


@settings(deadline=None)
@given(HOURS, st.booleans(), MOMENTS, st.timedeltas(timedelta(0), timedelta(days=4)))
def test_standing_is_what_the_clocks_say(
    weekly: Weekly | None, urgent: bool, since: datetime, span: timedelta
) -> None:
    now = since + span
    allowance = clocks().of(urgent)
    broken, soon = (due(since, one, weekly) for one in (allowance.broken, allowance.soon))
    found = standing(urgent, since, now, weekly)
    assert (found is Standing.broken) == (broken is not None and now >= broken)
    assert (found is Standing.ok) == (soon is None or now < soon)


def test_the_urgent_are_late_sooner() -> None:
    found: Clocks = clocks()
    assert found.urgent.soon < found.normal.soon
    assert found.urgent.broken < found.normal.broken
    assert found.first_reply == timedelta(seconds=30)
