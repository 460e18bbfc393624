"""What a text says of places: how a name was found, where it stands, which regions it can mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.atlas import Region


class Method(StrEnum):
    """How a region was found, as the public contract names it."""

    NAME = "name"
    ALIAS = "alias"
    FUZZY = "fuzzy"
    BOUNDARY = "boundary"
    NEAREST_POINT = "nearest_point"


class Strength(StrEnum):
    """How surely a surface means its region."""

    EXACT = "exact"  # an official name
    ALIAS = "alias"  # a name that staff listed
    VARIANT = "variant"  # the name with another ending
    SHORT = "short"  # the name without its ending


@dataclass(frozen=True, slots=True)
class Hit:
    """One place name in a text: where it stands, and every region it can mean.

    `written` is what stood there, when the name was only like it.
    """

    start: int
    end: int
    regions: tuple[Region, ...]
    method: Method
    strength: Strength
    written: str | None = None


Claims = list[tuple[Strength, Region]]
_ORDER = list(Strength)


def best_hit(start: int, end: int, claims: Claims, written: str | None = None) -> Hit:
    """An official name beats the same word made with another ending; a town beats its village."""
    best = min(_ORDER.index(strength) for strength, _ in claims)
    chosen = [region for strength, region in claims if _ORDER.index(strength) == best]
    shallow = min(region.depth for region in chosen)
    regions = tuple(dict.fromkeys(region for region in chosen if region.depth == shallow))
    method = Method.ALIAS if _ORDER[best] is Strength.ALIAS else Method.NAME
    return Hit(start, end, regions, Method.FUZZY if written else method, _ORDER[best], written)


@dataclass(frozen=True)
class Found:
    """What one place mention came to: a single region, or several to choose from."""

    regions: tuple[Region, ...]
    method: Method
    written: str | None = None

    @property
    def certain(self) -> bool:
        return len(self.regions) == 1


@dataclass(frozen=True)
class Reading:
    """Every place mention of a text in order, and known places outside the served cities."""

    found: tuple[Found, ...]
    elsewhere: tuple[str, ...]

    @property
    def outside(self) -> bool:
        """Only a place elsewhere was named."""
        return bool(self.elsewhere) and not self.found
