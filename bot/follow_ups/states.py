"""What a follow-up is about, what it can be, and what moves it: as types."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Why there is one."""

    dissatisfied = "dissatisfied"  # a rating said 不满意
    complaint = "complaint"  # somebody complains of a provider


class State(StrEnum):
    """open: nobody has said yet what came of it; answered: a result waits for a supervisor."""

    open = "open"
    answered = "answered"
    closed = "closed"


class Move(StrEnum):
    """What is done to one."""

    answer = "answer"  # its owner writes the result
    close = "close"  # a supervisor agrees with a result
    reopen = "reopen"  # a supervisor does not, and says why


# (from, move) → to; what is not here cannot happen
TRANSITIONS: dict[tuple[State, Move], State] = {
    (State.open, Move.answer): State.answered,
    (State.open, Move.close): State.closed,
    (State.answered, Move.close): State.closed,
    (State.answered, Move.reopen): State.open,
    (State.closed, Move.reopen): State.open,
}


class WrongMove(Exception):
    """This cannot be done to a follow-up in this state."""


def moved(state: State, move: Move) -> State:
    """The state after a move. Raises WrongMove."""
    try:
        return TRANSITIONS[state, move]
    except KeyError:
        raise WrongMove(f"{move} in {state}") from None
