"""Which answer fits a question: words and meaning together, and a floor below which none does.

An index is made of the items alone, so that an item that staff change is found a moment later.
What the triage made of the question comes in as a prior, never as a filter. The weights are data
(data/faq_search.yml) and fitted by `make faq-weights` on our own ways of asking.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from knowledge.content_files import DATA, read_yaml
from knowledge.faq.items import Item
from knowledge.faq.labels import Labels, Prior
from knowledge.faq.lens import Coarse, Lens, Narrow
from knowledge.faq.vectors import Encoder, Matrix
from knowledge.faq.words import Letters, Pairs, plain
from knowledge.text import normalise

__all__ = [
    "FEATURES", "NO_ITEM", "FaqIndex", "Found", "Hit", "Prior", "Weights", "chance",
    "weights",
]  # fmt: skip
FEATURES = (
    "letters", "pairs", "way_meaning", "ways_meaning", "answer_meaning", "matter", "service",
    "about",
)  # fmt: skip
NO_ITEM = (
    "always", "out_of_scope", "other_government", "answer_meaning", "way_meaning", "ways_meaning",
    "letters",
)  # fmt: skip
# up to so many items all are weighed; of more, those that are near by words or by meaning
ALL = 1000
NEAR = 100
LONGEST = 300  # characters of a question that are read
FEW = 3  # ways of asking that are averaged
# of the items: when so many have changed, how meaning is looked at is worked out anew
RENEWED = 0.1
Words = tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """An item with how likely it is the answer (0–1; with no answer at all as one more choice)."""

    item: Item
    score: float


@dataclass(frozen=True)
class Found:
    """The likeliest first; `known` false: none of them is likely enough to be said."""

    hits: tuple[Hit, ...]
    known: bool


@dataclass(frozen=True)
class Weights:
    """data/faq_search.yml: a weight for each of FEATURES and NO_ITEM, and the floor."""

    features: NDArray[np.float64]
    no_item: NDArray[np.float64]
    floor: float


@cache
def weights() -> Weights:
    """Those that are shipped."""
    content = read_yaml(DATA / "faq_search.yml")
    return Weights(
        np.array([content["features"][name] for name in FEATURES], dtype=np.float64),
        np.array([content["no_item"][name] for name in NO_ITEM], dtype=np.float64),
        float(content["floor"]),
    )


@dataclass(frozen=True)
class _Row:
    """What an index keeps of one item: letters and meaning of each way of asking, and the answer's
    meaning."""

    letters: list[str]
    ways: Matrix
    answer: Matrix


class FaqIndex:
    """The items of one edition, ready to be searched; immutable, safe for many threads."""

    def __init__(
        self,
        items: Iterable[Item],
        content: Encoder,
        question: Encoder,
        before: FaqIndex | None = None,
    ) -> None:
        """Two encoders of the same model: one for the items, one for what is asked.

        `before`: the index of nearly the same items. What it knows of those that are the same is
        taken over, and how meaning is looked at too, unless more than RENEWED of them are new.
        """
        self.items = tuple(items)
        self._rows: dict[Words, _Row]
        self._encode = question
        self._labels = Labels(self.items)
        known = before._rows if before else {}
        new = [item for item in self.items if _words_of(item) not in known]
        if len(new) > RENEWED * len(self.items):
            before, known, new = None, {}, list(self.items)
        texts = [[normalise(way) for way in _asked(item)] for item in new]
        counts = np.array([len(own) for own in texts], dtype=np.int64)
        ways = content([text for own in texts for text in own])
        self._lens: Lens = before._lens if before else Lens(ways, counts)
        seen = self._lens(ways)
        self._narrow: Narrow = before._narrow if before else Narrow(seen, counts)
        near = np.split(self._narrow(seen), np.cumsum(counts)[:-1])  # of nothing, one empty part
        answers = self._lens(content([f"{item.title}。{item.answer}" for item in new]))
        rows = known | {
            _words_of(item): _Row([plain(text) for text in own], meant, answer)
            for item, own, meant, answer in zip(new, texts, near, answers, strict=False)
        }
        kept = [rows[_words_of(item)] for item in self.items]
        self._counts = np.array([len(row.letters) for row in kept], dtype=np.int64)
        self._starts = np.cumsum(self._counts) - self._counts
        letters = [text for row in kept for text in row.letters]
        self._letters = Letters(letters, self._counts)
        self._pairs = Pairs(letters, self._counts)
        self._ways = np.concatenate([row.ways for row in kept]) if kept else self._narrow(seen)
        self._answers = np.stack([row.answer for row in kept]) if kept else answers
        self._rows = {_words_of(item): row for item, row in zip(self.items, kept, strict=True)}
        self._coarse = Coarse(self._answers) if len(self.items) > ALL else None

    def search(
        self, question: str, prior: Prior, limit: int = 3, among: frozenset[str] | None = None
    ) -> Found:
        """The items that answer it best, of those with an id in `among` (None: all)."""
        text = normalise(question.encode("utf-8", "ignore").decode())[:LONGEST]
        if not text or not self.items:
            return Found((), known=False)
        places, features, nothing = self.features(text, prior, among)
        if not len(places):
            return Found((), known=False)
        chances = chance(features, nothing, weights())
        order = np.argsort(-chances[:-1], kind="stable")[:limit]
        hits = tuple(Hit(self.items[places[at]], float(chances[at])) for at in order)
        return Found(hits, known=hits[0].score >= weights().floor)

    def alike(self, least: float) -> list[tuple[Item, Item]]:
        """Pairs of items whose answers say nearly the same: likeness of at least `least`, up to 1.

        Every item with every other: for a knowledge base, not for very many.
        """
        likeness = np.triu(self._answers @ self._answers.T, k=1)
        return [
            (self.items[one], self.items[other]) for one, other in np.argwhere(likeness >= least)
        ]

    def features(
        self, text: str, prior: Prior, among: frozenset[str] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Places of the items that are weighed, their FEATURES, and those of having no item."""
        asked = self._lens(self._encode([text]))
        letters = plain(text)
        by_pairs = self._pairs.scores(letters)
        places = self._near(asked[0], by_pairs)
        if among is not None:
            places = np.array([at for at in places if self.items[at].id in among], dtype=np.int64)
        by_letters = self._letters.scores(letters, places)
        nearest = self._nearest(places, self._narrow(asked)[0])
        answers = self._answers[places] @ asked[0]
        ways_meaning = np.nanmean(nearest, axis=0)
        features = np.column_stack(
            [
                by_letters,
                by_pairs[places],
                nearest[0],
                ways_meaning,
                answers,
                *self._labels(prior, places),
            ]
        ).astype(np.float64)
        nothing = np.array(
            [
                1.0,
                prior.services.get("out_of_scope", 0.0),
                prior.services.get("other_government", 0.0),
                answers.max(initial=0.0),
                nearest[0].max(initial=0.0),
                ways_meaning.max(initial=0.0),
                by_letters.max(initial=0.0),
            ]
        )
        return places, features, nothing

    def _nearest(self, places: NDArray[np.int64], asked: Matrix) -> Matrix:
        """Of each item the likeness of its FEW nearest ways of asking; NaN where it has fewer."""
        found = np.full((FEW, len(places)), np.nan, dtype=np.float32)
        if not len(places):
            return found
        counts = self._counts[places]
        likeness = self._of(places, counts) @ asked
        starts = np.cumsum(counts) - counts
        for rank in range(FEW):
            best = np.maximum.reduceat(likeness, starts)
            found[rank] = np.where(np.isfinite(best), best, np.nan)
            likeness[likeness == np.repeat(best, counts)] = -np.inf
        return found

    def _of(self, places: NDArray[np.int64], counts: NDArray[np.int64]) -> Matrix:
        """The ways of asking of these items, one after another."""
        if len(places) == len(self.items):
            return self._ways
        before = np.cumsum(counts) - counts
        rows = np.arange(counts.sum()) + np.repeat(self._starts[places] - before, counts)
        return np.asarray(self._ways[rows])

    def _near(self, asked: Matrix, by_pairs: NDArray[np.float64]) -> NDArray[np.int64]:
        if self._coarse is None:
            return np.arange(len(self.items))
        near = np.argpartition(-by_pairs, NEAR)[:NEAR]
        near = near[by_pairs[near] > 0]
        return np.union1d(self._coarse.nearest(asked, NEAR), near)


def chance(
    features: NDArray[np.float64], nothing: NDArray[np.float64], by: Weights
) -> NDArray[np.float64]:
    """How likely each item is, and in the last place that none is; they add up to 1."""
    scores = np.append(features @ by.features, nothing @ by.no_item)
    odds = np.exp(scores - scores.max())
    return np.asarray(odds / odds.sum())


def _asked(item: Item) -> Words:
    return item.title, *item.ask


def _words_of(item: Item) -> Words:
    return item.answer, *_asked(item)
