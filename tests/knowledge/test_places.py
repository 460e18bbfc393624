"""The nearest service points, from a place or a position, and the online doors."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.atlas import LEVELS
from knowledge.catalogue import Catalogue
from knowledge.mentions import Method
from knowledge.place_kinds import kinds, kinds_named
from knowledge.places import NOWHERE, is_platform, locate_point, locate_text, nearest, online

POINTS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "place_points.yml").read_text(encoding="utf-8")
)["points"]
QIANSHAN = (22.2655, 113.5245)
MAAN_ISLAND = (22.545, 113.575)  # 翠亨新区马鞍岛，属南朗街道
TANZHOU = (22.25503, 113.46692)


def _names(catalogue: Catalogue, region: str, **wanted: Any) -> list[str]:
    places = nearest(catalogue, catalogue.atlas.regions[region], **wanted)
    return [place.point.name for place in places]


def _km(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot((a[0] - b[0]) * 111.2, (a[1] - b[1]) * 111.2 * math.cos(math.radians(a[0])))


# where a position lies


def test_the_centre_of_a_town_is_that_town(catalogue: Catalogue) -> None:
    for region in catalogue.atlas.regions.values():
        if region.lat is not None and region.lng is not None:
            located = locate_point(catalogue, region.lat, region.lng)
            assert located.resolved == region, catalogue.atlas.full_name(region)
            assert located.method is Method.NEAREST_POINT


@pytest.mark.parametrize(
    ("lat", "lng", "county"),
    [
        (23.70, 113.05, "清城区"),
        (24.9, 112.37, "连州市"),
        (34.5967, 119.1788, "海州区"),
        (34.53, 118.77, "东海县"),
        (34.29, 119.25, "灌云县"),
    ],
)
def test_a_position_is_found_in_its_county(
    catalogue: Catalogue, lat: float, lng: float, county: str
) -> None:
    resolved = locate_point(catalogue, lat, lng).resolved
    assert resolved is not None
    assert catalogue.atlas.named(resolved)["county"] == county


@pytest.mark.parametrize(
    ("lat", "lng"),
    [
        QIANSHAN,
        (22.2153, 113.5530),  # 珠海拱北
        (22.1987, 113.5439),  # 澳门
        (22.8058, 113.2933),  # 佛山顺德
        (23.1291, 113.2644),  # 广州
        (34.2044, 117.2859),  # 徐州
        (39.9042, 116.4074),  # 北京
        (0.0, 0.0),
    ],
)
def test_a_position_elsewhere_is_outside(catalogue: Catalogue, lat: float, lng: float) -> None:
    located = locate_point(catalogue, lat, lng)
    assert located.outside
    assert located.resolved is None
    assert located.ambiguous == ()


def test_a_boundary_decides_and_not_the_distance(catalogue: Catalogue) -> None:
    """前山 lies nearer to 坦洲 than 马鞍岛 to its own town, and is outside all the same."""
    resolved = locate_point(catalogue, *MAAN_ISLAND).resolved
    assert resolved is not None
    assert resolved.city_id == "zhongshan"
    assert resolved.lat is not None
    assert resolved.lng is not None
    assert _km(QIANSHAN, TANZHOU) < _km(MAAN_ISLAND, (resolved.lat, resolved.lng))
    assert locate_point(catalogue, *QIANSHAN).outside
    assert not locate_point(catalogue, *TANZHOU).outside


def test_a_position_on_the_line_is_inside(catalogue: Catalogue) -> None:
    located = locate_point(catalogue, 22.599225, 113.590273)
    assert located.resolved is not None
    assert located.resolved.city_id == "zhongshan"


@pytest.mark.parametrize("place", POINTS, ids=lambda point: f"{point['lat']},{point['lng']}")
def test_a_position_of_the_list(catalogue: Catalogue, place: dict[str, Any]) -> None:
    located = locate_point(catalogue, place["lat"], place["lng"])
    if place.get("outside"):
        assert located.outside
        return
    assert located.resolved is not None
    chain = {region.level: region.id for region in catalogue.atlas.chain(located.resolved)}
    assert catalogue.atlas.regions[chain["city"]].city_id == place.get(
        "city", located.resolved.city_id
    )
    if "county" in place:
        assert chain["county"] == place["county"]
    if "town" in place:
        # towns have no borders here, only centres: the second is offered where it is hardly farther
        assert place["town"] in (chain["town"], located.perhaps and located.perhaps.id)


def test_there_are_enough_positions() -> None:
    assert len(POINTS) >= 60
    assert sum(bool(point.get("outside")) for point in POINTS) >= 20


@given(lat=st.floats(21.5, 35.5), lng=st.floats(111.5, 120.5))
@settings(deadline=None)
def test_a_position_is_outside_or_in_a_place_of_its_boundary(
    catalogue: Catalogue, lat: float, lng: float
) -> None:
    located = locate_point(catalogue, lat, lng)
    assert located.outside is (located.resolved is None)
    if located.resolved:
        city = catalogue.atlas.cities[located.resolved.city_id]
        assert city.region_id in catalogue.boundaries.codes_at(lat, lng)


@pytest.mark.parametrize("text", ["", "   ", "我要离婚", "？"])
def test_nothing_to_locate_is_nowhere(catalogue: Catalogue, text: str) -> None:
    assert locate_text(catalogue, text, "zhongshan") == NOWHERE


# the points of a place


def test_village_then_town_then_city(catalogue: Catalogue) -> None:
    places = nearest(catalogue, catalogue.atlas.regions["442000001016"], limit=3)
    assert [place.point.level for place in places] == ["village", "town", "city"]
    assert [place.point.kind for place in places] == [
        "公共法律服务工作室",
        "公共法律服务站",
        "公共法律服务中心",
    ]


@pytest.mark.parametrize(
    ("region", "kinds"),
    [
        ("441803104001", ["公共法律服务实体平台"] * 3 + ["公共法律服务中心"]),
        ("320707100007", ["公共法律服务站（点）"] + ["公共法律服务中心"] * 3),
    ],
)
def test_four_levels_where_the_plan_has_four(
    catalogue: Catalogue, region: str, kinds: list[str]
) -> None:
    places = nearest(catalogue, catalogue.atlas.regions[region], limit=4)
    assert [place.point.level for place in places] == ["village", "town", "county", "city"]
    assert [place.point.kind for place in places] == kinds


def test_a_place_without_a_point_is_sent_to_the_next_level(catalogue: Catalogue) -> None:
    # 青口盐场 and its zone have none of their own
    places = nearest(catalogue, catalogue.atlas.regions["320771450"])
    assert [place.point.level for place in places] == ["city"]


@given(data=st.data(), limit=st.integers(1, 8))
@settings(deadline=None, max_examples=200)
def test_from_anywhere_every_service_has_a_place_to_go(
    catalogue: Catalogue, data: st.DataObject, limit: int
) -> None:
    region = data.draw(st.sampled_from(list(catalogue.atlas.regions.values())))
    service = data.draw(st.sampled_from([None, *catalogue.services]))
    places = nearest(catalogue, region, service=service, limit=limit)
    assert 1 <= len(places) <= limit
    depths = [LEVELS.index(place.point.level) for place in places]
    assert depths == sorted(depths, reverse=True)
    for place in places:
        assert catalogue.atlas.within(region, place.region)
        assert place.point.audience is None
        assert service is None or service in place.point.services or is_platform(place.point)
        assert place.distance_km is None


def test_the_desk_for_a_service_comes_before_the_platform(catalogue: Catalogue) -> None:
    names = _names(catalogue, "442000118", service="labor_arbitration")
    assert names[0] == "小榄人社分局（劳动仲裁、劳动监察）"
    names = _names(catalogue, "442000", service="notarization", limit=10)
    assert len(names) == 6
    assert all(name.endswith("公证处") for name in names[:5])
    assert names[5] == "中山市公共法律服务中心"


def test_without_a_service_the_platform_comes_first(catalogue: Catalogue) -> None:
    assert _names(catalogue, "442000118")[0] == "小榄镇公共法律服务站"
    assert _names(catalogue, "441800")[0] == "清远市公共法律服务中心"


def test_a_place_for_one_group_is_not_offered_to_everybody(catalogue: Catalogue) -> None:
    station = "中山市残疾人公共法律服务工作站（设在市残联）"
    for service in (None, "legal_aid", "legal_consultation"):
        assert station not in _names(catalogue, "442000", service=service, limit=50)
    assert _names(catalogue, "442000118", kinds={"公共法律服务工作站"}) == [station]


def test_a_kind_is_asked_for_by_name(catalogue: Catalogue) -> None:
    names = _names(catalogue, "442000118206", kinds=kinds_named("司法所"))
    assert names == ["小榄镇公共法律服务站"]
    assert _names(catalogue, "442000118206", kinds=kinds_named("没有这种")) == []


def test_every_point_is_of_a_known_kind_and_does_what_its_kind_does(catalogue: Catalogue) -> None:
    for points in catalogue.points.values():
        for point in points:
            assert point.kind in kinds(), point.id
            assert set(point.services) <= set(kinds()[point.kind].services), point.id


@given(lat=st.floats(22.2, 22.8), lng=st.floats(113.1, 113.6))
@settings(deadline=None)
def test_distances_are_kilometres_or_unknown(catalogue: Catalogue, lat: float, lng: float) -> None:
    region = catalogue.atlas.regions["442000118"]
    for place in nearest(catalogue, region, at=(lat, lng), limit=50):
        point = place.point
        if point.lat is None or point.lng is None:
            assert place.distance_km is None
        else:
            assert place.distance_km == pytest.approx(
                _km((lat, lng), (point.lat, point.lng)), abs=0.3
            )


def test_at_the_door_the_distance_is_nought(catalogue: Catalogue) -> None:
    town = catalogue.atlas.regions["442000118"]
    assert town.lat is not None
    assert town.lng is not None
    platform = nearest(catalogue, town, at=(town.lat, town.lng))[0]
    assert platform.distance_km == 0.0


# online


@pytest.mark.parametrize(
    ("city", "names"),
    [
        (
            "zhongshan",
            {"广东法律服务网", "微信小程序“中山智慧法援”", "微信小程序“中山公共法律服务”"},
        ),
        ("qingyuan", {"广东法律服务网", "“粤省事”小程序法律服务专区"}),
        ("lianyungang", {"江苏法网·连云港站", "12348法律服务网站"}),
    ],
)
def test_the_online_doors_for_legal_aid(catalogue: Catalogue, city: str, names: set[str]) -> None:
    assert {channel.name for channel in online(catalogue, city, "legal_aid")} == names


def test_every_service_has_an_online_door_in_every_city(catalogue: Catalogue) -> None:
    for city in catalogue.atlas.cities:
        for service in catalogue.services:
            doors = online(catalogue, city, service)
            assert doors
            assert set(doors) <= set(online(catalogue, city))


def test_an_unknown_city_has_no_doors(catalogue: Catalogue) -> None:
    assert online(catalogue, "zhuhai") == ()
