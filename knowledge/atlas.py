"""The division tree in memory: cities, counties, towns and villages of every served city."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

LEVELS = ("city", "county", "town", "village")


@dataclass(frozen=True, slots=True)
class Region:
    """One division. `id` is its official code; coordinates are WGS-84 and approximate."""

    id: str
    parent_id: str | None
    city_id: str
    level: str
    kind: str
    name: str
    short: str
    lat: float | None
    lng: float | None

    @property
    def depth(self) -> int:
        """0 for a city, 3 for a village."""
        return LEVELS.index(self.level)


@dataclass(frozen=True)
class City:
    """A served city; `card` holds its hotline, plan, words and groups as its file says."""

    id: str
    name: str
    short: str
    province: str
    region_id: str
    card: dict[str, Any]


@dataclass(frozen=True)
class Alias:
    """Another name of a region: an old name, a nickname, a usual typing slip."""

    text: str
    region_id: str


@dataclass
class Atlas:
    """Regions by id, with their ancestors and children. Built once per edition, then only read."""

    cities: dict[str, City]
    regions: dict[str, Region]
    aliases: tuple[Alias, ...] = ()
    _children: dict[str, list[Region]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for region in self.regions.values():
            if region.parent_id:
                self._children.setdefault(region.parent_id, []).append(region)

    def children(self, region_id: str) -> Iterable[Region]:
        return self._children.get(region_id, ())

    def located_towns(self, region_id: str) -> tuple[Region, ...]:
        """The towns inside a city or county whose centre is known."""
        return self._located_towns.get(region_id, ())

    @cached_property
    def _located_towns(self) -> dict[str, tuple[Region, ...]]:
        found: dict[str, list[Region]] = {}
        for region in self.regions.values():
            if region.level == "town" and region.lat is not None:
                for outer in self.chain(region):
                    found.setdefault(outer.id, []).append(region)
        return {id_: tuple(towns) for id_, towns in found.items()}

    def chain(self, region: Region) -> Iterator[Region]:
        """The region itself, then its ancestors up to the city."""
        current: Region | None = region
        while current is not None:
            yield current
            current = self.regions.get(current.parent_id) if current.parent_id else None

    def within(self, inner: Region, outer: Region) -> bool:
        """True when `inner` is `outer` or lies inside it."""
        return any(region.id == outer.id for region in self.chain(inner))

    def named(self, region: Region) -> dict[str, str | None]:
        """region_id, city, county, town, village: the shape of the public contract."""
        names: dict[str, str | None] = dict.fromkeys(LEVELS)
        for step in self.chain(region):
            names[step.level] = step.name
        return {"region_id": region.id, **names}

    def full_name(self, region: Region) -> str:
        """清远市清新区太平镇, as a resident would say it from large to small."""
        return "".join(step.name for step in reversed(list(self.chain(region))))

    def city(self, name: str) -> City | None:
        """By id (zhongshan), short name (中山) or name (中山市)."""
        wanted = name.strip()
        for city in self.cities.values():
            if wanted in (city.id, city.short, city.name):
                return city
        return None
