"""Names that a text only sounds or looks like: 小蓝, 坦州, 大冲镇, 五挂山, 沙溪镇像角村.

Tried only where no name stands as it is, or right behind the name of a town or county. What is
found says so (`Method.FUZZY`) and keeps what was written, so that the resident can object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from knowledge.atlas import Atlas, Region
from knowledge.mentions import Claims, Hit, Strength, best_hit
from knowledge.place_words import DISTRICT_ENDINGS, GENERIC, means_a_place
from knowledge.sounds import LONGEST_NAME, TOWN_SIZED, Sounds, close_enough, same_sound, split

Surfaces = Mapping[str, Mapping[str, Mapping[str, Strength]]]
FIRST, LAST = "\u4e00", "\u9fff"


class Alike:
    """Looks for them city by city; what a city sounds like is made when it is first wanted."""

    def __init__(
        self, atlas: Atlas, surfaces: Surfaces, villages: Mapping[str, list[Region]]
    ) -> None:
        """`villages`: the villages by their names without ending."""
        self._atlas = atlas
        self._surfaces = surfaces
        self._villages = villages
        self._sounds: dict[str, Sounds] = {}

    def read(self, text: str, city_id: str, exact: list[Hit]) -> list[Hit]:
        """The names alike, in a city named or one's own; `exact` are the names found before."""
        finer = [hit for hit in exact if all(region.level != "city" for region in hit.regions)]
        if finer:
            return [found for hit in finer if (found := self._right_behind(text, hit))]
        cities = [region.city_id for hit in exact for region in hit.regions]
        for city in dict.fromkeys([*cities, city_id]):
            hits = self._of_city(text, city)
            if hits:
                return hits
        return []

    def _of_city(self, text: str, city_id: str) -> list[Hit]:
        found: list[Hit] = []
        for start, end in _windows(text):
            if found and start < found[-1].end:
                continue
            if self._stands_there(text[start:end]) or not means_a_place(text, start, end):
                continue
            claims = self._claims(text[start:end], city_id)
            if claims:
                found.append(best_hit(start, end, claims, text[start:end]))
        return found

    def _right_behind(self, text: str, hit: Hit) -> Hit | None:
        """沙溪镇像角村: a name alike among what lies in the place named before it."""
        for end in range(min(len(text), hit.end + LONGEST_NAME), hit.end + 2, -1):
            written = text[hit.end : end]
            if not written.endswith(DISTRICT_ENDINGS) or self._stands_there(written):
                continue
            claims = [
                (strength, region)
                for outer in hit.regions
                for strength, region in self._claims(written, outer.city_id)
                if region.id != outer.id and self._atlas.within(region, outer)
            ]
            if claims:
                return best_hit(hit.end, end, claims, written)
        return None

    def _claims(self, written: str, city_id: str) -> Claims:
        """The regions of a city whose names are alike; by sound before by letters.

        坦背镇, 沙朗镇: an old town lives on as the village of its name; no other town is meant.
        """
        stem, ending = split(written)
        villages = self._villages.get(stem, []) if ending in TOWN_SIZED else []
        merged = [village for village in villages if village.city_id == city_id]
        sounds = self._sounds_of(city_id)
        names = [name for name in sounds.alike(written) if close_enough(written, name)]
        # 深湾镇 sounds just like 神湾镇, and is that rather than the village 深湾
        if merged and not any(same_sound(written, name) for name in names):
            return [(Strength.VARIANT, village) for village in merged]
        names = names or list(sounds.shaped(written)) or list(sounds.near(written))
        return [
            (strength, self._atlas.regions[region_id])
            for name in names
            for region_id, strength in self._surfaces[name].get(city_id, {}).items()
        ]

    def _stands_there(self, written: str) -> bool:
        """A name stands in it as it is, and was not meant (中山路, 城中村)."""
        return written in GENERIC or any(
            written[start:end] in self._surfaces
            for start in range(len(written) - 1)
            for end in range(start + 2, len(written) + 1)
        )

    def _sounds_of(self, city_id: str) -> Sounds:
        if city_id not in self._sounds:
            names: Iterable[str] = (
                name for name, cities in self._surfaces.items() if city_id in cities
            )
            self._sounds[city_id] = Sounds.of(tuple(names))
        return self._sounds[city_id]


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of Chinese letters that could be a name, the longer first at each place."""
    for start in range(len(text)):
        for end in range(min(len(text), start + LONGEST_NAME), start + 1, -1):
            if min(text[start:end]) >= FIRST and max(text[start:end]) <= LAST:
                yield start, end
