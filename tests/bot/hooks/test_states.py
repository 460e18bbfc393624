"""What an answer means, and when the next try is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hooks.states import LONGEST_PAUSE, Settled, pause, settled_by, waits


@given(st.integers(100, 599))
def test_every_status_means_one_thing(status: int) -> None:
    expected = None
    if status // 100 == 2:
        expected = Settled.taken
    elif status // 100 == 4 and status not in (408, 429):
        expected = Settled.refused
    assert settled_by(status) is expected


@given(st.integers(1, 10_000), st.none() | st.floats(0, 1e9))
def test_a_pause_is_bounded_and_never_nothing(attempts: int, asked: float | None) -> None:
    assert 7.5 <= pause(attempts, asked) <= LONGEST_PAUSE


@given(st.integers(1, 8))
def test_pauses_grow_and_are_not_all_the_same(attempts: int) -> None:
    assert pause(attempts + 1) > pause(attempts) or pause(attempts + 1) == LONGEST_PAUSE
    assert len({pause(attempts) for _ in range(20)}) > 1


@given(st.integers(60, 3600))
def test_what_the_other_side_asks_for_is_kept(seconds: int) -> None:
    assert pause(1, float(seconds)) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120.0), (" 5 ", 5.0), (None, None), ("", None), ("-5", None), ("1.5", None),
     ("Fri, 27 Nov 2026 10:00:00 GMT", None), ("x", None)],
)  # fmt: skip
def test_what_a_retry_after_says(header: str | None, seconds: float | None) -> None:
    assert waits(header) == seconds
