"""How often the right answer is found, and how often one is given where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.answers.questions import Question
from knowledge.faq.search import FaqIndex, Found, Prior

LOOKED_AT = 3


@dataclass(frozen=True)
class Figures:
    """Counts over questions with an item (`asked`) and without one (`strange`)."""

    asked: int
    first: int  # the right one comes first
    among: int  # it is among the first LOOKED_AT
    shown: int  # one is likely enough to be said
    shown_right: int  # and it is the right one
    strange: int
    falsely: int  # one is said though none fits


def figures(index: FaqIndex, questions: Sequence[Question], priors: Sequence[Prior]) -> Figures:
    """Of an index, for questions whose items it holds."""
    known = {item.id for item in index.items}
    found = [
        (question, index.search(question.text, prior, LOOKED_AT))
        for question, prior in zip(questions, priors, strict=True)
        if question.item is None or question.item in known
    ]
    asked = [(question.item, answer) for question, answer in found if question.item is not None]
    strange = [answer for question, answer in found if question.item is None]
    shown = [(item, answer) for item, answer in asked if answer.known]
    return Figures(
        len(asked),
        sum(_first(answer) == item for item, answer in asked),
        sum(item in {hit.item.id for hit in answer.hits} for item, answer in asked),
        len(shown),
        sum(_first(answer) == item for item, answer in shown),
        len(strange),
        sum(answer.known for answer in strange),
    )


def _first(answer: Found) -> str | None:
    return answer.hits[0].item.id if answer.hits else None
