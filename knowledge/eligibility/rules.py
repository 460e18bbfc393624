"""Rule sets as data: the national law, the province's own, the city's figures, each with its days.

Read from data/eligibility/*.yml once a process; the figures of cities are rows of the database
(`tables.AidStandard`), because staff enter new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

import yaml

from knowledge.eligibility.conditions import Condition
from knowledge.eligibility.vocabulary import FOLDER

NATIONAL = "national"


class Way(StrEnum):
    """How one comes to it: by applying, by being given a defender, or by asking for advice."""

    application = "application"
    appointed = "appointed"
    advice = "advice"


EVERY_WAY = frozenset(Way)
PROVINCES = ("guangdong", "jiangsu")


@dataclass(frozen=True)
class Saying:
    """A sentence of a rule with its article; all else narrows whom it is said to."""

    text: str
    article: str | None
    when: Condition
    outcomes: frozenset[str]
    only_with_means: bool = False
    ways: frozenset[Way] = EVERY_WAY
    cities: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Route:
    """One way to legal aid: an article, whom it is for, and what it still asks.

    `lawyer` is None (a lawyer of their own does not matter), or the key of the saying why not.
    `everybody`: foreigners and companies too.
    """

    id: str
    way: Way
    when: Condition
    unless: tuple[Saying, ...]
    means: bool
    lawyer: str | None
    everybody: bool
    other_reasons: str | None
    says: Saying
    more: tuple[Saying, ...]


@dataclass(frozen=True)
class Exemption:
    """Who is spared the check of means (article 42)."""

    when: Condition
    unless: Condition
    says: Saying


@dataclass(frozen=True)
class Opening:
    """Where a failed test (`means`, `applicant`) does not end the matter, from day to day."""

    against: str
    says: Saying
    from_: date
    to: date


@dataclass(frozen=True)
class Material:
    """What to bring: `required` is needed or have_it_bring_it."""

    name: str
    required: str
    source: str
    when: Condition
    only_with_means: bool
    ways: frozenset[Way]


@dataclass(frozen=True)
class Means:
    """A province's test of means: which formula, its sentences by key; None: no formula known."""

    formula: str | None
    name: str
    from_: date
    verified: bool
    qualifying_reasons: frozenset[str]
    large_home_m2: float
    says: Mapping[str, Saying]


@dataclass(frozen=True)
class Province:
    """A province's own rules; `versions` are (first day, name), the newest last."""

    name: str
    versions: tuple[tuple[date, str], ...]
    means: Means
    openings: tuple[Opening, ...]
    outside: tuple[Opening, ...]
    refused: tuple[Opening, ...]
    notes: tuple[Saying, ...]
    materials: tuple[Material, ...]


@dataclass(frozen=True)
class Law:
    """When a cited law took force in the text that we cite."""

    name: str
    from_: date


@dataclass(frozen=True)
class Rulebook:
    """Everything that is not a city's figure."""

    from_: date
    before: Saying
    groups: Mapping[str, Condition]
    routes: tuple[Route, ...]
    exemptions: tuple[Exemption, ...]
    openings: tuple[Opening, ...]
    says: Mapping[str, Saying]
    notes: tuple[Saying, ...]
    objection: Saying
    laws: Mapping[str, Law]
    materials: tuple[Material, ...]
    provinces: Mapping[str, Province]

    def version(self, province: str | None, day: date) -> str:
        """Name of the rule set in force: guangdong-2024-05-01."""
        own = self.provinces.get(province or "")
        names = [name for first, name in own.versions if first <= day] if own else []
        return names[-1] if names else f"{NATIONAL}-{self.from_}"

    def every_saying(self) -> tuple[Saying, ...]:
        """All sentences with an article, for the checks of citations."""
        found = [self.before, self.objection, *self.notes, *self.says.values()]
        for route in self.routes:
            found += [route.says, *route.more, *route.unless]
        found += [exemption.says for exemption in self.exemptions]
        found += [opening.says for opening in self.openings]
        for province in self.provinces.values():
            found += province.means.says.values()
            openings = (*province.openings, *province.outside, *province.refused)
            found += [opening.says for opening in openings]
            found += province.notes
        return tuple(found)


@cache
def rulebook() -> Rulebook:
    """The shipped rules. Raises KeyError or TypeError when a file is misshapen."""
    content = _yaml(NATIONAL)
    return Rulebook(
        from_=content["from"],
        before=_saying(content["before"]),
        groups=content["groups"],
        routes=tuple(map(_route, content["routes"])),
        exemptions=tuple(
            Exemption(item["when"], item.get("unless", {"any": []}), _saying(item, when={}))
            for item in content["exemptions"]
        ),
        openings=tuple(map(_opening, content["openings"])),
        says={key: _saying(item) for key, item in content["says"].items()},
        notes=tuple(map(_saying, content["notes"])),
        objection=_saying(content["objection"]),
        laws={key: Law(item["name"], item["from"]) for key, item in content["laws"].items()},
        materials=tuple(map(_material, _yaml("materials")["materials"])),
        provinces={
            province.name: province for province in (_province(_yaml(name)) for name in PROVINCES)
        },
    )


def _province(content: dict[str, Any]) -> Province:
    means = content["means"]
    return Province(
        name=content["province"],
        versions=tuple((item["from"], item["id"]) for item in content["versions"]),
        means=Means(
            formula=means["formula"],
            name=means["name"],
            from_=means["from"],
            verified=means["verified"],
            qualifying_reasons=frozenset(means.get("qualifying_reasons", ())),
            large_home_m2=means.get("large_home_m2", 0),
            says={key: _saying(item) for key, item in means["says"].items()},
        ),
        openings=tuple(map(_opening, content["openings"])),
        outside=tuple(map(_opening, content["outside"])),
        refused=tuple(map(_opening, content.get("refused", ()))),
        notes=tuple(map(_saying, content["notes"])),
        materials=tuple(map(_material, content["materials"])),
    )


def _route(item: dict[str, Any]) -> Route:
    lawyer = item.get("lawyer")
    return Route(
        id=item["id"],
        way=Way(item.get("kind", Way.application)),
        when=item["when"],
        unless=tuple(map(_saying, item.get("unless", ()))),
        means=item.get("means", False),
        lawyer={None: None, True: "lawyer", "ended": "lawyer_ended"}[lawyer],
        everybody=item.get("everybody", False),
        other_reasons=item.get("other_reasons"),
        says=_saying(item, when={}),
        more=tuple(map(_saying, item.get("more", ()))),
    )


def _opening(item: dict[str, Any]) -> Opening:
    return Opening(
        against=item.get("against", ""),
        says=_saying(item),
        from_=item.get("from", date.min),
        to=item.get("to", date.max),
    )


def _material(item: dict[str, Any]) -> Material:
    return Material(
        name=item["name"],
        required=item["required"],
        source=item["source"],
        when=item.get("when", {}),
        only_with_means=item.get("when_means", False),
        ways=_ways(item),
    )


def _saying(item: dict[str, Any], *, when: Condition | None = None) -> Saying:
    return Saying(
        text=item["text"],
        article=item["article"],
        when=item.get("when", {}) if when is None else when,
        outcomes=frozenset(item.get("outcomes", ("likely", "unlikely", "unknown"))),
        only_with_means=item.get("means", False) is True and "id" not in item,
        ways=_ways(item),
        cities=frozenset(item.get("cities", ())),
    )


def _ways(item: dict[str, Any]) -> frozenset[Way]:
    return frozenset(map(Way, item["kinds"])) if "kinds" in item else EVERY_WAY


def _yaml(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return content
