"""The questions to fit on, those to measure by, and what the engine makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.understanding.answers import ask
from knowledge.faq.search import Prior

FITTING = Path(__file__).parent / "fitting.yml"
MEASURING = Path(__file__).resolve().parents[2] / "tests" / "knowledge" / "faq" / "questions.yml"


@dataclass(frozen=True)
class Question:
    """A question and the item that answers it; None: no item does."""

    text: str
    item: str | None


def read(file: Path, answered: str) -> list[Question]:
    """`answered` names the part of the file that holds questions by item."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    by_item = [Question(text, id_) for id_, texts in content[answered].items() for text in texts]
    return by_item + [Question(text, None) for text in content["unanswered"]]


def to_fit() -> list[Question]:
    return read(FITTING, "answered")


def to_measure() -> list[Question]:
    return read(MEASURING, "paraphrases")


def priors(url: str, questions: Sequence[Question]) -> list[Prior]:
    """What the engine makes of each, as the product asks it."""
    answers = asyncio.run(ask(url, [question.text for question in questions]))
    return [Prior(dict(answer.matters), dict(answer.services)) for answer in answers]
