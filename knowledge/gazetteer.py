"""From words to regions: the one place where a place name in a text becomes a region.

Names are compared with a dictionary of surfaces (full names, short names, interchangeable endings
such as 镇 / 街道 / 区, aliases). A name that several regions share stays open until another name in
the text, or the resident, decides; ordinary words that are also names need a word of place beside
them; and a bare village name counts only right after its town.
"""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.alike import Alike
from knowledge.atlas import Atlas, Region
from knowledge.mentions import Found, Hit, Method, Reading, Strength, best_hit
from knowledge.place_words import (
    BEFORE_PLACE,
    GENERIC,
    OFFICIAL_ENDINGS,
    TOWN_ENDINGS,
    VILLAGE_ENDINGS,
    beside_place,
    inner_place,
    means_a_place,
    named_after,
    no_place,
    of_a_person,
    only_origin,
)
from knowledge.text import normalise

LONGEST_VILLAGE = 8  # characters of a village's name without its ending


class Gazetteer:
    """The dictionary of surfaces. Built once per edition; reading a text costs well under 1 ms."""

    def __init__(
        self,
        atlas: Atlas,
        elsewhere: frozenset[str] = frozenset(),
        inner: frozenset[str] = frozenset(),
    ) -> None:
        """`elsewhere`: names of other cities and counties; `inner`: what stands behind such a name
        without its ending (深圳宝安)."""
        self._atlas = atlas
        self._inner = inner
        # surface → city → regions that it can mean: most cities of a country share names
        self._claims: dict[str, dict[str, dict[str, Strength]]] = {}
        self._bare_villages: dict[str, list[Region]] = {}
        self._ordinary = {
            city.id: frozenset(city.card["ordinary_words"]) for city in atlas.cities.values()
        }
        self._only_with_ending = {
            city.id: frozenset(city.card.get("only_with_ending", ()))
            for city in atlas.cities.values()
        }
        self._ordinary_villages = {
            city.id: frozenset(city.card.get("ordinary_villages", ()))
            for city in atlas.cities.values()
        }
        for region in atlas.regions.values():
            self._add_region(region)
        for alias in atlas.aliases:
            self._add(alias.text, atlas.regions[alias.region_id], Strength.ALIAS)
        # 三水区, 金山区: a real district is more than another way of writing 三水乡, 金山镇
        self._elsewhere = frozenset(name for name in elsewhere if self._weakly_claimed(name))
        self._alike = Alike(atlas, self._claims, self._bare_villages)
        self._longest = max(map(len, {*self._claims, *self._elsewhere}), default=0)

    @property
    def surfaces(self) -> dict[str, dict[str, Strength]]:
        """Surface → region ids with the strength of the claim."""
        return {
            surface: {
                id_: strength for claims in cities.values() for id_, strength in claims.items()
            }
            for surface, cities in self._claims.items()
        }

    def read(self, text: str, city_id: str) -> Reading:
        """The places that `text` names, seen from a resident of `city_id`."""
        plain = normalise(text)
        hits, elsewhere = self._scan(plain, city_id)
        if not elsewhere:
            hits += self._alike.read(plain, city_id, hits)
            hits = hits or self._lone_village(plain, city_id)
        groups: list[Found] = []
        for hit in hits:
            groups = self._join(groups, hit)
        found = tuple(self._prefer(group, city_id) for group in groups)
        return Reading(self._without_repeats(found), tuple(elsewhere))

    def _add_region(self, region: Region) -> None:
        self._add(region.name, region, Strength.EXACT)
        if region.level == "city" or region.level == "county":
            self._add(region.short, region, Strength.SHORT)
        elif region.level == "town":
            self._add(region.short, region, Strength.SHORT)
            if region.short != region.name:
                for ending in TOWN_ENDINGS:
                    self._add(region.short + ending, region, Strength.VARIANT)
        else:
            stem = region.name
            for ending in OFFICIAL_ENDINGS:
                stem = stem.removesuffix(ending)
            stem = stem.removesuffix("社区") or stem
            if stem.endswith("村") and len(stem) > 2:
                stem = stem.removesuffix("村")
            own = "村" if region.kind == "村" else "社区"
            self._add(stem + own, region, Strength.EXACT)
            for ending in VILLAGE_ENDINGS:
                self._add(stem + ending, region, Strength.VARIANT)
            self._bare_villages.setdefault(stem, []).append(region)

    def _add(self, surface: str, region: Region, strength: Strength) -> None:
        surface = normalise(surface)
        if len(surface) < 2 or surface in GENERIC:
            return
        claims = self._claims.setdefault(surface, {}).setdefault(region.city_id, {})
        order = list(Strength)
        if region.id not in claims or order.index(strength) < order.index(claims[region.id]):
            claims[region.id] = strength

    def _scan(self, text: str, city_id: str) -> tuple[list[Hit], list[str]]:
        hits: list[Hit] = []
        elsewhere: list[str] = []
        position, abroad = 0, -1
        while position < len(text):
            hit = self._bare_village_at(text, position, hits[-1] if hits else None)
            for end in range(min(len(text), position + self._longest), position + 1, -1):
                if hit and end <= hit.end:
                    break
                surface = text[position:end]
                claims = self._claims.get(surface)
                if claims:
                    hit = self._hit(text, position, end, claims, city_id, hits)
                    if hit:
                        break
                if surface in self._elsewhere and self._means_elsewhere(text, position, end):
                    elsewhere.append(surface)
                    abroad = end + self._inner_at(text, end)
                    position = abroad - 1
                    break
                if self._county_before_a_name(text, position, end):
                    elsewhere.append(surface)
                    abroad = end
                    position = abroad - 1
                    break
            if hit and position == abroad:
                # 湖南常德太平镇: what stands right behind a place elsewhere lies there
                abroad = position = hit.end
            elif hit:
                hits.append(hit)
                position = hit.end
            else:
                position += 1
        return hits, elsewhere

    def _hit(
        self,
        text: str,
        start: int,
        end: int,
        claims: dict[str, dict[str, Strength]],
        city_id: str,
        before: list[Hit],
    ) -> Hit | None:
        named = {region.city_id for hit in before for region in hit.regions}
        # what lies in the city just named, else in the resident's own, comes before the rest
        nearer = (
            [city for city in claims if city in named],
            [city_id] if city_id in claims else [],
        )
        for cities in (*nearer, [city for city in claims if city not in {*named, city_id}]):
            fitting = [
                (strength, region)
                for city in cities
                for region, strength in self._fitting(
                    text, start, end, claims[city], city_id, before
                )
            ]
            if fitting:
                return best_hit(start, end, fitting)
        return None

    def _fitting(
        self,
        text: str,
        start: int,
        end: int,
        claims: dict[str, Strength],
        city_id: str,
        before: list[Hit],
    ) -> Iterator[tuple[Region, Strength]]:
        """The regions of one city that the surface means where it stands."""
        surface = text[start:end]
        if no_place(text, start, end):
            return
        behind_place = bool(before) and before[-1].end == start
        for region_id, strength in claims.items():
            region = self._atlas.regions[region_id]
            if strength is Strength.SHORT and of_a_person(text, start):
                continue
            if strength is Strength.VARIANT and surface in self._elsewhere and not behind_place:
                continue
            if region.level != "city" and (
                strength is Strength.SHORT or surface in self._ordinary[region.city_id]
            ):
                near = region.city_id == city_id or any(
                    region.city_id == other.city_id for hit in before for other in hit.regions
                )
                # 户口在连州: a county of another city is known by its short name too
                if not near and not (region.level == "county" and beside_place(text, start, end)):
                    continue
                if surface in self._only_with_ending[region.city_id] and not behind_place:
                    continue
                ordinary = surface in self._ordinary[region.city_id]
                beside = behind_place or (
                    beside_place(text, start, end) and not named_after(text, end)
                )
                if ordinary and not beside and not self._name_at(text, end, region):
                    continue
            yield region, strength

    def _name_at(self, text: str, position: int, outer: Region) -> bool:
        """清新太平镇: a name of something inside the region follows."""
        return any(
            self._atlas.within(self._atlas.regions[region_id], outer)
            for end in range(position + 2, min(len(text), position + self._longest) + 1)
            for region_id in self._claims.get(text[position:end], {}).get(outer.city_id, ())
        )

    def _bare_village_at(self, text: str, position: int, last: Hit | None) -> Hit | None:
        """小榄太平: a village without its ending counts only right behind its town."""
        if last is None or text[last.end : position] not in ("", "的"):
            return None
        for end in range(min(len(text), position + LONGEST_VILLAGE), position + 1, -1):
            villages = [
                village
                for village in self._bare_villages.get(text[position:end], ())
                if any(
                    town.level == "town" and self._atlas.within(village, town)
                    for town in last.regions
                )
            ]
            if villages:
                return Hit(position, end, tuple(villages), Method.NAME, Strength.SHORT)
        return None

    def _lone_village(self, text: str, city_id: str) -> list[Hit]:
        """我住濠涌那边: a village's name without its ending, where nothing else can be meant."""
        for start in range(len(text)):
            for end in range(min(len(text), start + LONGEST_VILLAGE), start + 1, -1):
                name = text[start:end]
                if name in self._ordinary[city_id] or name in self._ordinary_villages[city_id]:
                    continue
                if not means_a_place(text, start, end):
                    continue
                villages = tuple(
                    village
                    for village in self._bare_villages.get(name, ())
                    if village.city_id == city_id
                )
                if villages:
                    return [Hit(start, end, villages, Method.NAME, Strength.SHORT)]
        return []

    def _means_elsewhere(self, text: str, start: int, end: int) -> bool:
        if only_origin(text, end):
            return False
        # 苏州商会, 兰州拉面: the 州 of a short name is no ending
        official = text[end - 1] in "省市县区盟旗" or (text[end - 1] == "州" and end - start > 2)
        if official or inner_place(text, end):
            return True
        behind = (text[end:to] for to in range(end + 2, min(len(text), end + self._longest) + 1))
        if any(name in self._elsewhere or name in self._claims for name in behind):
            return True
        return bool(self._inner_at(text, end)) or beside_place(text, start, end)

    def _weakly_claimed(self, name: str) -> bool:
        """Nothing here is called so, unless by an ending that is not its own."""
        return all(
            strength is Strength.VARIANT
            for claims in self._claims.get(name, {}).values()
            for strength in claims.values()
        )

    def _county_before_a_name(self, text: str, start: int, end: int) -> bool:
        """大理沙溪, 沭阳青湖: a county elsewhere, and right behind it the name of a town."""
        name, behind = text[start:end], text[:start]
        if name not in self._inner or name in self._claims or name in self._bare_villages:
            return False
        if behind and behind[-1].isalnum() and not behind.endswith(BEFORE_PLACE):
            return False
        return any(
            self._atlas.regions[region_id].level == "town"
            for to in range(end + 2, min(len(text), end + self._longest) + 1)
            for ids in self._claims.get(text[end:to], {}).values()
            for region_id in ids
        )

    def _inner_at(self, text: str, position: int) -> int:
        """The length of the name of a place elsewhere that stands right behind another; else 0."""
        for length in (4, 3, 2):
            if text[position : position + length] in self._inner:
                return length + text[position + length :].startswith(("区", "县", "市"))
        return 0

    def _join(self, groups: list[Found], hit: Hit) -> list[Found]:
        """Put a hit with the mention it belongs to (清新区 + 太平镇), or start a new one."""
        for index in range(len(groups) - 1, -1, -1):
            group = groups[index]
            finer = [
                region
                for region in hit.regions
                if any(self._atlas.within(region, outer) for outer in group.regions)
            ]
            if not finer:
                finer = [
                    region
                    for region in group.regions
                    if any(self._atlas.within(region, outer) for outer in hit.regions)
                ]
            if finer:
                joined = Found(tuple(finer), hit.method, hit.written)
                return [*groups[:index], joined, *groups[index + 1 :]]
        return [*groups, Found(hit.regions, hit.method, hit.written)]

    @staticmethod
    def _prefer(group: Found, city_id: str) -> Found:
        own = tuple(region for region in group.regions if region.city_id == city_id)
        return Found(own, group.method, group.written) if own else group

    @staticmethod
    def _without_repeats(found: tuple[Found, ...]) -> tuple[Found, ...]:
        kept: dict[tuple[str, ...], Found] = {}
        for group in found:
            kept.setdefault(tuple(region.id for region in group.regions), group)
        return tuple(kept.values())
