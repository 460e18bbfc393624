"""By which day a desk is to act: whole working days, for staff only."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import china_day
from bot.slips.deadlines import (
    Deadlines,
    deadlines,
    due_on,
    is_overdue,
)
from bot.slips.states import ENDED, LIVE, SlipState
from knowledge.workdays import working_days_after

DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
COUNTS = st.integers(1, 30)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31))  # noqa: DTZ001 (naive UTC)
LIMITS = st.builds(Deadlines, COUNTS, COUNTS)


@given(st.sampled_from(SlipState), MOMENTS, st.none() | MOMENTS, LIMITS)
def test_only_a_live_slip_is_due(
    state: SlipState, sent: datetime, said: datetime | None, limits: Deadlines
) -> None:
    due = due_on(state, sent, said, limits)
    assert (due is not None) == (state in LIVE)
    if state in ENDED:
        assert not is_overdue(due, date.max)


@given(MOMENTS, MOMENTS, LIMITS)
def test_a_word_of_the_desk_moves_the_day(
    sent: datetime, said: datetime, limits: Deadlines
) -> None:
    due = due_on(SlipState.working, sent, said, limits)
    assert due == working_days_after(china_day(said), limits.speak)
    assert due_on(SlipState.sent, sent, said, limits) == working_days_after(
        china_day(sent), limits.receive
    )


@given(DAYS)
def test_the_last_day_is_still_in_time(day: date) -> None:
    assert not is_overdue(day, day)
    assert is_overdue(day, day + timedelta(days=1))
    assert not is_overdue(None, day)


@pytest.mark.parametrize(("hour", "day"), [(15, 27), (16, 28)])
def test_the_day_is_that_of_china(hour: int, day: int) -> None:
    assert china_day(datetime(2026, 11, 27, hour, 30)) == date(2026, 11, day)  # noqa: DTZ001


def test_the_settings_are_whole_working_days() -> None:
    limits = deadlines()
    assert 1 <= limits.receive <= limits.speak <= 30
