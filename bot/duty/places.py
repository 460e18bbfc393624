"""Counties and towns as a supervisor writes them, for one operator, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.atlas import Atlas, Region

LEVELS = ("county", "town")
_BETWEEN = re.compile(r"[、,，;；\s]+")


class WrongPlace(ValueError):
    """A name that is none, or that several places have; `meant` are those."""

    def __init__(self, name: str, meant: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.meant = meant


def read(atlas: Atlas, city_id: str | None, text: str) -> list[str]:
    """The regions that a text names, of a city (None: of any). Raises WrongPlace."""
    found = []
    for name in filter(None, _BETWEEN.split(text)):
        meant = [region for region in _places(atlas, city_id) if name in _names(atlas, region)]
        if len(meant) != 1:
            raise WrongPlace(name, tuple(sorted(label(atlas, region) for region in meant)))
        found.append(meant[0].id)
    return found


def written(atlas: Atlas, regions: Iterable[str]) -> str:
    """The same again; a place that there is no more is left out."""
    known = [atlas.regions[id_] for id_ in regions if id_ in atlas.regions]
    return "、".join(label(atlas, region) for region in known)


def label(atlas: Atlas, region: Region) -> str:
    """清新区太平镇: from the county on."""
    steps = [step.name for step in atlas.chain(region) if step.level != "city"]
    return "".join(reversed(steps))


def _places(atlas: Atlas, city_id: str | None) -> Iterable[Region]:
    return (
        region
        for region in atlas.regions.values()
        if region.level in LEVELS and city_id in (None, region.city_id)
    )


def _names(atlas: Atlas, region: Region) -> set[str]:
    return {region.name, region.short, label(atlas, region), atlas.full_name(region)}
