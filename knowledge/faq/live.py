"""The index of the answers as they stand now, made anew when one of them changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock, Thread

from knowledge.faq.items import Item
from knowledge.faq.search import FaqIndex, Found, Hit, Prior
from knowledge.faq.vectors import encode, encoder

PATIENCE = 0.5  # seconds; a change of the content is ready sooner
WARM_TEXT = "老板拖欠工资怎么办"


class LiveIndex:
    """Only what changed is encoded and looked at again: a change among 300 items with 50 ways of
    asking each takes 0.2 seconds, the first index a second."""

    def __init__(self) -> None:
        self._making = Lock()
        self._starting = Lock()
        self._maker: Thread | None = None
        self._current: tuple[Mapping[str, Item], FaqIndex] | None = None

    @property
    def made(self) -> bool:
        """Whether there is an index yet, of whatever day."""
        return self._current is not None

    def over(self, items: Mapping[str, Item]) -> FaqIndex:
        """The index of these items (`Catalogue.faq`); the same while they are the same."""
        with self._making:
            if self._current is None or self._current[0] is not items:
                # what residents ask is encoded and forgotten: only the content is remembered
                before = self._current[1] if self._current else None
                index = FaqIndex(items.values(), encoder(), encode, before)
                if self._current is None:
                    index.search(WARM_TEXT, Prior())  # the encoder's first text takes a second
                self._current = items, index
            return self._current[1]

    def at_hand(self, items: Mapping[str, Item]) -> FaqIndex | None:
        """For who cannot wait: the index of these items, that of before while it is made anew, or
        None while the first one of a process is made."""
        current = self._current
        if current is None or current[0] is not items:
            self._make_beside(items).join(PATIENCE)
            current = self._current
        return current[1] if current else None

    def _make_beside(self, items: Mapping[str, Item]) -> Thread:
        with self._starting:
            if self._maker is None or not self._maker.is_alive():
                self._maker = Thread(target=self.over, args=(items,), name="faq-index", daemon=True)
                self._maker.start()
            return self._maker


def as_published(found: Found, items: Mapping[str, Item]) -> Found:
    """What was found as it reads now: an index of a moment ago may find it, but says nothing."""
    hits = tuple(Hit(items[hit.item.id], hit.score) for hit in found.hits if hit.item.id in items)
    taken_away = bool(found.hits) and found.hits[0].item.id not in items
    return Found(hits, known=found.known and not taken_away)


@cache
def live_index() -> LiveIndex:
    """That of this process."""
    return LiveIndex()


def warm(items: Mapping[str, Item], vectors: Path | None) -> None:
    """Make the first index beside everything else; a stop of the process does not wait for it.

    `vectors`: the items' texts as numbers, as `wenfa prepare` wrote them.
    """
    Thread(target=_warm, args=(items, vectors), name="faq-index", daemon=True).start()


def _warm(items: Mapping[str, Item], vectors: Path | None) -> None:
    if vectors:
        encoder().read(vectors)
    live_index().over(items)
