"""Kinds of places: what each does, and what else people call it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from knowledge.content_files import DATA, read_yaml


@dataclass(frozen=True)
class Kind:
    """A kind of place by the word that its points bear."""

    name: str
    services: tuple[str, ...]
    also: tuple[str, ...]


@cache
def kinds() -> dict[str, Kind]:
    """data/place_kinds.yml, read once a process."""
    return {
        name: Kind(name, tuple(item["services"]), tuple(item["also"]))
        for name, item in read_yaml(DATA / "place_kinds.yml").items()
    }


def kinds_named(word: str) -> frozenset[str]:
    """The kinds that a word means: 司法所 is a town's platform in each city; empty: no kind."""
    return frozenset(kind.name for kind in kinds().values() if word in (kind.name, *kind.also))
