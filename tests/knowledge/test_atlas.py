"""The division tree: whole, without holes, and named as residents name it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.atlas import LEVELS, Atlas
from knowledge.catalogue import Catalogue


@pytest.fixture(scope="module")
def atlas(catalogue: Catalogue) -> Atlas:
    return catalogue.atlas


@pytest.mark.parametrize(
    ("city", "counts"),
    [
        ("zhongshan", {"city": 1, "town": 23, "village": 287}),
        ("qingyuan", {"city": 1, "county": 8, "town": 92, "village": 1235}),
        ("lianyungang", {"city": 1, "county": 7, "town": 109, "village": 1782}),
    ],
)
def test_every_division_is_there(atlas: Atlas, city: str, counts: dict[str, int]) -> None:
    assert Counter(r.level for r in atlas.regions.values() if r.city_id == city) == counts


def test_every_region_hangs_in_its_city(atlas: Atlas) -> None:
    for region in atlas.regions.values():
        chain = list(atlas.chain(region))
        assert chain[0] is region
        assert chain[-1].id == atlas.cities[region.city_id].region_id
        assert [step.depth for step in chain] == sorted(
            {step.depth for step in chain}, reverse=True
        )
        assert {step.city_id for step in chain} == {region.city_id}


def test_a_child_carries_its_parents_code(atlas: Atlas) -> None:
    for region in atlas.regions.values():
        if region.parent_id:
            assert region.id.startswith(region.parent_id.rstrip("0"))
            assert region in atlas.children(region.parent_id)


def test_a_village_has_no_children(atlas: Atlas) -> None:
    villages = [region for region in atlas.regions.values() if region.level == "village"]
    assert not any(list(atlas.children(village.id)) for village in villages)


def test_siblings_have_different_names(atlas: Atlas) -> None:
    for region in atlas.regions.values():
        names = [child.name for child in atlas.children(region.id)]
        assert len(set(names)) == len(names), region.name


def test_levels_are_those_of_the_contract() -> None:
    assert LEVELS == ("city", "county", "town", "village")


@given(data=st.data())
@settings(deadline=None)
def test_within_is_a_tree_order(atlas: Atlas, data: st.DataObject) -> None:
    regions = st.sampled_from(list(atlas.regions.values()))
    inner, outer = data.draw(regions), data.draw(regions)
    assert atlas.within(inner, inner)
    assert all(atlas.within(inner, step) for step in atlas.chain(inner))
    if atlas.within(inner, outer) and atlas.within(outer, inner):
        assert inner == outer


def test_a_region_is_named_from_large_to_small(atlas: Atlas) -> None:
    town = atlas.regions["441803104"]
    assert atlas.full_name(town) == "清远市清新区太平镇"
    assert atlas.named(town) == {
        "region_id": "441803104",
        "city": "清远市",
        "county": "清新区",
        "town": "太平镇",
        "village": None,
    }


def test_zhongshan_has_no_county(atlas: Atlas) -> None:
    named = atlas.named(atlas.regions["442000118206"])
    assert named["county"] is None
    assert (named["city"], named["town"]) == ("中山市", "小榄镇")
    assert named["village"] == "太平村民委员会"


@pytest.mark.parametrize("name", ["zhongshan", "中山", "中山市", " 中山 "])
def test_a_city_is_known_by_id_and_name(atlas: Atlas, name: str) -> None:
    city = atlas.city(name)
    assert city is not None
    assert city.id == "zhongshan"


@pytest.mark.parametrize("name", ["", "珠海", "孙中山", "小榄镇"])
def test_what_is_no_served_city_is_none(atlas: Atlas, name: str) -> None:
    assert atlas.city(name) is None


@pytest.mark.parametrize(
    ("city", "province", "words"),
    [
        ("zhongshan", "广东省", "一单一评"),
        ("qingyuan", "广东省", "服务评价"),
        ("lianyungang", "江苏省", "一事一评"),
    ],
)
def test_a_city_speaks_its_own_words(atlas: Atlas, city: str, province: str, words: str) -> None:
    assert atlas.cities[city].province == province
    assert atlas.cities[city].card["rating_label"] == words
    assert atlas.cities[city].card["hotline"]["number"] == "12348"


def test_hotline_hours_are_given_only_with_their_source(atlas: Atlas) -> None:
    for city in atlas.cities.values():
        hotline = city.card["hotline"]
        assert bool(hotline["hours"]) == bool(hotline["hours_source"])
        assert bool(hotline["languages"]) == bool(hotline["languages_source"])


def test_every_alias_names_a_region(atlas: Atlas) -> None:
    assert atlas.aliases
    assert all(alias.region_id in atlas.regions for alias in atlas.aliases)
