"""Meaning as far as it tells items apart, and which of very many are near in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from knowledge.faq.vectors import Matrix, unit

# of the differences between ways of asking the same thing: how much they are flattened
POWER, RIDGE = 0.5, 3.0
LEAST = 1e-12  # of a difference, should nothing differ
NARROW = 128  # directions in which items differ most: ways of asking are compared in them
COARSE = 96  # dimensions in which meaning is compared first, over very many items


class Lens:
    """What all ways of asking have in common is taken away, and directions in which the ways of
    asking one and the same thing differ count for less (within-class covariance normalisation).
    """

    def __init__(self, ways: Matrix, counts: NDArray[np.int64]) -> None:
        """`ways` stand in the order of their items, `counts[i]` of the i-th."""
        size = ways.shape[1]
        self._middle = ways.mean(axis=0) if len(ways) else np.zeros(size, dtype=np.float32)
        self._turn = np.eye(size, dtype=np.float32)
        if len(ways) > len(counts):
            own = unit(ways - self._middle)
            apart = own - np.repeat(_middles(own, counts), counts, axis=0)
            spread, directions = np.linalg.eigh(apart.T @ apart / len(apart))
            usual = max(float(spread.mean()), LEAST)
            scale = (np.maximum(spread, 0) / usual + RIDGE) ** -POWER
            self._turn = ((directions * scale) @ directions.T).astype(np.float32)

    def __call__(self, vectors: Matrix) -> Matrix:
        return unit(unit(vectors - self._middle) @ self._turn)


class Narrow:
    """What was seen through the lens, in the NARROW directions in which items differ most."""

    def __init__(self, seen: Matrix, counts: NDArray[np.int64]) -> None:
        """`seen` stands in the order of the items, `counts[i]` of the i-th."""
        apart = seen
        if len(counts):
            middles = _middles(seen, counts)
            apart = middles - middles.mean(axis=0)
        _, directions = np.linalg.eigh(apart.T @ apart)
        self._directions = np.ascontiguousarray(directions[:, -NARROW:], dtype=np.float32)

    def __call__(self, seen: Matrix) -> Matrix:
        return unit(seen @ self._directions)


class Coarse:
    """Very many items: compared in their strongest directions only, to find those near."""

    def __init__(self, vectors: Matrix) -> None:
        sample = vectors[:: max(1, len(vectors) // 5000)]
        _, directions = np.linalg.eigh(sample.T @ sample)
        self._directions = directions[:, -COARSE:].astype(np.float32)
        self._vectors = np.ascontiguousarray(vectors @ self._directions)

    def nearest(self, asked: Matrix, count: int) -> NDArray[np.int64]:
        scores = self._vectors @ (asked @ self._directions)
        return np.argpartition(-scores, count)[:count]


def _middles(vectors: Matrix, counts: NDArray[np.int64]) -> Matrix:
    """Of each item; every item has at least one vector."""
    starts = np.cumsum(counts) - counts
    return np.asarray(np.add.reduceat(vectors, starts, axis=0) / counts[:, None], dtype=np.float32)
