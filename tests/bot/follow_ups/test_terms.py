"""Deadlines in China's working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.follow_ups.states import Kind, State
from bot.follow_ups.terms import Standing, clock, working_days

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


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
