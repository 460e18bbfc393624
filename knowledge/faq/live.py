"""The index of the answers as they stand now, made anew when one of them changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock, Thread

from knowledge.faq.items import Item
from knowledge.faq.search import FaqIndex, Prior
from knowledge.faq.vectors import encode, encoder

PATIENCE = 0.5  # seconds; a change of the content is ready sooner
WARM_TEXT = "老板拖欠工资怎么办"


class LiveIndex:
    """Only what changed is encoded again: some 0.2 seconds for 250 items."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: Mapping[str, Item] | None = None
        self._index: FaqIndex | None = None

    @property
    def made(self) -> bool:
        """Whether there is an index yet, of whatever day."""
        return self._index is not None

    def over(self, items: Mapping[str, Item]) -> FaqIndex:
        """The index of these items (`Catalogue.faq`); the same while they are the same."""
        with self._lock:
            return self._made(items)

    def at_hand(self, items: Mapping[str, Item]) -> FaqIndex | None:
        """The same, for who cannot wait: None while the first index of a process is being made."""
        if not self._lock.acquire(timeout=PATIENCE):
            return None
        try:
            return self._made(items)
        finally:
            self._lock.release()

    def _made(self, items: Mapping[str, Item]) -> FaqIndex:
        if self._index is None or self._items is not items:
            # what residents ask is encoded and forgotten: only the content is remembered
            index = FaqIndex(items.values(), encoder(), encode)
            if self._index is None:
                index.search(WARM_TEXT, Prior())  # the encoder's first text takes a second
            self._index, self._items = index, items
        return self._index


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
