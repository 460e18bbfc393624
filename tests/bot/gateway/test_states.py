"""States and their moves: nothing leads nowhere, nothing happens that is not in the table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.states import TRANSITIONS, Cause, State, WrongMove, moved


def test_every_state_can_be_reached_and_left() -> None:
    reached = {State.bot}
    for _ in State:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}
    assert reached == set(State)
    assert {before for before, _ in TRANSITIONS} == set(State)


def test_every_cause_moves_something() -> None:
    assert {cause for _, cause in TRANSITIONS} == set(Cause)


@given(st.sampled_from(State), st.sampled_from(Cause))
def test_what_is_not_in_the_table_cannot_happen(state: State, cause: Cause) -> None:
    if (state, cause) in TRANSITIONS:
        assert moved(state, cause) is TRANSITIONS[state, cause]
    else:
        with pytest.raises(WrongMove):
            moved(state, cause)


@given(st.lists(st.sampled_from(Cause), max_size=30))
def test_only_a_person_s_own_deed_gives_them_a_conversation(causes: list[Cause]) -> None:
    state = State.bot
    for cause in causes:
        before = state
        try:
            state = moved(state, cause)
        except WrongMove:
            continue
        if state is State.operator and before is not State.operator:
            assert cause in (Cause.claimed, Cause.reassigned)
        if state is State.waiting:
            assert cause in (Cause.asked_for_person, Cause.transferred)
