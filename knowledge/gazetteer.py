"""From words to regions: the one place where a place name in a text becomes a region.

Names are compared with a dictionary of surfaces (full names, short names, interchangeable endings
such as 镇 / 街道 / 区, aliases). A name that several regions share stays open until another name in
the text, or the resident, decides; ordinary words that are also names need a word of place beside
them; and a bare village name counts only right after its town.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.atlas import Atlas, Region
from knowledge.text import normalise

TOWN_ENDINGS = ("镇", "街道", "区", "乡", "街道办", "街道办事处", "镇政府")
VILLAGE_ENDINGS = ("村", "社区", "村委会", "居委会", "村委", "居委", "村民委员会", "居民委员会")
OFFICIAL_ENDINGS = ("社区居民委员会", "居民委员会", "村民委员会", "社区居委会", "居委会", "村委会")
BEFORE_PLACE = (
    "在",
    "到",
    "去",
    "住",
    "来",
    "回",
    "喺",
    "从",
    "往",
    "于",
    "是",
    "离",
    "近",
    "市",
    "省",
)
AFTER_PLACE = (
    "镇", "街道", "区", "乡", "那", "这", "附近", "司法所", "派出所", "法庭", "哪", "边", "人",
    "打工", "上班", "做工", "工作", "呢", "嗰", "旁", "周边", "的服务", "服务站", "公共法律",
)  # fmt: skip
# 中山 is also a president, roads, a university: these neighbours say that no city is meant
NOT_THE_CITY = {"中山": (("孙",), ("路", "大学", "医院", "大道", "公园", "装", "陵", "先生", "区"))}


# a kind of village, not the name of one: villages so called are known right behind their town
GENERIC = frozenset({"城中村"})


class Method(StrEnum):
    """How a region was found, as the public contract names it."""

    NAME = "name"
    ALIAS = "alias"
    FUZZY = "fuzzy"
    BOUNDARY = "boundary"
    NEAREST_POINT = "nearest_point"


class Strength(StrEnum):
    """How surely a surface means its region."""

    EXACT = "exact"  # an official name
    ALIAS = "alias"  # a name that staff listed
    VARIANT = "variant"  # the name with another ending
    SHORT = "short"  # the name without its ending


@dataclass(frozen=True, slots=True)
class Hit:
    """One place name in a text: where it stands, and every region it can mean."""

    start: int
    end: int
    regions: tuple[Region, ...]
    method: Method


@dataclass(frozen=True)
class Found:
    """What one place mention came to: a single region, or several to choose from."""

    regions: tuple[Region, ...]
    method: Method

    @property
    def certain(self) -> bool:
        return len(self.regions) == 1


@dataclass(frozen=True)
class Reading:
    """Every place mention of a text in order, and known places outside the served cities."""

    found: tuple[Found, ...]
    elsewhere: tuple[str, ...]

    @property
    def outside(self) -> bool:
        """Only a place elsewhere was named."""
        return bool(self.elsewhere) and not self.found


class Gazetteer:
    """The dictionary of surfaces. Built once per edition; reading a text costs well under 1 ms."""

    def __init__(self, atlas: Atlas, elsewhere: frozenset[str] = frozenset()) -> None:
        self._atlas = atlas
        self._surfaces: dict[str, dict[str, Strength]] = {}
        self._bare_villages: dict[str, list[Region]] = {}
        self._ordinary = {
            city.id: frozenset(city.card["ordinary_words"]) for city in atlas.cities.values()
        }
        self._only_with_ending = {
            city.id: frozenset(city.card.get("only_with_ending", ()))
            for city in atlas.cities.values()
        }
        for region in atlas.regions.values():
            self._add_region(region)
        for alias in atlas.aliases:
            self._add(alias.text, atlas.regions[alias.region_id], Strength.ALIAS)
        self._elsewhere = frozenset(name for name in elsewhere if name not in self._surfaces)
        self._longest = max(map(len, {*self._surfaces, *self._elsewhere}), default=0)

    @property
    def surfaces(self) -> dict[str, dict[str, Strength]]:
        """Surface → region ids with the strength of the claim."""
        return self._surfaces

    def read(self, text: str, city_id: str) -> Reading:
        """The places that `text` names, seen from a resident of `city_id`."""
        plain = normalise(text)
        hits, elsewhere = self._scan(plain, city_id)
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
        claims = self._surfaces.setdefault(surface, {})
        order = list(Strength)
        if region.id not in claims or order.index(strength) < order.index(claims[region.id]):
            claims[region.id] = strength

    def _scan(self, text: str, city_id: str) -> tuple[list[Hit], list[str]]:
        hits: list[Hit] = []
        elsewhere: list[str] = []
        position = 0
        while position < len(text):
            hit = self._bare_village_at(text, position, hits[-1] if hits else None)
            for end in range(min(len(text), position + self._longest), position + 1, -1):
                if hit and end <= hit.end:
                    break
                surface = text[position:end]
                claims = self._surfaces.get(surface)
                if claims:
                    hit = self._hit(text, position, end, claims, city_id, hits)
                    if hit:
                        break
                elif surface in self._elsewhere and self._means_elsewhere(text, position, end):
                    elsewhere.append(surface)
                    position = end - 1
                    break
            if hit:
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
        claims: dict[str, Strength],
        city_id: str,
        before: list[Hit],
    ) -> Hit | None:
        surface = text[start:end]
        named = {region.city_id for hit in before for region in hit.regions}
        fitting: list[tuple[Strength, Region]] = []
        for region_id, strength in claims.items():
            region = self._atlas.regions[region_id]
            if region.level == "city":
                if strength is Strength.SHORT and _not_the_city(text, start, end):
                    continue
            elif strength is Strength.SHORT or surface in self._ordinary[region.city_id]:
                near = region.city_id == city_id or region.city_id in named
                if not near:
                    continue
                behind_place = bool(before) and before[-1].end == start
                if surface in self._only_with_ending[region.city_id] and not behind_place:
                    continue
                if surface in self._ordinary[region.city_id] and not _beside_place(
                    text, start, end, before
                ):
                    continue
            fitting.append((strength, region))
        if not fitting:
            return None
        # what lies in the city just named, else in the resident's own, comes before the rest
        for near_by in (named, {city_id}):
            fitting = [claim for claim in fitting if claim[1].city_id in near_by] or fitting
        # an official name beats the same word made with another ending
        order = list(Strength)
        best = min(order.index(strength) for strength, _ in fitting)
        chosen = [region for strength, region in fitting if order.index(strength) == best]
        shallow = min(region.depth for region in chosen)
        regions = tuple(region for region in chosen if region.depth == shallow)
        method = Method.ALIAS if order[best] is Strength.ALIAS else Method.NAME
        return Hit(start, end, regions, method)

    def _bare_village_at(self, text: str, position: int, last: Hit | None) -> Hit | None:
        """小榄太平: a village without its ending counts only right behind its town."""
        if last is None or last.end != position:
            return None
        for end in range(min(len(text), position + 8), position + 1, -1):
            villages = [
                village
                for village in self._bare_villages.get(text[position:end], ())
                if any(
                    town.level == "town" and self._atlas.within(village, town)
                    for town in last.regions
                )
            ]
            if villages:
                return Hit(position, end, tuple(villages), Method.NAME)
        return None

    def _means_elsewhere(self, text: str, start: int, end: int) -> bool:
        if text[end - 1] in "市县区州盟旗":
            return True
        return _beside_place(text, start, end, [])

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
                joined = Found(tuple(finer), hit.method)
                return [*groups[:index], joined, *groups[index + 1 :]]
        return [*groups, Found(hit.regions, hit.method)]

    @staticmethod
    def _prefer(group: Found, city_id: str) -> Found:
        own = tuple(region for region in group.regions if region.city_id == city_id)
        return Found(own, group.method) if own else group

    @staticmethod
    def _without_repeats(found: tuple[Found, ...]) -> tuple[Found, ...]:
        kept: dict[tuple[str, ...], Found] = {}
        for group in found:
            kept.setdefault(tuple(region.id for region in group.regions), group)
        return tuple(kept.values())


def _beside_place(text: str, start: int, end: int, before: list[Hit]) -> bool:
    """A word of place before or after, another place name ending here, or nothing else said."""
    if before and before[-1].end == start:
        return True
    if not any(map(str.isalnum, text[:start] + text[end:])):
        return True
    return text[:start].endswith(BEFORE_PLACE) or text[end:].startswith(AFTER_PLACE)


def _not_the_city(text: str, start: int, end: int) -> bool:
    before, after = NOT_THE_CITY.get(text[start:end], ((), ()))
    return text[:start].endswith(before) or text[end:].startswith(after)
