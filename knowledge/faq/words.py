"""Words without a dictionary: letters and pairs of letters, and how well they fit an item.

A misspelt word keeps most of them. A piece is a number, so that a question is compared with all
items in a fraction of a millisecond.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LETTER_BITS = 21  # what the number of a character takes
SATURATION, LENGTH = 1.2, 0.75  # k1 and b of BM25
USUAL = 1000  # letters of everybody's that are taken for each item's own (Dirichlet smoothing)
HALF = 0.5  # of a piece is taken for seen once more, so that none has no share at all
Whole = NDArray[np.int64]
Numbers = NDArray[np.float64]
_SIGNS = re.compile(r"\W")


def plain(text: str) -> str:
    """The letters of a (normalised) text, without signs and blanks."""
    return _SIGNS.sub("", text)


def pieces(texts: Sequence[str], size: int) -> tuple[Whole, Whole]:
    """Of each piece of so many letters the place of its text, and its number."""
    joined = "".join(f"{text}\0" for text in texts)
    letters = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    owner = np.repeat(np.arange(len(texts)), [len(text) + 1 for text in texts])
    last = max(0, len(letters) - size + 1)
    number, whole = np.zeros(last, dtype=np.int64), np.ones(last, dtype=np.bool_)
    for at in range(size):
        letter = letters[at : at + last]
        whole &= letter > 0
        number = (number << LETTER_BITS) | letter
    return owner[:last][whole], number[whole]


class _Pieces:
    """Which items have a piece, how often, and a weight for each of these pairs."""

    def __init__(self, own: Whole, found: Whole, items: int) -> None:
        """`own` and `found`: the item and the number of each piece, each way of asking once."""
        order = np.lexsort((own, found))
        own, found = own[order], found[order]
        new = np.ones(len(own), dtype=np.bool_)
        new[1:] = (own[1:] != own[:-1]) | (found[1:] != found[:-1])
        self.times = np.diff(np.append(np.flatnonzero(new), len(own)))
        self.own = own[new].astype(np.int32)
        self.numbers, self.starts, self.spread = np.unique(
            found[new], return_index=True, return_counts=True
        )
        self.weights = np.zeros(len(self.own), dtype=np.float32)
        self._items = items

    def known(self, found: Whole) -> Whole:
        """Places of those of the pieces that some item has."""
        if not len(self.numbers):
            return np.zeros(0, dtype=np.int64)
        places = np.minimum(np.searchsorted(self.numbers, found), len(self.numbers) - 1)
        return np.asarray(places[self.numbers[places] == found])

    def added(self, places: Whole) -> Numbers:
        """The weights of these pieces, added up by item."""
        counts = self.spread[places]
        before = np.cumsum(counts) - counts
        at = np.arange(counts.sum()) + np.repeat(self.starts[places] - before, counts)
        total = np.bincount(self.own[at], self.weights[at], minlength=self._items)
        return np.asarray(total, dtype=np.float64)

    def added_to(self, places: Whole, items: Whole) -> Numbers:
        """The same for some of the items: of very many, a letter is had by nearly all."""
        total = np.zeros(len(items))
        for start, count in zip(self.starts[places], self.spread[places], strict=True):
            own = self.own[start : start + count]  # ascending
            at = np.minimum(np.searchsorted(own, items), count - 1)
            total += np.where(own[at] == items, self.weights[start + at], 0)
        return total


class Letters:
    """How likely an item's ways of asking are to have the letters of a question, against all
    items' (a language model of single letters); immutable, safe for many threads."""

    def __init__(self, ways: Sequence[str], counts: Whole) -> None:
        """`ways` are plain and stand in the order of their items, `counts[i]` of the i-th."""
        own, found = _once(ways, counts, 1)
        self._pieces = _Pieces(own, found, len(counts))
        often = np.add.reduceat(self._pieces.times, self._pieces.starts) if len(own) else own
        share = (often + HALF) / max(1.0, float((often + HALF).sum()))
        usual = np.repeat(share, self._pieces.spread) * USUAL
        self._pieces.weights = np.log1p(self._pieces.times / usual).astype(np.float32)
        lengths = np.bincount(own, minlength=len(counts))
        self._length = np.log(USUAL / (lengths + USUAL))

    def scores(self, text: str, items: Whole | None = None) -> Numbers:
        """Of these items (None: of each); divided by the root of the length, as far as more
        letters say more."""
        items = np.arange(len(self._length)) if items is None else items
        known = self._pieces.known(np.unique(pieces([text], 1)[1]))
        total = self._pieces.added_to(known, items) + len(known) * self._length[items]
        return np.asarray(total / _root(text))


class Pairs:
    """BM25 over pairs of letters; immutable, safe for many threads."""

    def __init__(self, ways: Sequence[str], counts: Whole) -> None:
        """`ways` are plain and stand in the order of their items, `counts[i]` of the i-th."""
        own, found = _all(ways, counts, 2)
        self._pieces = _Pieces(own, found, len(counts))
        lengths = np.bincount(own, minlength=len(counts))
        usual = 1 - LENGTH + LENGTH * lengths / max(1.0, len(own) / max(1, len(counts)))
        spread, times = self._pieces.spread, self._pieces.times
        rare = np.repeat(np.log1p((len(counts) - spread + 0.5) / (spread + 0.5)), spread)
        much = times * (1 + SATURATION) / (times + SATURATION * usual[self._pieces.own])
        self._pieces.weights = (rare * much).astype(np.float32)

    def scores(self, text: str) -> Numbers:
        """Of each item; divided by the root of the length, as far as more letters say more."""
        known = self._pieces.known(np.unique(pieces([text], 2)[1]))
        return self._pieces.added(known) / _root(text)


def _all(ways: Sequence[str], counts: Whole, size: int) -> tuple[Whole, Whole]:
    way, found = pieces(ways, size)
    return np.repeat(np.arange(len(counts)), counts)[way], found


def _once(ways: Sequence[str], counts: Whole, size: int) -> tuple[Whole, Whole]:
    """Each piece once for each way of asking, however often it stands there."""
    way, found = pieces(ways, size)
    order = np.lexsort((found, way))
    way, found = way[order], found[order]
    new = np.ones(len(way), dtype=np.bool_)
    new[1:] = (way[1:] != way[:-1]) | (found[1:] != found[:-1])
    return np.repeat(np.arange(len(counts)), counts)[way[new]], found[new]


def _root(text: str) -> float:
    return float(np.sqrt(max(1, len(text))))
