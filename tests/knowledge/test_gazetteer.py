"""From words to regions: what a text names, what it leaves open, and what is no place at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from knowledge.atlas import Alias, Atlas, Region
from knowledge.catalogue import Catalogue
from knowledge.gazetteer import Gazetteer
from knowledge.mentions import Method, Strength
from knowledge.places import locate_text
from knowledge.text import normalise

CITIES = ("zhongshan", "qingyuan", "lianyungang")
# the second file was written by somebody who did not see the resolver
FILES = ("place_queries.yml", "place_queries_typed.yml")
QUERIES: list[dict[str, Any]] = [
    query
    for name in FILES
    for section in yaml.safe_load(
        (Path(__file__).parent / name).read_text(encoding="utf-8")
    ).values()
    for query in section
]
TOWN = st.sampled_from(
    ["石岐街道", "小榄镇", "坦洲镇", "港口镇", "三角镇", "民众街道", "东区街道", "五桂山街道"]
)


def test_there_are_enough_queries() -> None:
    asked = [(query["city"], query["text"]) for query in QUERIES]
    assert len(set(asked)) == len(asked) >= 700
    answers = {"region", "ambiguous", "outside", "nothing", "both"}
    assert all(len(answers & set(query)) == 1 for query in QUERIES)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: f"{query['city']}-{query['text']}")
def test_a_place_query(catalogue: Catalogue, query: dict[str, Any]) -> None:
    located = locate_text(catalogue, query["text"], query["city"])
    assert (located.resolved.id if located.resolved else None) == query.get("region")
    asked_about = [region.id for region in located.ambiguous]
    assert sorted(asked_about) == sorted(query.get("both") or query.get("ambiguous") or [])
    assert located.several is ("both" in query)
    assert located.outside is query.get("outside", False)
    if query.get("method") == "fuzzy" and "region" in query:
        assert located.method is Method.FUZZY
        # what was written is kept, so that the resident can object
        assert located.written
        assert located.written in normalise(query["text"])


@pytest.mark.parametrize("city", CITIES)
def test_every_town_is_found_by_its_name(catalogue: Catalogue, city: str) -> None:
    towns = [r for r in catalogue.atlas.regions.values() if r.level == "town" and r.city_id == city]
    for town in towns:
        same = {other.id for other in towns if other.name == town.name}
        for text in (town.name, f"我在{town.name}那边被欠薪"):
            located = locate_text(catalogue, text, city)
            got = {region.id for region in located.ambiguous or (located.resolved,) if region}
            assert got == same, text


@pytest.mark.parametrize("city", CITIES)
def test_a_full_name_is_never_ambiguous(catalogue: Catalogue, city: str) -> None:
    """Of every division of every city, asked from any city."""
    for region in catalogue.atlas.regions.values():
        located = locate_text(catalogue, catalogue.atlas.full_name(region), city)
        assert located.resolved == region, catalogue.atlas.full_name(region)


def test_an_alias_says_that_it_is_one(catalogue: Catalogue) -> None:
    for alias in catalogue.atlas.aliases:
        region = catalogue.atlas.regions[alias.region_id]
        located = locate_text(catalogue, alias.text, region.city_id)
        assert located.resolved == region, alias.text
    assert locate_text(catalogue, "小揽", "zhongshan").method is Method.ALIAS
    assert locate_text(catalogue, "小榄", "zhongshan").method is Method.NAME


def test_traditional_characters_mean_the_same(catalogue: Catalogue) -> None:
    to_traditional = OpenCC("s2t")
    towns = [r for r in catalogue.atlas.regions.values() if r.level == "town"]
    for town in towns:
        plain = locate_text(catalogue, f"我在{town.name}", town.city_id)
        other = locate_text(catalogue, to_traditional.convert(f"我在{town.name}"), town.city_id)
        assert plain == other, town.name


@given(text=st.text(max_size=80), city=st.sampled_from(CITIES))
@settings(deadline=None)
def test_any_text_has_exactly_one_answer(catalogue: Catalogue, text: str, city: str) -> None:
    located = locate_text(catalogue, text, city)
    answers = (located.resolved is not None, bool(located.ambiguous), located.outside)
    assert sum(answers) <= 1
    assert len(located.ambiguous) != 1
    assert (located.method is not None) == (located.resolved is not None)


@given(data=st.data(), city=st.sampled_from(CITIES))
@settings(deadline=None, max_examples=200)
def test_a_text_of_place_words_has_exactly_one_answer(
    catalogue: Catalogue, data: st.DataObject, city: str
) -> None:
    words = st.sampled_from(
        [*list(catalogue.gazetteer.surfaces)[::7], "在", "的", "和", "，", "珠海市"]
    )
    text = "".join(data.draw(st.lists(words, max_size=5)))
    located = locate_text(catalogue, text, city)
    assert sum((located.resolved is not None, bool(located.ambiguous), located.outside)) <= 1
    assert len({region.id for region in located.ambiguous}) == len(located.ambiguous) != 1


@given(
    town=TOWN,
    before=st.sampled_from(["我在", "人在", "住", "我家在", "老板在", ""]),
    after=st.sampled_from(["打工", "，老板不发工资", "这边", "被人打了", "", "。"]),
)
@settings(deadline=None)
def test_words_around_a_town_do_not_change_it(
    catalogue: Catalogue, town: str, before: str, after: str
) -> None:
    alone = locate_text(catalogue, town, "zhongshan")
    assert alone.resolved is not None
    assert locate_text(catalogue, before + town + after, "zhongshan") == alone


def _names(catalogue: Catalogue, text: str, city: str) -> list[set[str]]:
    found = catalogue.gazetteer.read(text, city).found
    return [{catalogue.atlas.full_name(region) for region in mention.regions} for mention in found]


def test_two_places_are_two_mentions_in_order(catalogue: Catalogue) -> None:
    text = "我厂在东凤镇，人在古镇镇"
    assert _names(catalogue, text, "zhongshan") == [{"中山市东凤镇"}, {"中山市古镇镇"}]


def test_a_place_said_twice_is_one_mention(catalogue: Catalogue) -> None:
    assert _names(catalogue, "小榄镇，就是小榄", "zhongshan") == [{"中山市小榄镇"}]


@pytest.mark.parametrize("text", ["清新区太平镇", "太平镇在清新区", "清远市清新区的太平镇"])
def test_a_county_decides_between_towns_of_one_name(catalogue: Catalogue, text: str) -> None:
    assert _names(catalogue, text, "qingyuan") == [{"清远市清新区太平镇"}]


def test_a_place_elsewhere_is_told_apart_from_home(catalogue: Catalogue) -> None:
    reading = catalogue.gazetteer.read("我从佛山市搬到小榄镇", "zhongshan")
    assert reading.elsewhere == ("佛山市",)
    assert not reading.outside
    assert catalogue.gazetteer.read("我在佛山市", "zhongshan").outside


def test_a_finer_place_says_more_than_its_city(catalogue: Catalogue) -> None:
    located = locate_text(catalogue, "中山市的工厂，我住小榄镇", "zhongshan")
    assert located.resolved is not None
    assert located.resolved.name == "小榄镇"


@pytest.mark.parametrize("city", CITIES)
def test_the_residents_own_city_comes_first(catalogue: Catalogue, city: str) -> None:
    # 太平村 stands in two of the three cities, 新村 in more
    villages: dict[str, set[str]] = {}
    for surface, claims in catalogue.gazetteer.surfaces.items():
        villages[surface] = {catalogue.atlas.regions[id_].city_id for id_ in claims}
    shared = [
        s for s, cities in villages.items() if city in cities and len(cities) > 1 and len(s) > 3
    ]
    assert shared
    for surface in shared:
        located = locate_text(catalogue, surface, city)
        got = [region for region in (located.resolved, *located.ambiguous) if region]
        assert {region.city_id for region in got} == {city}, surface


def test_a_name_of_one_character_is_no_name(catalogue: Catalogue) -> None:
    assert min(map(len, catalogue.gazetteer.surfaces)) >= 2


def test_an_official_name_is_never_weaker_than_a_variant(catalogue: Catalogue) -> None:
    surfaces = catalogue.gazetteer.surfaces  # made anew at every look
    for region in catalogue.atlas.regions.values():
        claims: dict[str, Strength] = surfaces.get(region.name, {})
        assert claims.get(region.id, Strength.EXACT) in (Strength.EXACT, Strength.ALIAS), (
            region.name
        )


def test_a_new_alias_works_at_once(catalogue: Catalogue) -> None:
    atlas = catalogue.atlas
    more = Atlas(atlas.cities, atlas.regions, (*atlas.aliases, Alias("灯都", "442000105")))
    reading = Gazetteer(more).read("我在灯都做灯", "zhongshan")
    regions: list[Region] = [region for mention in reading.found for region in mention.regions]
    assert [region.name for region in regions] == ["古镇镇"]
