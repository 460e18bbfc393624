"""The nearest service points: village, then town, then county, then city."""

from __future__ import annotations

import math
from dataclasses import dataclass

from knowledge.atlas import Region
from knowledge.catalogue import Catalogue, OnlineChannel, ServicePoint
from knowledge.gazetteer import Found, Method, Reading

EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Place:
    """A service point as seen from the resident; distance in km, None when not located."""

    point: ServicePoint
    region: Region
    distance_km: float | None


@dataclass(frozen=True)
class Located:
    """Where a place question stands: one region, several to ask about, or outside."""

    resolved: Region | None
    method: Method | None
    ambiguous: tuple[Region, ...]
    outside: bool


NOWHERE = Located(None, None, (), False)


def locate_text(catalogue: Catalogue, text: str, city_id: str) -> Located:
    """The first place that the text names; ambiguous or outside when it says so."""
    return locate_reading(catalogue.gazetteer.read(text, city_id))


def locate_reading(reading: Reading) -> Located:
    """The same for a text that was read already."""
    # a finer mention says more than a city's name alone
    for found in sorted(reading.found, key=_only_a_city):
        if found.certain:
            return Located(found.regions[0], found.method, (), False)
        return Located(None, None, found.regions, False)
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
    towns = [
        region
        for region in catalogue.atlas.regions.values()
        if region.level == "town"
        and region.lat is not None
        and (catalogue.atlas.within(region, inner) or _in_undrawn_zone(catalogue, region, codes))
    ]
    if not towns:
        return Located(inner, Method.BOUNDARY, (), False)
    nearest = min(towns, key=lambda town: _exact_distance(lat, lng, town.lat, town.lng))
    return Located(nearest, Method.NEAREST_POINT, (), False)


def _in_undrawn_zone(catalogue: Catalogue, town: Region, codes: frozenset[str]) -> bool:
    """A town of a functional zone: the zone has no boundary of its own, its counties hold it."""
    zone = catalogue.atlas.regions[town.parent_id or town.id]
    return zone.parent_id in codes and zone.id not in catalogue.boundaries.drawn


def nearest(
    catalogue: Catalogue,
    region: Region,
    *,
    at: tuple[float, float] | None = None,
    service: str | None = None,
    kind: str | None = None,
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
            and (kind == point.kind if kind else point.audience is None)
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
    return round(_exact_distance(lat, lng, to_lat, to_lng), 1)


def _exact_distance(lat: float, lng: float, to_lat: float | None, to_lng: float | None) -> float:
    if to_lat is None or to_lng is None:
        return math.inf
    a, b = math.radians(lat), math.radians(to_lat)
    half = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(to_lng - lng) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(half))
