"""What can become of a follow-up, whatever is tried with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.follow_ups.states import TRANSITIONS, Move, State, WrongMove, moved


@given(st.lists(st.sampled_from(Move)))
def test_nothing_is_closed_but_by_closing_it(moves: list[Move]) -> None:
    state = State.open
    for move in moves:
        before = state
        try:
            state = moved(state, move)
        except WrongMove:
            assert (before, move) not in TRANSITIONS
            continue
        assert (state is State.closed) == (move is Move.close)
        assert (state is State.answered) == (move is Move.answer)


@given(st.sampled_from(State))
def test_from_every_state_there_is_a_way_to_be_closed_and_a_way_back(state: State) -> None:
    onward = {after for (before, _), after in TRANSITIONS.items() if before is state}
    assert onward
    if state is not State.closed:
        assert State.closed in onward
    if state is not State.open:
        assert State.open in onward


def test_a_result_is_written_once_and_closed_once() -> None:
    for state, move in ((State.answered, Move.answer), (State.closed, Move.close)):
        with pytest.raises(WrongMove):
            moved(state, move)
