"""GET /places/nearest."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import CityName, Latitude, Longitude, PlacesAnswer
from bot.api.state import State
from knowledge.catalogue import Catalogue
from knowledge.contract import located_shape, online_shape, place_shape
from knowledge.place_kinds import kinds, kinds_named
from knowledge.places import NOWHERE, locate_point, locate_text, nearest, online

router = APIRouter(tags=["places"])


def check_position(catalogue: Catalogue, lat: float, lng: float, field: str) -> None:
    """Raises Problem (422): not on China's land; latitude and longitude in each other's place."""
    if catalogue.boundaries.in_china(lat, lng):
        return
    swapped = catalogue.boundaries.in_china(lng, lat)
    raise Problem(422, "swapped" if swapped else "not_in_china", field)


@router.get(
    "/places/nearest", response_model=PlacesAnswer, responses={422: {"model": ProblemDocument}}
)
def places_nearest(
    state: State,
    city: Annotated[CityName | None, Query()] = None,
    q: Annotated[str | None, Query(max_length=500)] = None,
    lat: Annotated[Latitude | None, Query()] = None,
    lng: Annotated[Longitude | None, Query()] = None,
    service: Annotated[str | None, Query(max_length=40)] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> dict[str, Any]:
    """The nearest service points for a place named in `q`, or for WGS-84 coordinates."""
    home = state.city(city)
    catalogue = state.catalogue
    if service is not None and service not in catalogue.services:
        raise Problem(422, "unknown_service", "service", value=service)
    wanted = kinds_named(kind) if kind is not None else None
    if wanted is not None and not wanted:
        raise Problem(422, "unknown_kind", "kind", value=kind, kinds="、".join(kinds()))
    at: tuple[float, float] | None = None
    if lat is not None and lng is not None:
        check_position(catalogue, lat, lng, "lat")
        at = (lat, lng)
        located = locate_point(catalogue, lat, lng)
    elif lat is not None or lng is not None or q is None:
        missing = "q" if lat is None and lng is None else "lng" if lng is None else "lat"
        raise Problem(422, "need_query", missing)
    else:
        located = locate_text(catalogue, q, home.id) if q.strip() else NOWHERE
    found = located.resolved
    places = (
        nearest(catalogue, found, at=at, service=service, kinds=wanted, limit=limit)
        if found
        else []
    )
    doors = online(catalogue, found.city_id if found else home.id, service)
    return {
        **located_shape(catalogue, located),
        "places": [place_shape(catalogue, place) for place in places],
        "online": [online_shape(door) for door in doors],
    }
