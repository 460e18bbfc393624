"""What a written word can refer to: cities, desks, matters, limits, divisions, points, local rules.

People write names; where a name is not enough, the id stands behind it in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from knowledge.catalogue import Catalogue
from knowledge.checking import NearCopies
from knowledge.editing.words import Misread, editing_words
from knowledge.place_kinds import kinds
from knowledge.taxonomy import taxonomy

SAID = 12  # choices that an error names
_ID = re.compile(r"[（(]\s*([\w.-]+)\s*[）)]\s*$", re.ASCII)


@dataclass(frozen=True)
class Choices:
    """Values by the label that people read; `by_id`: the id behind a label counts too."""

    labels: Mapping[str, str]

    @cached_property
    def values(self) -> Mapping[str, str]:
        return {label: value for value, label in self.labels.items()}

    def read(self, text: str) -> str:
        """The value of a label or of an id. Raises Misread."""
        if text in self.values:
            return self.values[text]
        bracketed = _ID.search(text)
        for id_ in (text, bracketed[1] if bracketed else ""):
            if id_ in self.labels:
                return id_
        if len(self.labels) > SAID:
            raise Misread("choice_many", value=text)
        raise Misread("choice", value=text, known="、".join(self.values))

    def write(self, value: str) -> str:
        """The label of a value; what is gone stays readable."""
        return self.labels.get(value, value)


class Frame:
    """The names of one snapshot of the knowledge base."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    @cached_property
    def cities(self) -> Choices:
        return Choices({id_: city.short for id_, city in self.catalogue.atlas.cities.items()})

    @cached_property
    def services(self) -> Choices:
        return Choices(dict(taxonomy().services))

    @cached_property
    def desks(self) -> Choices:
        """Services, and what a resident can ask for that is none."""
        return Choices({**taxonomy().services, **taxonomy().requests})

    @cached_property
    def matters(self) -> Choices:
        return Choices(dict(taxonomy().matters))

    @cached_property
    def shelves(self) -> Choices:
        """Matters and services, under which answers stand."""
        named = {**taxonomy().services, **taxonomy().matters}
        return Choices({id_: labelled(name, id_) for id_, name in named.items()})

    @cached_property
    def limits(self) -> Choices:
        limits = self.catalogue.limits.values()
        return Choices({limit.id: labelled(limit.act, limit.id) for limit in limits})

    @cached_property
    def place_kinds(self) -> Choices:
        """What the place kinds file knows, and what points bear already."""
        borne = {point.kind for points in self.catalogue.points.values() for point in points}
        return Choices({name: name for name in (*kinds(), *sorted(borne - kinds().keys()))})

    @cached_property
    def roles(self) -> Choices:
        return Choices({role: role for role in editing_words()["roles"]})

    @cached_property
    def points(self) -> Choices:
        return Choices(
            {
                point.id: labelled(point.name, point.id)
                for points in self.catalogue.points.values()
                for point in points
            }
        )

    def asked_alike(self, text: str) -> list[tuple[str, str]]:
        """Ids of answers and the way of asking that they have nearly word for word."""
        return [self._asked[at] for at in self._near_copies.of(text)]

    @cached_property
    def _asked(self) -> list[tuple[str, str]]:
        items = self.catalogue.faq.values()
        return [(item.id, way) for item in items for way in (item.title, *item.ask)]

    @cached_property
    def _near_copies(self) -> NearCopies:
        near = NearCopies()
        for _, way in self._asked:
            near.add(way)
        return near

    def region(self, text: str) -> str:
        """The code of a division by code, full name or a name that is the only one. Misread."""
        regions = self.catalogue.atlas.regions
        bracketed = _ID.search(text)
        for code in (text, bracketed[1] if bracketed else ""):
            if code in regions:
                return code
        found = self._regions_by_name.get(text, [])
        if len(found) > 1:
            raise Misread("region_several", value=text, known="、".join(found[:SAID]))
        if not found:
            raise Misread("region", value=text)
        return found[0]

    def region_label(self, code: str) -> str:
        region = self.catalogue.atlas.regions.get(code)
        return labelled(region.name, code) if region else code

    @cached_property
    def _regions_by_name(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        atlas = self.catalogue.atlas
        for region in atlas.regions.values():
            for name in {region.name, atlas.full_name(region)}:
                found.setdefault(name, []).append(region.id)
        return found


def labelled(name: str, id_: str) -> str:
    """小榄镇（442000118）."""
    return str(editing_words()["labelled"]).format(name=name, id=id_)
