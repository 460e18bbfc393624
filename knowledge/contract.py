"""The public shapes of regions, places, online doors and referrals (see docs/api.md).

Chat cards and API answers are the same shapes, so they are made in one place.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from knowledge.atlas import Region
from knowledge.catalogue import Catalogue, OnlineChannel
from knowledge.china import CHINA, today
from knowledge.citing import cite
from knowledge.hours import opening_at
from knowledge.hours_in_words import exception_in_words
from knowledge.law.links import cited_shape
from knowledge.places import Located, Place
from knowledge.referrals import Referral
from knowledge.time_limits.limits import Reckoned, TimeLimit, hear_start, reckon
from knowledge.travel import map_link, travel_minutes

Shape = dict[str, Any]


def place_shape(catalogue: Catalogue, place: Place, now: datetime | None = None) -> Shape:
    """A service point; unknown values are null, `verified` false means 待核实.

    `open_now` and the exceptions are those of `now`, without it of this moment.
    """
    moment = now or datetime.now(CHINA)
    point = place.point
    names = catalogue.atlas.named(place.region)
    closures = catalogue.closures.get(point.id, ())
    opening = opening_at(point.opening, closures, moment)
    city = catalogue.atlas.cities[point.city_id]
    named = point.name if point.name.startswith(city.short) else city.name + point.name
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
        "hours_exceptions": exception_in_words(opening, closures, moment),
        "open_now": opening.now,
        "opens_next": opening.opens_next.isoformat() if opening.opens_next else None,
        "accessibility": point.accessibility,
        "lat": point.lat,
        "lng": point.lng,
        "approximate": point.approximate,
        "distance_km": place.distance_km,
        "travel_minutes": None if place.distance_km is None else travel_minutes(place.distance_km),
        "map_url": map_link(
            named, point.address, point.lat, point.lng, approximate=point.approximate
        ),
        "verified": point.verified,
        "source": point.source,
        "as_of": point.as_of,
        "people": [
            {
                "name": person.name,
                "role": person.role,
                "organisation": person.organisation,
                "phone": person.phone,
                "verified": person.verified,
            }
            for person in catalogue.people.get(point.id, ())
        ],
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


def referral_shape(
    catalogue: Catalogue, city_id: str, referral: Referral, said: str = "", day: date | None = None
) -> Shape:
    """One desk with its reason; `desk` is the body's own name, `party` whom it fits.

    `said` are the resident's words: a day in them starts the limits whose event they name. `day`
    is the day on which it is asked, without it today.
    """
    asked_on = day or today()
    year = asked_on.year
    return {
        "service": referral.service,
        "name": referral.name,
        "desk": referral.desk,
        "why": referral.why,
        "source": referral.source,
        "cited": cited_shape(referral.source),
        "deadline": referral.deadline,
        "party": referral.party,
        "otherwise": referral.otherwise,
        "mediation": [
            {
                "kind": door.kind,
                "link": door.link,
                "where": door.where,
                "how": door.how,
                "source": cite(catalogue, city_id, door.citations, year),
            }
            for door in referral.doors
        ],
        "limits": [_limit_shape(limit, said, asked_on) for limit in referral.limits],
    }


def _limit_shape(limit: TimeLimit, said: str, day: date) -> Shape:
    start = hear_start(limit, said, day)
    reckoned = reckon(limit, start, day) if start else None
    return {
        "id": limit.id,
        "act": limit.act,
        "starts": limit.starts,
        "text": limit.text,
        "exception": limit.exception,
        "source": limit.basis,
        "due": due_shape(reckoned) if reckoned else None,
    }


def due_shape(reckoned: Reckoned) -> Shape:
    """The last day of a limit: never certain where an exception exists or only a stretch was said.

    `announced` false: the holidays of that year are not known, so a last day off is not moved.
    """
    return {
        "from": reckoned.start.first.isoformat(),
        "last_day": reckoned.last.day.isoformat(),
        "moved": reckoned.last.day != reckoned.last.plain,
        "announced": reckoned.last.announced,
        "days_left": reckoned.days_left,
        "standing": reckoned.standing.value,
        "certain": reckoned.certain,
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
