"""What a call-back can be, and what moves it: as types."""

from __future__ import annotations

from enum import StrEnum


class CallbackState(StrEnum):
    """Of one booking; its words are in content/replies.yml."""

    booked = "booked"
    reached = "reached"
    missed = "missed"  # called so often that it is given up
    cancelled = "cancelled"


class Cause(StrEnum):
    """What happens to a booking."""

    moved = "moved"  # to another half-day
    nobody_answered = "nobody_answered"
    given_up = "given_up"  # nobody answered the last of the calls
    talked = "talked"
    cancelled = "cancelled"


# (from, cause) → to; what is not here cannot happen
TRANSITIONS: dict[tuple[CallbackState, Cause], CallbackState] = {
    (CallbackState.booked, Cause.moved): CallbackState.booked,
    (CallbackState.booked, Cause.nobody_answered): CallbackState.booked,
    (CallbackState.booked, Cause.given_up): CallbackState.missed,
    (CallbackState.booked, Cause.talked): CallbackState.reached,
    (CallbackState.booked, Cause.cancelled): CallbackState.cancelled,
}


class WrongMove(Exception):
    """This cause does not move a call-back out of this state."""


def moved(state: CallbackState, cause: Cause) -> CallbackState:
    """The state after a cause. Raises WrongMove."""
    try:
        return TRANSITIONS[state, cause]
    except KeyError:
        raise WrongMove(f"{cause} in {state}") from None
