"""Going through a case: the choices so far are a word of letters, one a turn (`bad`).

The word stands in the address, so going back and choosing again is the browser's own 后退, and
nothing is kept anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.practice.cases import Case, Choice, Fit, Turn

LETTERS = "abcd"


@dataclass(frozen=True)
class Step:
    """A turn and what was chosen in it."""

    turn: Turn
    choice: Choice

    @property
    def right(self) -> bool:
        return self.choice.fit is Fit.best

    @property
    def unsafe(self) -> bool:
        return self.choice.fit is Fit.unsafe


@dataclass(frozen=True)
class Result:
    """Right choices, and choices that could bring somebody into danger."""

    right: int
    unsafe: int


def steps(case: Case, chosen: str) -> list[Step] | None:
    """The turns that are behind; None for a word that no form of ours makes."""
    if len(chosen) > len(case.turns):
        return None
    found = []
    for turn, letter in zip(case.turns, chosen, strict=False):
        at = LETTERS.find(letter)
        if not 0 <= at < len(turn.choices):
            return None
        found.append(Step(turn, turn.choices[at]))
    return found


def result(taken: Sequence[Step]) -> Result:
    """What came of a walk."""
    return Result(sum(step.right for step in taken), sum(step.unsafe for step in taken))


def after(case: Case, cases: Mapping[str, Case], done: Mapping[str, Result]) -> Case | None:
    """The next case that has not been done, going round behind this one; None: all are done."""
    order = list(cases.values())
    at = order.index(case)
    round_ = [*order[at + 1 :], *order[:at]]
    return next((other for other in round_ if other.id not in done), None)
