"""States of a slip: every way ends at a desk's word, and nothing ended moves again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.slips.states import (
    ACCEPTED,
    ENDED,
    LEADS_TO,
    LIVE,
    TRANSITIONS,
    Deed,
    SlipState,
    WrongDeed,
    moved,
    possible,
)

DEEDS = st.lists(st.sampled_from(Deed), max_size=12)


def after(deeds: list[Deed]) -> list[SlipState]:
    """The states of a new slip to which these are tried, the impossible ones left out."""
    states = [SlipState.sent]
    for deed in deeds:
        try:
            states.append(moved(states[-1], deed))
        except WrongDeed:
            continue
    return states


@given(DEEDS)
def test_what_has_ended_stays_so(deeds: list[Deed]) -> None:
    states = after(deeds)
    ended = [state for state in states if state in ENDED]
    assert len(ended) <= 1
    assert states[-1] in ENDED or not ended


@given(DEEDS)
def test_nothing_is_done_that_was_not_received_and_begun(deeds: list[Deed]) -> None:
    states = after(deeds)
    if SlipState.done in states:
        assert states[:2] == [SlipState.sent, SlipState.received]
        assert set(states[2:-1]) == {SlipState.working}


@given(DEEDS)
def test_a_live_slip_can_always_be_sent_back(deeds: list[Deed]) -> None:
    last = after(deeds)[-1]
    assert (Deed.send_back in possible(last)) == (last in LIVE)


def test_every_state_is_live_or_ended_and_can_be_reached() -> None:
    assert {*LIVE, *ENDED} == set(SlipState)
    assert not {*LIVE} & {*ENDED}
    assert {*TRANSITIONS.values(), SlipState.sent} == set(SlipState)
    assert {*ACCEPTED} == set(SlipState) - {SlipState.sent, SlipState.returned}


def test_a_deed_leads_to_one_state_only() -> None:
    for (_, deed), state in TRANSITIONS.items():
        assert LEADS_TO[deed] is state
    assert set(LEADS_TO) == set(Deed)
