"""Where a ticket may be passed on to: the services that fit it, and who near by gives them."""

from __future__ import annotations

from typing import Any

from bot.places.finding import points_meant, whole_name
from bot.tables import Ticket
from knowledge.atlas import Region
from knowledge.catalogue import Catalogue, ServicePoint
from knowledge.contract import place_shape
from knowledge.places import Place, nearest
from knowledge.referrals import CONSULTATION, Referral, Trouble, refer
from knowledge.taxonomy import taxonomy

PLACES_SHOWN = 5
FOUND_SHOWN = 20
# more points than any place and what it lies in have
EVERY = 10_000
STRANGE = "out_of_scope"


def referrals(catalogue: Catalogue, ticket: Ticket) -> list[Referral]:
    """The services for a ticket in the order of the referral rules; never none."""
    service = ticket.service if ticket.service in catalogue.services else None
    if service is None or service == STRANGE:
        # an operator who passes it on knows better than that it is nobody's business
        service = CONSULTATION
    sure = 1.0 if ticket.matter else 0.0
    trouble = Trouble(service, ticket.matter, sure, ticket.urgent, ticket.trouble)
    return refer(catalogue, ticket.city_id, trouble)


def rule_for(catalogue: Catalogue, ticket: Ticket, service: str) -> str | None:
    """The referral rule that names this service for this ticket; None: nobody's but the sender."""
    return next((one.rule for one in referrals(catalogue, ticket) if one.service == service), None)


def offers(catalogue: Catalogue, ticket: Ticket, wanted: str | None) -> dict[str, Any]:
    """What a console's dialog chooses from; `wanted`: a place that the operator looks for."""
    region = _region(catalogue, ticket)
    return {
        "desks": [
            {
                "service": one.service,
                "name": one.name,
                "desk": one.desk,
                "why": one.why,
                "rule": one.rule,
                "places": [
                    place_shape(catalogue, place)
                    for place in _giving(catalogue, region, one.service)
                ],
            }
            for one in _once_a_service(referrals(catalogue, ticket))
        ],
        "found": [
            {
                "id": point.id,
                "name": whole_name(catalogue, point),
                "services": [
                    {"id": id_, "name": taxonomy().service_name(id_)} for id_ in point.services
                ],
            }
            for point in points_meant(catalogue, wanted or "", ticket.city_id)[:FOUND_SHOWN]
        ],
    }


def place_of(catalogue: Catalogue, point: ServicePoint) -> Place:
    """A point as its own card shows it."""
    return Place(point, catalogue.atlas.regions[point.region_id], None)


def _giving(catalogue: Catalogue, region: Region, service: str) -> list[Place]:
    """The nearest points that give the service themselves: village, town, county, city."""
    found = nearest(catalogue, region, service=service, limit=EVERY)
    return [place for place in found if service in place.point.services][:PLACES_SHOWN]


def _once_a_service(found: list[Referral]) -> list[Referral]:
    """A slip names a service: of two rules of one service the first counts."""
    return list({one.service: one for one in reversed(found)}.values())[::-1]


def _region(catalogue: Catalogue, ticket: Ticket) -> Region:
    """Where the resident is; the whole city when nobody knows, or when it is elsewhere."""
    regions = catalogue.atlas.regions
    known = regions.get(ticket.region_id or "")
    if known is not None and known.city_id == ticket.city_id:
        return known
    return regions[catalogue.atlas.cities[ticket.city_id].region_id]
