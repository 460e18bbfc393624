"""Whose rules hold: those of the city where the case body sits (法律援助法第三十八条)."""

from __future__ import annotations

from datetime import date

from knowledge.catalogue import Catalogue
from knowledge.eligibility.facts import Facts
from knowledge.eligibility.rules import rulebook
from knowledge.eligibility.screening import Decision, Jurisdiction, screen


def forum(catalogue: Catalogue, city_id: str, facts: Facts) -> str | None:
    """The id of the served city that decides; None when the case lies elsewhere."""
    named = facts.get("forum_city")
    if named is None:
        return city_id
    city = catalogue.atlas.city(named)
    return city.id if city else None


def jurisdiction(catalogue: Catalogue, city_id: str, facts: Facts) -> Jurisdiction:
    """Province and figures of the city that decides; `forum_city` wins over the city asked in."""
    decides = forum(catalogue, city_id, facts)
    if decides is None:
        return Jurisdiction(str(facts.get("forum_city")), None)
    city = catalogue.atlas.cities[decides]
    return Jurisdiction(city.name, city.province, catalogue.aid_standards.get(decides, ()))


def decide(catalogue: Catalogue, city_id: str, facts: Facts, day: date) -> Decision:
    """The decision by the shipped rules and the figures of the city that decides."""
    return screen(rulebook(), facts, jurisdiction(catalogue, city_id, facts), day)
