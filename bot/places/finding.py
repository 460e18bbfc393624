"""Which service point staff mean: by its id, its name, or the place where it is."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.catalogue import Catalogue, ServicePoint
from knowledge.places import is_platform, locate_text


def points_meant(catalogue: Catalogue, text: str, city_id: str) -> Sequence[ServicePoint]:
    """Every point of a city that the words can mean, the platform's own first.

    An id or a whole name means its points; else the place that is named, or the places of that
    name; else whatever has the words in its name.
    """
    wanted = text.strip()
    if not wanted:
        return ()
    here = [
        point
        for points in catalogue.points.values()
        for point in points
        if point.city_id == city_id
    ]
    found = [point for point in here if wanted in (point.id, point.name)]
    if not found:
        located = locate_text(catalogue, wanted, city_id)
        regions = (located.resolved,) if located.resolved else located.ambiguous
        found = [
            point
            for region in regions
            for point in catalogue.points.get(region.id, ())
            if point.city_id == city_id
        ]
        if not regions:
            found = [point for point in here if wanted in point.name]
    return sorted(found, key=lambda point: (not is_platform(point), point.id))


def whole_name(catalogue: Catalogue, point: ServicePoint) -> str:
    """The point's name, and where it is: many villages name theirs alike."""
    where = place_of(catalogue, point)
    return f"{point.name}（{where}）" if where else point.name


def place_of(catalogue: Catalogue, point: ServicePoint) -> str:
    """The division where it is, from large to small."""
    region = catalogue.atlas.regions.get(point.region_id)
    return catalogue.atlas.full_name(region) if region else ""
