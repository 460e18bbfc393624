"""GET /places/nearest."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import CityName, Latitude, Longitude, PlacesAnswer
from bot.api.state import State
from knowledge.contract import located_shape, online_shape, place_shape
from knowledge.places import NOWHERE, locate_point, locate_text, nearest, online

router = APIRouter(tags=["places"])


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
    at: tuple[float, float] | None = None
    if lat is not None and lng is not None:
        if not catalogue.boundaries.in_china(lat, lng):
            raise Problem(422, "not_in_china", "lat")
        at = (lat, lng)
        located = locate_point(catalogue, lat, lng)
    elif lat is not None or lng is not None or q is None:
        missing = "q" if lat is None and lng is None else "lng" if lng is None else "lat"
        raise Problem(422, "need_query", missing)
    else:
        located = locate_text(catalogue, q, home.id) if q.strip() else NOWHERE
    found = located.resolved
    places = (
        nearest(catalogue, found, at=at, service=service, kind=kind, limit=limit) if found else []
    )
    doors = online(catalogue, found.city_id if found else home.id, service)
    return {
        **located_shape(catalogue, located),
        "places": [place_shape(catalogue, place) for place in places],
        "online": [online_shape(door) for door in doors],
    }
