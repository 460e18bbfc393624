"""Streets with their house numbers, buildings and rooms; towns and villages stay. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from bot.unanswered.word_lists import HAN, any_of, letters, listed, shown

_COUNT = "[0-9一二三四五六七八九十百零〇]"
_ROAD = r"(?:大道|大街|胡同|路|街道?|巷|弄)"
# 12号, 3栋, 二单元, a座 … one after the other, and the room at the end
_HOUSE = (
    rf"(?:[附内第]?(?:[a-z]?{_COUNT}{{1,5}}[a-z]?|[a-z])\s*"
    r"(?:号楼|号院|号铺|号房|号|栋|幢|座|单元|层|楼|室|房|铺|弄|巷|梯|期|区|-|之)\s*)"
)
_ROOM = r"(?:[a-z]?\d{1,4}(?:室|房|铺)?(?![0-9年月日元块万千百]))?"
_BUILDING = (
    r"(?<![0-9])(?:(?:[a-z]?\d{1,4}[a-z]?|[a-z])\s*(?:栋|幢|座|号楼|号院|单元)"
    rf"|{_COUNT}{{1,3}}(?:栋|幢|号楼|单元))\s*{_HOUSE}{{0,6}}{_ROOM}"
)
_DOOR = re.compile(r"(?<!\d)\d{3,4}\s*(?:室|号房|房(?![价贷租产屋子款东间地]))")
_VILLAGE = re.compile(rf"(村|组|队|社区|屯|坊)第?{_COUNT}{{1,5}}号(?!线)")


@dataclass(frozen=True)
class _Patterns:
    road: re.Pattern[str]
    estate: re.Pattern[str]
    building: re.Pattern[str]


def without_addresses(text: str) -> str:
    """Where somebody lives or works, down to the door."""
    patterns = _patterns()
    text = patterns.road.sub(shown("road"), text)
    text = patterns.estate.sub(shown("estate"), text)
    text = patterns.building.sub(shown("house"), text)
    text = _VILLAGE.sub(lambda found: found[1] + shown("house"), text)
    return _DOOR.sub(shown("house"), text)


@cache
def _patterns() -> _Patterns:
    name = rf"(?:(?![{letters('not_in_road')}])[{HAN}]){{1,6}}"
    side = rf"[东南西北中]?(?:{_COUNT}{{1,3}}[横直]?(?:路|街|巷|弄))?"
    return _Patterns(
        re.compile(rf"{name}?{_ROAD}{side}\s*{_HOUSE}{{1,8}}{_ROOM}"),
        re.compile(rf"{name}{any_of(listed('estates'))}\s*{_BUILDING}"),
        re.compile(_BUILDING),
    )
