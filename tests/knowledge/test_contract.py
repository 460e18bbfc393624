"""The public shapes: every field of the contract is there, and what is unknown is null."""

from __future__ import annotations

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
from knowledge.referrals import refer

NAMES = {"region_id", "city", "county", "town", "village"}
PLACE = {
    "id", "name", "kind", "level", "region_id", "county", "town", "services", "address", "phone",
    "hours", "hours_exceptions", "open_now", "accessibility", "lat", "lng", "approximate",
    "distance_km", "travel_minutes", "verified", "source", "as_of",
}  # fmt: skip


def test_a_place_has_every_field_and_no_invented_contact(catalogue: Catalogue) -> None:
    for place in nearest(catalogue, catalogue.atlas.regions["442000001016"], limit=3):
        shape = place_shape(catalogue, place)
        assert set(shape) == PLACE
        for field in ("address", "phone", "hours", "open_now", "travel_minutes", "distance_km"):
            assert shape[field] is None
        assert shape["verified"] is False


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


def test_a_referral_has_every_field(catalogue: Catalogue) -> None:
    for referral in refer(catalogue, "zhongshan", "legal_aid", "labor", 1.0):
        shape = referral_shape(referral)
        assert {"service", "name", "why", "source", "deadline"} <= set(shape)


def test_regions_are_named(catalogue: Catalogue) -> None:
    (shape,) = region_shapes(catalogue, [catalogue.atlas.regions["442000118"]])
    assert shape == {
        "region_id": "442000118",
        "city": "中山市",
        "county": None,
        "town": "小榄镇",
        "village": None,
    }
