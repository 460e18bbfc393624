"""How far, about how long, and where on a Chinese map.

An estimate for orientation: no plan's promise (the half-hour circle is past work in Zhongshan, a
goal in Qingyuan's draft, and not named in Lianyungang), and never better than the coordinates.
"""

from __future__ import annotations

import math
from urllib.parse import urlencode

import prcoords

EARTH_KM = 6371.0088
# assumptions of ours: roads are longer than the straight line, and one walks, rides, waits so fast
DETOUR = 1.4
WALK_KM = 1.0  # up to here one walks
WALK_KM_AN_HOUR = 4.5
RIDE_KM_AN_HOUR = 25  # bus or electric scooter, stops and lights included
WAITING_MINUTES = 5
ROUNDED_TO_MINUTES = 5
MAP = "https://uri.amap.com"


def distance_km(lat: float, lng: float, to_lat: float, to_lng: float) -> float:
    """Great-circle distance of two WGS-84 points in km."""
    a, b = math.radians(lat), math.radians(to_lat)
    half = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(to_lng - lng) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def travel_minutes(km: float) -> int:
    """Minutes on foot for a short way, else by bus or scooter; rounded up to five."""
    way = km * DETOUR
    hours = way / WALK_KM_AN_HOUR if way <= WALK_KM else way / RIDE_KM_AN_HOUR
    minutes = hours * 60 + (0 if way <= WALK_KM else WAITING_MINUTES)
    return max(ROUNDED_TO_MINUTES, math.ceil(minutes / ROUNDED_TO_MINUTES) * ROUNDED_TO_MINUTES)


def map_link(
    name: str, address: str | None, lat: float | None, lng: float | None, *, approximate: bool
) -> str:
    """A link to AMap (高德): a marker where the place was surveyed, else a search by its words.

    Chinese maps draw GCJ-02, so WGS-84 is turned into it. An approximate point gets no marker: it
    would stand on a door that is not there.
    """
    if lat is not None and lng is not None and not approximate:
        there = prcoords.wgs_gcj((lat, lng))
        position = f"{there.lon:.6f},{there.lat:.6f}"
        query = {"position": position, "name": name, "coordinate": "gaode", "callnative": 1}
        return f"{MAP}/marker?{urlencode(query)}"
    query = {"keyword": address or name, "view": "map", "coordinate": "gaode", "callnative": 1}
    if lat is not None and lng is not None:
        there = prcoords.wgs_gcj((lat, lng))
        query["center"] = f"{there.lon:.6f},{there.lat:.6f}"
    return f"{MAP}/search?{urlencode(query)}"
