"""Which answer fits a question: words and meaning together, and a floor below which none does.

An index is made of the items alone, so that an item that staff change is found a moment later.
What the triage made of the question comes in as a prior, never as a filter. The weights are data
(data/faq_search.yml) and fitted by `make faq-weights` on our own ways of asking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import tantivy
from numpy.typing import NDArray

from knowledge.content_files import DATA, read_yaml
from knowledge.faq.items import Item
from knowledge.faq.vectors import Encoder, Matrix, unit
from knowledge.text import normalise

FEATURES = (
    "ways_words", "way_meaning", "ways_meaning", "answer_meaning", "matter", "service", "about",
)  # fmt: skip
NO_ITEM = ("always", "out_of_scope", "other_government", "answer_meaning", "way_meaning")
# up to so many items all are weighed; of more, those that are near by words or by meaning
ALL = 1000
NEAR = 100
COARSE = 96  # dimensions in which meaning is compared first, over more than ALL items
PIECES = (1, 2, 3)
LONGEST = 300  # characters of a question that are read
# of the differences between ways of asking the same thing: how much they are flattened
POWER, RIDGE = 0.5, 3.0
FEW = 3  # ways of asking that are averaged
LEAST = 0.02  # of a prior, so that no label rules an item out
WRITER_BYTES = 15_000_000  # the least that tantivy takes
_SIGNS = re.compile(r"\W")


@dataclass(frozen=True)
class Prior:
    """What the triage made of the question: sureness by label, 0–1; empty: nothing known."""

    matters: Mapping[str, float] = field(default_factory=dict)
    services: Mapping[str, float] = field(default_factory=dict)


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


class FaqIndex:
    """The items of one edition, ready to be searched; immutable, safe for many threads."""

    def __init__(self, items: Iterable[Item], content: Encoder, question: Encoder) -> None:
        """Two encoders of the same model: one for the items, one for what is asked."""
        self.items = tuple(items)
        self._encode = question
        asked = [(item.title, *item.ask) for item in self.items]
        self._words = _Words([" ".join(own) for own in asked])
        starts = np.cumsum([0, *map(len, asked)])
        self._starts = starts[:-1].astype(int)
        self._counts = np.diff(starts)
        ways = content([normalise(way) for own in asked for way in own])
        self._lens = _Lens(ways, self._counts)
        self._ways = self._lens(ways)
        self._answers = self._lens(content([f"{item.title}。{item.answer}" for item in self.items]))
        self._coarse = _Coarse(self._answers) if len(self.items) > ALL else None

    def search(
        self, question: str, prior: Prior, limit: int = 3, among: frozenset[str] | None = None
    ) -> Found:
        """The items that answer it best, of those with an id in `among` (None: all)."""
        text = normalise(question)[:LONGEST]
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
        asked = self._lens(self._encode([text]))[0]
        by_words = self._words.scores(text)
        places = self._near(asked, by_words)
        if among is not None:
            places = np.array([at for at in places if self.items[at].id in among], dtype=np.int64)
        own = [self._of_ways(at, asked) for at in places]
        answers = self._answers[places] @ asked
        features = np.array(
            [
                [by_words.get(int(at), 0.0) for at in places],
                [way[0] for way in own],
                [way[1] for way in own],
                answers,
                *_priors([self.items[at] for at in places], prior),
            ],
            dtype=np.float64,
        ).T
        nothing = np.array(
            [
                1.0,
                prior.services.get("out_of_scope", 0.0),
                prior.services.get("other_government", 0.0),
                answers.max(initial=0.0),
                max((way[0] for way in own), default=0.0),
            ]
        )
        return places, features, nothing

    def _of_ways(self, at: int, asked: Matrix) -> tuple[float, float]:
        """The nearest way of asking of an item, and the mean of its FEW nearest."""
        start = self._starts[at]
        near = np.sort(self._ways[start : start + self._counts[at]] @ asked)[::-1]
        return float(near[0]), float(near[:FEW].mean())

    def _near(self, asked: Matrix, by_words: Mapping[int, float]) -> NDArray[np.int64]:
        if self._coarse is None:
            return np.arange(len(self.items))
        near = set(map(int, self._coarse.nearest(asked, NEAR)))
        near.update(sorted(by_words, key=lambda at: -by_words[at])[:NEAR])
        return np.array(sorted(near), dtype=np.int64)


def chance(
    features: NDArray[np.float64], nothing: NDArray[np.float64], by: Weights
) -> NDArray[np.float64]:
    """How likely each item is, and in the last place that none is; they add up to 1."""
    scores = np.append(features @ by.features, nothing @ by.no_item)
    odds = np.exp(scores - scores.max())
    return np.asarray(odds / odds.sum())


class _Words:
    """BM25 over the pieces of the ways of asking, in memory.

    Pieces of one to three characters and no dictionary: a misspelt word keeps most of them.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("place", stored=False, indexed=False, fast=True)
        builder.add_text_field("pieces", tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        writer = self._index.writer(WRITER_BYTES, 1)
        for place, text in enumerate(texts):
            document = tantivy.Document()
            document.add_unsigned("place", place)
            document.add_text("pieces", " ".join(_pieces(text)))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._all = min(len(texts), ALL)

    def scores(self, text: str) -> dict[int, float]:
        """Place of an item → its score; items without a piece in common are left out.

        Divided by the number of pieces: a long story does not weigh more than a short question.
        """
        pieces = list(dict.fromkeys(_pieces(text)))
        if not pieces or not self._all:
            return {}
        terms = [tantivy.Query.term_query(self._schema, "pieces", one, "freq") for one in pieces]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        searcher = self._index.searcher()
        hits = searcher.search(query, self._all, count=False).hits
        places = searcher.fast_field_values("place", [address for _, address in hits])
        return {
            int(place): float(score) / len(pieces)
            for (score, _), place in zip(hits, places, strict=True)
            if place is not None and score is not None
        }


class _Lens:
    """Meaning as far as it tells items apart.

    What all ways of asking have in common is taken away, and directions in which the ways of
    asking one and the same thing differ count for less (within-class covariance normalisation).
    """

    def __init__(self, ways: Matrix, counts: NDArray[np.int64]) -> None:
        """`ways` stand in the order of their items, `counts[i]` of the i-th."""
        size = ways.shape[1]
        self._middle = ways.mean(axis=0) if len(ways) else np.zeros(size, dtype=np.float32)
        self._turn = np.eye(size, dtype=np.float32)
        if len(ways) > len(counts):
            own = unit(ways - self._middle)
            starts = np.cumsum(counts) - counts
            middles = np.add.reduceat(own, starts, axis=0) / counts[:, None]
            apart = own - np.repeat(middles, counts, axis=0)
            spread, directions = np.linalg.eigh(apart.T @ apart / len(apart))
            scale = (np.maximum(spread, 0) / spread.mean() + RIDGE) ** -POWER
            self._turn = ((directions * scale) @ directions.T).astype(np.float32)

    def __call__(self, vectors: Matrix) -> Matrix:
        return unit(unit(vectors - self._middle) @ self._turn)


class _Coarse:
    """Very many items: compared in their strongest directions only, to find those near."""

    def __init__(self, vectors: Matrix) -> None:
        sample = vectors[:: max(1, len(vectors) // 5000)]
        _, directions = np.linalg.eigh(sample.T @ sample)
        self._directions = directions[:, -COARSE:].astype(np.float32)
        self._vectors = np.ascontiguousarray(vectors @ self._directions)

    def nearest(self, asked: Matrix, count: int) -> NDArray[np.int64]:
        scores = self._vectors @ (asked @ self._directions)
        return np.argpartition(-scores, count)[:count]


def _pieces(text: str) -> list[str]:
    plain = _SIGNS.sub("", normalise(text))
    return [plain[at : at + n] for n in PIECES for at in range(len(plain) - n + 1)]


def _priors(items: Sequence[Item], prior: Prior) -> list[list[float]]:
    """Logarithms: of the item's matters, of its first desk, and of what it stands under."""
    matters, services = prior.matters, prior.services
    return [
        [_log(sum(matters.get(matter, 0.0) for matter in item.matters)) for item in items],
        [
            _log(max((services.get(desk, 0.0) for desk in item.services[:2]), default=0.0))
            for item in items
        ],
        [_log(max(matters.get(item.about, 0.0), services.get(item.about, 0.0))) for item in items],
    ]


def _log(sureness: float) -> float:
    return float(np.log(min(1.0, sureness) + LEAST))
