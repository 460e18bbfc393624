"""What a 转介单 can be, what a desk does with it, and why it comes back: as types."""

from __future__ import annotations

from enum import StrEnum


class SlipState(StrEnum):
    """How far the desk is; the names people see are in content/slips.yml."""

    sent = "sent"
    received = "received"
    working = "working"
    done = "done"
    returned = "returned"


class Deed(StrEnum):
    """What a desk does with a slip; every one is a row of `slip_event` with its actor."""

    receive = "receive"
    work = "work"
    say = "say"  # a word on how it goes, without an end
    finish = "finish"
    send_back = "return"


class Reason(StrEnum):
    """Why a desk sends a slip back."""

    not_ours = "not_ours"
    materials = "materials"
    unreachable = "unreachable"
    duplicate = "duplicate"
    other = "other"


# (from, deed) → to; what is not here cannot happen
TRANSITIONS: dict[tuple[SlipState, Deed], SlipState] = {
    (SlipState.sent, Deed.receive): SlipState.received,
    (SlipState.sent, Deed.send_back): SlipState.returned,
    (SlipState.received, Deed.work): SlipState.working,
    (SlipState.received, Deed.send_back): SlipState.returned,
    (SlipState.working, Deed.say): SlipState.working,
    (SlipState.working, Deed.finish): SlipState.done,
    (SlipState.working, Deed.send_back): SlipState.returned,
}
# what each deed leads to, from wherever it may be done
LEADS_TO = {deed: after for (_, deed), after in TRANSITIONS.items()}
# the desk has still something to do
LIVE = (SlipState.sent, SlipState.received, SlipState.working)
# the desk has it, and answers for it
ACCEPTED = (SlipState.received, SlipState.working, SlipState.done)
ENDED = (SlipState.done, SlipState.returned)


class WrongDeed(Exception):
    """A slip in this state does not allow that."""


def moved(state: SlipState, deed: Deed) -> SlipState:
    """The state after a deed. Raises WrongDeed."""
    try:
        return TRANSITIONS[state, deed]
    except KeyError:
        raise WrongDeed(f"{deed} in {state}") from None


def possible(state: SlipState) -> tuple[Deed, ...]:
    """What may be done with a slip, in the order in which it is offered."""
    return tuple(deed for before, deed in TRANSITIONS if before is state)
