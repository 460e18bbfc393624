"""What the triage made of a question, as far as it speaks for an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from knowledge.faq.items import Item

DESKS = 2  # of an item, the first ones
LEAST = 0.02  # of a prior, so that no label rules an item out
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Prior:
    """What the triage made of the question: sureness by label, 0–1; empty: nothing known."""

    matters: Mapping[str, float] = field(default_factory=dict)
    services: Mapping[str, float] = field(default_factory=dict)


class Labels:
    """Those of the items, ready to be compared with a prior."""

    def __init__(self, items: Sequence[Item]) -> None:
        own: list[list[tuple[str, ...]]] = [
            [item.matters for item in items],
            [item.services[:DESKS] for item in items],
            [(item.about,) for item in items],
        ]
        self._names = sorted({label for of in own for labels in of for label in labels})
        place = {label: at for at, label in enumerate(self._names)}
        self._matters, self._desks, self._about = (_padded(of, place) for of in own)

    def __call__(self, prior: Prior, places: NDArray[np.int64]) -> list[Numbers]:
        """Logarithms: of an item's matters, of its first desks, and of what it stands under."""
        matters, services = self._sureness(prior.matters), self._sureness(prior.services)
        either = np.maximum(matters, services)
        return [
            _log(matters[self._matters[places]].sum(axis=1)),
            _log(services[self._desks[places]].max(axis=1, initial=0.0)),
            _log(either[self._about[places, 0]]),
        ]

    def _sureness(self, of: Mapping[str, float]) -> Numbers:
        """By the place of a label; the last is that of no label."""
        return np.array([*(of.get(label, 0.0) for label in self._names), 0.0])


def _padded(own: Sequence[Sequence[str]], place: Mapping[str, int]) -> NDArray[np.int64]:
    """A row of places for each item, filled up with that of no label."""
    most = max(map(len, own), default=0)
    return np.array(
        [[*(place[label] for label in labels), *[-1] * (most - len(labels))] for labels in own],
        dtype=np.int64,
    ).reshape(len(own), most)


def _log(sureness: Numbers) -> Numbers:
    return np.asarray(np.log(np.minimum(1.0, sureness) + LEAST))
