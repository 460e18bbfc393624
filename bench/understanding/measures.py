"""Figures from labels: shares with their intervals, per class, confusions, calibration. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

BINS = 10


@dataclass(frozen=True)
class Share:
    """`hits` of `n`, and the 95 % interval of the share (Wilson)."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        return self.hits / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.n)


def share(hits: Sequence[bool]) -> Share:
    """How many of them are true."""
    return Share(sum(hits), len(hits))


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share; (0, 1) when nothing was counted."""
    if n == 0:
        return 0.0, 1.0
    found = hits / n
    middle = (found + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(found * (1 - found) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class OfClass:
    """One class: how many of it were found, how many of those named were right."""

    recall: Share
    precision: Share

    @property
    def f1(self) -> float:
        hits, wanted, named = self.recall.hits, self.recall.n, self.precision.n
        return 2 * hits / (wanted + named) if wanted + named else math.nan


def classes(gold: Sequence[str], said: Sequence[str]) -> dict[str, OfClass]:
    """Every class that occurs, in order of its name."""
    hits = Counter(wanted for wanted, named in zip(gold, said, strict=True) if wanted == named)
    wanted, named = Counter(gold), Counter(said)
    return {
        name: OfClass(Share(hits[name], wanted[name]), Share(hits[name], named[name]))
        for name in sorted(wanted | named)
    }


def macro(recalls: Sequence[Share]) -> float:
    """Every class counts the same; classes without examples do not count."""
    values = [item.value for item in recalls if item.n]
    return sum(values) / len(values) if values else math.nan


def confusions(gold: Sequence[str], said: Sequence[str]) -> list[tuple[str, str, int]]:
    """(wanted, said instead, how often), the most frequent first."""
    pairs = Counter(
        (wanted, named) for wanted, named in zip(gold, said, strict=True) if wanted != named
    )
    return [(wanted, named, count) for (wanted, named), count in pairs.most_common()]


@dataclass(frozen=True)
class Bin:
    """Answers of like confidence: the mean of it, and the share that was right."""

    confidence: float
    right: float
    n: int


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Ten bins of equal count, from the least to the most confident."""
    pairs = sorted(zip(confidences, right, strict=True))
    edges = [round(at * len(pairs) / BINS) for at in range(BINS + 1)]
    found = []
    for start, end in pairwise(edges):
        part = pairs[start:end]
        if part:
            mean = sum(confidence for confidence, _ in part) / len(part)
            found.append(Bin(mean, sum(hit for _, hit in part) / len(part), len(part)))
    return found


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: how far confidence and truth are apart, weighted by count."""
    total = sum(item.n for item in bins)
    return sum(item.n * abs(item.confidence - item.right) for item in bins) / total
