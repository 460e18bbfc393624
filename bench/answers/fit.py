"""Fitting the weights of the search:  make faq-weights

A softmax over the items, and over having none, by maximum likelihood; no weight of an item may be
below zero: what speaks for an item never counts against it. The floor is no matter of fitting:
an answer is said when it is likelier than all others, and none, together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.faq.search import FEATURES, NO_ITEM, Weights

ROUNDS = 600
PACE, RIDGE = 0.05, 0.01
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A question as the index sees it; `right` is the place of its item among the weighed ones,
    or their number when none is right."""

    features: Array
    nothing: Array
    right: int


def fitted(cases: Sequence[Case], floor: float) -> Weights:
    """The likeliest weights; the floor is not fitted."""
    features = np.stack([case.features for case in cases])
    nothing = np.stack([case.nothing for case in cases])
    right = np.array([case.right for case in cases])
    spread = np.maximum(features.std(axis=(0, 1)), 1e-9)
    # what never varies (always) keeps its own scale
    other = np.where(nothing.std(axis=0) > 0, nothing.std(axis=0), 1.0)
    of_items, of_none = features / spread, nothing / other
    weights = np.zeros(len(FEATURES) + len(NO_ITEM))
    step, square = np.zeros_like(weights), np.zeros_like(weights)
    for at in range(1, ROUNDS + 1):  # Adam
        odds = np.concatenate(
            [
                of_items @ weights[: len(FEATURES)],
                (of_none @ weights[len(FEATURES) :])[:, None],
            ],
            axis=1,
        )
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        odds[np.arange(len(right)), right] -= 1
        slope = np.concatenate(
            [np.einsum("qi,qif->f", odds[:, :-1], of_items), odds[:, -1] @ of_none]
        )
        slope = slope / len(right) + RIDGE * weights
        step, square = 0.9 * step + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        weights -= PACE * (step / (1 - 0.9**at)) / (np.sqrt(square / (1 - 0.99**at)) + 1e-8)
        weights[: len(FEATURES)] = np.maximum(weights[: len(FEATURES)], 0)
    return Weights(weights[: len(FEATURES)] / spread, weights[len(FEATURES) :] / other, floor)
