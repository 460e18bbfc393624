"""What a conversation can be, what moves it, and how a message can have been handled: as types."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Who holds a conversation."""

    bot = "bot"
    waiting = "waiting"
    operator = "operator"
    closed = "closed"


class Cause(StrEnum):
    """Why a conversation moved; every move is a row of `transition` with its actor."""

    asked_for_person = "asked_for_person"
    went_back = "went_back"  # the resident would rather not wait
    waited_too_long = "waited_too_long"
    booked_callback = "booked_callback"  # would rather be called than wait
    nobody_there = "nobody_there"  # they chose another city, where nobody answers just now
    claimed = "claimed"
    handed_back = "handed_back"
    transferred = "transferred"  # back into the queue, for somebody else
    reassigned = "reassigned"  # a supervisor gives it to another operator
    closed_by_operator = "closed_by_operator"
    went_quiet = "went_quiet"
    left = "left"  # quick exit, or the channel says that we are blocked
    wrote_again = "wrote_again"


# (from, cause) → to; what is not here cannot happen
TRANSITIONS: dict[tuple[State, Cause], State] = {
    (State.bot, Cause.asked_for_person): State.waiting,
    (State.bot, Cause.claimed): State.operator,
    (State.bot, Cause.went_quiet): State.closed,
    (State.bot, Cause.left): State.closed,
    (State.waiting, Cause.went_back): State.bot,
    (State.waiting, Cause.waited_too_long): State.bot,
    (State.waiting, Cause.booked_callback): State.bot,
    (State.waiting, Cause.nobody_there): State.bot,
    (State.waiting, Cause.claimed): State.operator,
    (State.waiting, Cause.closed_by_operator): State.closed,
    (State.waiting, Cause.left): State.closed,
    (State.operator, Cause.handed_back): State.bot,
    (State.operator, Cause.transferred): State.waiting,
    (State.operator, Cause.reassigned): State.operator,
    (State.waiting, Cause.reassigned): State.operator,
    (State.operator, Cause.closed_by_operator): State.closed,
    (State.operator, Cause.went_quiet): State.closed,
    (State.operator, Cause.left): State.closed,
    (State.closed, Cause.wrote_again): State.bot,
    (State.closed, Cause.claimed): State.operator,
}


class WrongMove(Exception):
    """This cause does not move a conversation out of this state."""


def moved(state: State, cause: Cause) -> State:
    """The state after a cause. Raises WrongMove."""
    try:
        return TRANSITIONS[state, cause]
    except KeyError:
        raise WrongMove(f"{cause} in {state}") from None


class Handled(StrEnum):
    """How an inbound message was handled, once and for all."""

    answered = "answered"
    apologised = "apologised"
    relayed = "relayed"  # a person holds the conversation
    kept = "kept"  # waiting for a person: kept for them, and nothing urgent to say


class Author(StrEnum):
    """Who said a message."""

    resident = "resident"
    bot = "bot"
    operator = "operator"
    system = "system"
