"""The report for people, in Chinese; the words are in words.yml."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import yaml

from bench.understanding.figures import Axis, Figures
from bench.understanding.measures import Share
from knowledge.taxonomy import taxonomy

CONFUSIONS_SHOWN = 15
NAME_WIDTH = 44
# rows that stock Rasa has no answer for
NO_LABELS = frozenset({"urgent_found", "urgent_right", "party"})


@cache
def words() -> dict[str, Any]:
    """words.yml."""
    file = Path(__file__).with_name("words.yml")
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def totals(
    figures: Figures, strange: Figures | None = None, *, labels_only: bool = False
) -> Iterator[str]:
    """The table of a set; `strange` are texts out of scope that were asked apart.

    `labels_only`: of one that judges neither how urgent it is nor for whom it is asked.
    """
    rows = words()["rows"]
    service, matter = figures.service, figures.matter
    shares = {
        "service": service.hits(1),
        "service2": service.hits(2),
        "matter": matter.hits(1),
        "matter2": matter.hits(2),
        "accepted": (strange or figures).accepted,
        "refused": figures.refused,
        "urgent_found": figures.urgent_found,
        "urgent_right": figures.urgent_right,
        "party": figures.party,
    }
    plain = {
        "desks": figures.desks,
        "service_calibration": service.calibration_error(),
        "matter_calibration": matter.calibration_error(),
    }
    for name, title in rows.items():
        if labels_only and name in NO_LABELS:
            continue
        if name in plain:
            yield f"{padded(title)}{plain[name]:.3f}"
        elif shares[name].n:
            yield f"{padded(title)}{shown(shares[name])}"


def per_class(axis: Axis) -> Iterator[str]:
    """Recall with its interval, precision and F1 of every class, the weakest first."""
    found = axis.classes().items()
    for name, item in sorted(found, key=lambda pair: (pair[1].recall.value, pair[0])):
        yield (
            f"  {padded(label(name), NAME_WIDTH - 2)}{shown(item.recall)}"
            f"   {item.precision.value:.3f}   {item.f1:.3f}"
        )


def confused(axis: Axis) -> Iterator[str]:
    """The pairs that are taken for each other most often."""
    for wanted, said, count in axis.confusions()[:CONFUSIONS_SHOWN]:
        yield f"  {label(wanted)} → {label(said)}：{count}"


def noise(pairs: dict[str, tuple[Figures, Figures]]) -> Iterator[str]:
    """By noise: service and matter on the clean and on the noisy texts, and the difference."""
    for name, (clean, noisy) in pairs.items():
        for axis in ("service", "matter"):
            before: Share = getattr(clean, axis).hits(1)
            after: Share = getattr(noisy, axis).hits(1)
            title = f"{words()['noises'][name]}，{words()['axes'][axis]}"
            lost = (after.value - before.value) * 100
            yield f"{padded(title)}{before.value:.3f} → {after.value:.3f}   {lost:+.1f}"


def speed(taken: Sequence[float], seconds: float, memory: float) -> Iterator[str]:
    """Parse, training, memory."""
    say = words()["speed"]
    yield say["parse"].format(
        median=statistics.median(taken), p99=statistics.quantiles(taken, n=100)[98], n=len(taken)
    )
    yield say["train"].format(seconds=seconds)
    yield say["memory"].format(mb=memory)


def shown(found: Share) -> str:
    low, high = found.interval
    return f"{found.value:.3f}   [{low:.3f}, {high:.3f}]   n={found.n}"


def label(name: str) -> str:
    """The Chinese name of a service, request or matter."""
    names = taxonomy()
    return names.matters.get(name) or names.service_name(name)


def padded(text: str, width: int = NAME_WIDTH) -> str:
    """To columns, where a Chinese character takes two."""
    taken = sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * max(1, width - taken)
