"""The nearest service points: village, then town, then county, then city."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from knowledge.atlas import Region
from knowledge.catalogue import Catalogue, OnlineChannel, ServicePoint
from knowledge.mentions import Found, Method, Reading
from knowledge.travel import distance_km


@dataclass(frozen=True)
class Place:
    """A service point as seen from the resident; distance in km, None when not located."""

    point: ServicePoint
    region: Region
    distance_km: float | None


@dataclass(frozen=True)
class Located:
    """Where a place question stands: one region, several to ask about, or outside.

    `several`: the text named more than one place, and only the resident knows which one counts;
    `written` is what was typed where the name was only like it.
    """

    resolved: Region | None
    method: Method | None
    ambiguous: tuple[Region, ...]
    outside: bool
    several: bool = False
    written: str | None = None
    # another town whose centre is hardly farther from a shared position
    perhaps: Region | None = None


# centres are no borders: a second town up to this many times as far may be the right one
HARDLY_FARTHER = 1.5
NOWHERE = Located(None, None, (), False)


def locate_text(catalogue: Catalogue, text: str, city_id: str) -> Located:
    """The first place that the text names; ambiguous or outside when it says so."""
    return locate_reading(catalogue.gazetteer.read(text, city_id))


def locate_reading(reading: Reading) -> Located:
    """The same for a text that was read already."""
    named = [found.regions[0] for found in reading.found if found.certain]
    if len(named) > 1 and len(named) == len(reading.found):
        return Located(None, None, tuple(named), False, several=True)
    # a finer mention says more than a city's name alone
    for found in sorted(reading.found, key=_only_a_city):
        if found.certain:
            return Located(found.regions[0], found.method, (), False, written=found.written)
        return Located(None, None, found.regions, False, written=found.written)
    return Located(None, None, (), reading.outside)


def _only_a_city(found: Found) -> bool:
    return all(region.level == "city" for region in found.regions)


def locate_point(catalogue: Catalogue, lat: float, lng: float) -> Located:
    """The town whose centre is nearest inside the city and county that hold the point (WGS-84)."""
    codes = catalogue.boundaries.codes_at(lat, lng)
    if not codes:
        return Located(None, None, (), True)
    holding = [catalogue.atlas.regions[code] for code in codes if code in catalogue.atlas.regions]
    if not holding:
        return Located(None, None, (), True)
    inner = max(holding, key=lambda region: region.depth)
    towns = (*catalogue.atlas.located_towns(inner.id), *_of_undrawn_zones(catalogue, holding))
    centres = [
        (distance_km(lat, lng, town.lat, town.lng), town.id)
        for town in towns
        if town.lat is not None and town.lng is not None
    ]
    if not centres:
        return Located(inner, Method.BOUNDARY, (), False)
    (first, town_id), *others = sorted(centres)[:2]
    perhaps = next((id_ for km, id_ in others if km <= first * HARDLY_FARTHER), None)
    return Located(
        catalogue.atlas.regions[town_id],
        Method.NEAREST_POINT,
        (),
        False,
        perhaps=catalogue.atlas.regions[perhaps] if perhaps else None,
    )


def _of_undrawn_zones(catalogue: Catalogue, holding: list[Region]) -> list[Region]:
    """Towns of functional zones: a zone has no boundary of its own, its counties hold it."""
    drawn = catalogue.boundaries.drawn
    return [
        town
        for region in holding
        if region.level == "city"
        for zone in catalogue.atlas.children(region.id)
        if zone.level == "county" and zone.id not in drawn
        for town in catalogue.atlas.located_towns(zone.id)
    ]


def nearest(
    catalogue: Catalogue,
    region: Region,
    *,
    at: tuple[float, float] | None = None,
    service: str | None = None,
    kinds: Container[str] | None = None,
    limit: int = 5,
) -> list[Place]:
    """Points of the region and of what it lies in, the nearest level first.

    With `service`, a desk of its own for it comes first on each level where the platform only
    guides; the platform's points stay in the list, since they guide to every service. Places kept
    for one group of people are not offered to everybody. `at` is the resident's (lat, lng).
    """
    places: list[Place] = []
    for step in catalogue.atlas.chain(region):
        here = [
            Place(point, step, _distance(*at, point.lat, point.lng) if at else None)
            for point in catalogue.points.get(step.id, ())
            if (service is None or is_platform(point) or service in point.services)
            and (point.kind in kinds if kinds is not None else point.audience is None)
            # without a wish, the platform's own points: a court is no answer to "where to go"
            and (service is not None or kinds is not None or is_platform(point))
        ]
        here.sort(key=lambda place: (not _does(place.point, service), place.point.id))
        places += here
    return places[:limit]


def online(
    catalogue: Catalogue, city_id: str, service: str | None = None
) -> tuple[OnlineChannel, ...]:
    """The city's online doors: those for the service, and those for everything."""
    return tuple(
        channel
        for channel in catalogue.online.get(city_id, ())
        if service is None or not channel.services or service in channel.services
    )


def _does(point: ServicePoint, service: str | None) -> bool:
    """It gives the service itself; without a service, the platform's point is the one to go to."""
    return is_platform(point) if service is None else service in point.services


def is_platform(point: ServicePoint) -> bool:
    """A point of the public legal service network itself, not a single office."""
    return point.id.startswith("point.")


def _distance(lat: float, lng: float, to_lat: float | None, to_lng: float | None) -> float | None:
    """Great-circle distance in km; None when the target has no coordinates."""
    if to_lat is None or to_lng is None:
        return None
    return round(distance_km(lat, lng, to_lat, to_lng), 1)
