"""The public shapes of regions, places, online doors and referrals (see docs/api.md).

Chat cards and API answers are the same shapes, so they are made in one place.
"""

from __future__ import annotations

from typing import Any

from knowledge.atlas import Region
from knowledge.catalogue import Catalogue, OnlineChannel
from knowledge.places import Located, Place
from knowledge.referrals import Referral

Shape = dict[str, Any]


def place_shape(catalogue: Catalogue, place: Place) -> Shape:
    """A service point; unknown values are null, `verified` false means 待核实."""
    point = place.point
    names = catalogue.atlas.named(place.region)
    return {
        "id": point.id,
        "name": point.name,
        "kind": point.kind,
        "level": point.level,
        "region_id": point.region_id,
        "county": names["county"],
        "town": names["town"],
        "services": list(point.services),
        "address": point.address,
        "phone": point.phone,
        "hours": point.hours,
        "hours_exceptions": None,
        # hours as text cannot be computed with: unknown until staff enter them as data
        "open_now": None,
        "accessibility": point.accessibility,
        "lat": point.lat,
        "lng": point.lng,
        "approximate": point.approximate,
        "distance_km": place.distance_km,
        "travel_minutes": None,
        "verified": point.verified,
        "source": point.source,
        "as_of": point.as_of,
    }


def online_shape(channel: OnlineChannel) -> Shape:
    """An online door; `url` is null where no source gives one."""
    return {
        "name": channel.name,
        "url": channel.url,
        "what": channel.what,
        "verified": channel.verified,
        "source": channel.source,
    }


def referral_shape(referral: Referral) -> Shape:
    """One desk with its reason; `desk` is the body's own name, `party` whom it fits."""
    return {
        "service": referral.service,
        "name": referral.name,
        "desk": referral.desk,
        "why": referral.why,
        "source": referral.source,
        "deadline": referral.deadline,
        "party": referral.party,
    }


def located_shape(catalogue: Catalogue, located: Located) -> Shape:
    """resolved, ambiguous, outside: where a place question stands."""
    resolved: Shape | None = None
    if located.resolved and located.method:
        resolved = {**catalogue.atlas.named(located.resolved), "method": located.method.value}
    return {
        "resolved": resolved,
        "ambiguous": [catalogue.atlas.named(region) for region in located.ambiguous],
        "outside": located.outside,
    }


def region_shapes(catalogue: Catalogue, regions: list[Region]) -> list[Shape]:
    """Regions as region_id, city, county, town, village."""
    return [dict(catalogue.atlas.named(region)) for region in regions]
