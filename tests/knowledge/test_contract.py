"""The public shapes: every field of the contract is there, and what is unknown is null."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.catalogue import Catalogue
from knowledge.contract import (
    located_shape,
    online_shape,
    place_shape,
    referral_shape,
    region_shapes,
)
from knowledge.places import NOWHERE, locate_point, locate_text, nearest, online
from knowledge.referrals import Trouble, refer

NAMES = {"region_id", "city", "county", "town", "village"}
PLACE = {
    "id", "name", "kind", "level", "region_id", "county", "town", "services", "address", "phone",
    "hours", "hours_exceptions", "open_now", "opens_next", "accessibility", "lat", "lng",
    "approximate", "distance_km", "travel_minutes", "map_url", "verified", "source", "as_of",
    "people",
}  # fmt: skip


def test_a_place_has_every_field_and_no_invented_contact(catalogue: Catalogue) -> None:
    for place in nearest(catalogue, catalogue.atlas.regions["442000001016"], limit=3):
        shape = place_shape(catalogue, place)
        assert set(shape) == PLACE
        for field in ("address", "phone", "hours", "open_now", "travel_minutes", "distance_km"):
            assert shape[field] is None
        assert shape["verified"] is False
        assert shape["people"] == []  # no edition brings any


@pytest.mark.parametrize(
    ("text", "method"), [("小榄镇", "name"), ("小揽", "alias"), ("珠海市", None), ("太平镇", None)]
)
def test_a_place_question_stands_in_one_of_the_known_ways(
    catalogue: Catalogue, text: str, method: str | None
) -> None:
    shape = located_shape(catalogue, locate_text(catalogue, text, "zhongshan"))
    assert set(shape) == {"resolved", "ambiguous", "outside"}
    if method:
        assert set(shape["resolved"]) == NAMES | {"method"}
        assert shape["resolved"]["method"] == method
    else:
        assert shape["resolved"] is None
        assert shape["outside"] or len(shape["ambiguous"]) > 1
        assert all(set(region) == NAMES for region in shape["ambiguous"])


def test_a_position_says_how_it_was_found(catalogue: Catalogue) -> None:
    shape = located_shape(catalogue, locate_point(catalogue, 22.51682, 113.38521))
    assert shape["resolved"]["method"] == "nearest_point"


def test_nothing_to_locate(catalogue: Catalogue) -> None:
    shape = located_shape(catalogue, NOWHERE)
    assert shape == {"resolved": None, "ambiguous": [], "outside": False}


def test_an_online_door_has_its_source(catalogue: Catalogue) -> None:
    for channel in online(catalogue, "lianyungang"):
        shape = online_shape(channel)
        assert set(shape) == {"name", "url", "what", "verified", "source"}
        assert shape["url"] is None


REFERRAL = {
    "service", "name", "desk", "why", "source", "cited", "deadline", "party", "otherwise",
    "mediation", "limits",
}  # fmt: skip


def test_a_referral_has_every_field(catalogue: Catalogue) -> None:
    said = "上个月15号收到处罚决定书，不服"
    trouble = Trouble("administrative_reconsideration", "administrative", 1.0, said=said)
    shapes = [
        referral_shape(catalogue, "zhongshan", referral, said, date(2026, 11, 26))
        for referral in refer(catalogue, "zhongshan", trouble, date(2026, 11, 26))
    ]
    assert all(set(shape) == REFERRAL for shape in shapes)
    limits = [limit for shape in shapes for limit in shape["limits"]]
    assert all(
        set(limit) == {"id", "act", "starts", "text", "exception", "source", "due"}
        for limit in limits
    )
    (first, *_) = [limit["due"] for limit in limits if limit["due"]]
    assert first == {
        "from": "2026-10-15",
        "last_day": "2026-12-14",
        "moved": False,
        "announced": True,
        "days_left": 18,
        "standing": "running",
        "certain": False,  # the law knows exceptions
    }


def test_mediation_says_who_sits_where(catalogue: Catalogue) -> None:
    trouble = Trouble("peoples_mediation", "traffic_accident", 1.0)
    shape = referral_shape(catalogue, "zhongshan", refer(catalogue, "zhongshan", trouble)[0])
    assert {"人民调解", "行政调解"} <= {door["kind"] for door in shape["mediation"]}
    for door in shape["mediation"]:
        assert set(door) == {"kind", "link", "where", "how", "source"}
        assert door["where"]
        assert door["how"]


def test_regions_are_named(catalogue: Catalogue) -> None:
    (shape,) = region_shapes(catalogue, [catalogue.atlas.regions["442000118"]])
    assert shape == {
        "region_id": "442000118",
        "city": "中山市",
        "county": None,
        "town": "小榄镇",
        "village": None,
    }
