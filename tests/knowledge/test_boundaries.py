"""Inside or outside is decided by boundary, never by distance."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.boundaries import Boundaries
from knowledge.catalogue import Catalogue
from knowledge.edition import city_codes

CITIES = city_codes()


@pytest.mark.parametrize(
    ("lat", "lng", "codes"),
    [
        (22.51682, 113.38521, {"442000"}),  # 石岐
        (22.25503, 113.46692, {"442000"}),  # 坦洲
        (22.4447, 113.5497, {"442000"}),  # 翠亨
        (23.70, 113.05, {"441800", "441802"}),  # 清城
        (24.78186, 112.3712, {"441800", "441882"}),  # 连州
        (34.5967, 119.1788, {"320700", "320706"}),  # 新浦
        (34.53, 118.77, {"320700", "320722"}),  # 东海县
        (22.2655, 113.5245, set()),  # 珠海前山
        (22.2153, 113.5530, set()),  # 珠海拱北
        (22.1987, 113.5439, set()),  # 澳门
        (22.8058, 113.2933, set()),  # 佛山顺德
        (22.5787, 113.0815, set()),  # 江门
        (23.1291, 113.2644, set()),  # 广州
        (22.5431, 114.0579, set()),  # 深圳
        (34.2044, 117.2859, set()),  # 徐州
        (35.4164, 119.5269, set()),  # 日照
        (0.0, 0.0, set()),
        (22.0, 114.5, set()),  # 海上
    ],
)
def test_a_point_lies_in_its_city_and_county(
    boundaries: Boundaries, lat: float, lng: float, codes: set[str]
) -> None:
    got = {code for code in boundaries.codes_at(lat, lng) if code in boundaries.drawn}
    assert got == codes


def test_every_known_centre_lies_in_its_city(boundaries: Boundaries, catalogue: Catalogue) -> None:
    for region in catalogue.atlas.regions.values():
        if region.lat is not None and region.lng is not None:
            city = catalogue.atlas.cities[region.city_id]
            assert city.region_id in boundaries.codes_at(region.lat, region.lng), region.name


def test_every_served_city_and_county_has_a_boundary(
    boundaries: Boundaries, catalogue: Catalogue
) -> None:
    upper = {r.id for r in catalogue.atlas.regions.values() if r.level in ("city", "county")}
    # 连云港经济技术开发区 is a functional zone: it lies inside the counties around it
    assert upper - boundaries.drawn == {"320771"}


def test_a_point_on_the_line_is_inside(boundaries: Boundaries) -> None:
    # a corner of Zhongshan's own polygon
    assert "442000" in boundaries.codes_at(22.599225, 113.590273)


@pytest.mark.parametrize(
    ("lat", "lng", "inside"),
    [
        (22.5168, 113.3852, True),
        (39.9042, 116.4074, True),
        (22.2655, 113.5245, True),
        (35.6762, 139.6503, False),
        (0.0, 0.0, False),
        (90.0, 180.0, False),
    ],
)
def test_china_or_not(boundaries: Boundaries, lat: float, lng: float, inside: bool) -> None:
    assert boundaries.in_china(lat, lng) is inside


@given(lat=st.floats(-90, 90), lng=st.floats(-180, 180))
@settings(deadline=None)
def test_any_point_on_earth_has_an_answer(boundaries: Boundaries, lat: float, lng: float) -> None:
    codes = boundaries.codes_at(lat, lng)
    assert codes <= boundaries.drawn
    if codes:
        assert boundaries.in_china(lat, lng)


@given(lat=st.floats(21.5, 35.5), lng=st.floats(111.5, 120.5))
@settings(deadline=None)
def test_a_county_lies_in_its_city(boundaries: Boundaries, lat: float, lng: float) -> None:
    codes = boundaries.codes_at(lat, lng)
    for code in codes - CITIES:
        assert code[:4] + "00" in codes


def test_nonsense_is_nowhere(boundaries: Boundaries) -> None:
    for value in (math.nan, math.inf, 1e9):
        assert boundaries.codes_at(value, value) == frozenset()


@pytest.mark.parametrize(
    "name",
    [
        "珠海",
        "珠海市",
        "深圳",
        "佛山市",
        "广州",
        "天河区",
        "香港",
        "澳门",
        "澳门特别行政区",
        "徐州",
    ],
)
def test_places_elsewhere_are_known(boundaries: Boundaries, name: str) -> None:
    assert name in boundaries.elsewhere


@pytest.mark.parametrize("name", ["中山", "中山市", "清新区", "东海县", "连云港市", "来宾", "大同"])
def test_served_places_and_ordinary_words_are_not_elsewhere(
    boundaries: Boundaries, name: str
) -> None:
    assert name not in boundaries.elsewhere
