"""The figures in words, with 95 % intervals, for `make eval`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bench.answers.figures import Figures, figures
from bench.answers.questions import priors, to_measure
from bench.understanding.measures import Share
from bench.understanding.report import padded, shown
from knowledge.faq.search import FaqIndex


@cache
def words() -> dict[str, Any]:
    """words.yml, read once."""
    file = Path(__file__).parent / "words.yml"
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def measured(engine: str, index: FaqIndex) -> Figures:
    """The questions that are kept for measuring, with an engine's triage as the prior."""
    questions = to_measure()
    return figures(index, questions, priors(engine, questions))


def head(found: Figures) -> str:
    return str(words()["head"].format(asked=found.asked, strange=found.strange))


def lines(found: Figures) -> Iterator[str]:
    """One line a figure."""
    for name, hits, of in (
        ("first", found.first, found.asked),
        ("among", found.among, found.asked),
        ("shown", found.shown, found.asked),
        ("shown_right", found.shown_right, found.shown),
        ("falsely", found.falsely, found.strange),
    ):
        yield padded(words()[name]) + shown(Share(hits, of))
