"""Where to go: named, tapped, shared or said before; asked about when unsure."""

from __future__ import annotations

import pytest

from actions.action_find_place import ActionFindPlace
from actions.reply import PLACES_SHOWN, REGION_CHOICES, words
from knowledge.catalogue import Catalogue
from tests.actions.conftest import XIAOLAN, RunTurn

ASKS = {"find_place": 0.9}


def test_a_named_town(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, text="小榄", services=ASKS)
    assert words()["place_of"].format(place="中山市小榄镇") in said.text
    assert f"point.{XIAOLAN}" in [card["id"] for card in said.cards("place")]
    assert len(said.cards("place")) <= PLACES_SHOWN
    assert said.slots == {"region_id": XIAOLAN, "shown": f"{XIAOLAN}:None"}


def test_the_desk_asked_about_comes_first(turn: RunTurn) -> None:
    said = turn(
        ActionFindPlace, text="小榄哪里可以劳动仲裁", services={**ASKS, "labor_arbitration": 0.3}
    )
    card = said.cards("place")[0]
    assert card["id"] == "zhongshan.labor.xiaolan"
    assert card["phone"]
    assert card["verified"] is True
    assert said.slots["service"] == "labor_arbitration"


def test_a_desk_that_is_hardly_likely_is_not_meant(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, text="小榄", services={**ASKS, "labor_arbitration": 0.05})
    assert "service" not in said.slots


def test_the_desk_said_before_is_used(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, text="小榄", services=ASKS, slots={"service": "labor_arbitration"})
    assert said.cards("place")[0]["id"] == "zhongshan.labor.xiaolan"


def test_a_tapped_region(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, choice=f"region:{XIAOLAN}")
    assert "小榄镇的服务点" in said.text
    assert said.slots["region_id"] == XIAOLAN


def test_asking_again_shows_them_again(turn: RunTurn) -> None:
    first = turn(ActionFindPlace, text="小榄", services=ASKS)
    again = turn(ActionFindPlace, choice="request:find_place", slots=first.slots)
    assert again.cards("place") == first.cards("place")


def test_a_remembered_place(turn: RunTurn) -> None:
    said = turn(
        ActionFindPlace, text="最近的服务点在哪", services=ASKS, slots={"region_id": XIAOLAN}
    )
    assert "小榄镇的服务点" in said.text


def test_a_shared_position(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, location=(22.66, 113.25))
    assert words()["place_near"].format(place="中山市小榄镇") in said.text
    located = [card for card in said.cards("place") if card["lat"] is not None]
    assert located
    assert all(card["distance_km"] is not None for card in located)
    assert said.slots["region_id"] == XIAOLAN


def test_a_position_in_another_served_city(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, location=(34.6, 119.2), city="zhongshan")
    assert "下面按连云港市的情况回答" in said.text
    assert said.cards("place")


@pytest.mark.parametrize("location", [(23.13, 113.26), (39.9, 116.4)])
def test_a_position_outside(turn: RunTurn, location: tuple[float, float]) -> None:
    said = turn(ActionFindPlace, location=location, slots={"region_id": XIAOLAN})
    assert said.text == words()["outside_point"]
    assert not said.cards("place")
    assert said.slots == {}


def test_a_name_outside(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, text="广州市", services=ASKS)
    assert said.text == words()["outside"].format(place="广州市")
    assert said.slots == {}


def test_nothing_said_is_asked(turn: RunTurn) -> None:
    for said in (
        turn(ActionFindPlace, text="最近的服务点在哪", services=ASKS),
        turn(ActionFindPlace, choice="request:find_place"),
    ):
        assert said.text == words()["ask_place"]
        assert said.slots == {}


def test_several_that_fit_are_asked_about(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, text="太平镇", services=ASKS, city="qingyuan")
    assert said.text == words()["ask_which"]
    assert len(said.choices) == 2
    assert all(value.startswith("region:") for value in said.choices)
    chosen = turn(ActionFindPlace, choice=said.choices[0], city="qingyuan")
    assert "太平镇的服务点" in chosen.text


def test_never_more_choices_than_fit_a_phone(turn: RunTurn, catalogue: Catalogue) -> None:
    """Names shared by many: 新村, 新民村, …"""
    shared = [
        surface
        for surface, claims in catalogue.gazetteer.surfaces.items()
        if len(claims) > REGION_CHOICES
    ]
    assert shared
    for surface in shared[:20]:
        for city in catalogue.atlas.cities:
            said = turn(ActionFindPlace, text=f"我在{surface}", services=ASKS, city=city)
            assert len(said.choices) <= REGION_CHOICES + 1


def test_every_town_of_every_city_has_an_answer(turn: RunTurn, catalogue: Catalogue) -> None:
    towns = [region for region in catalogue.atlas.regions.values() if region.level == "town"]
    for town in towns:
        said = turn(ActionFindPlace, choice=f"region:{town.id}", city=town.city_id)
        assert said.cards("place")
        assert all(card["town"] in (None, town.name) for card in said.cards("place")), (
            "a card of another town"
        )


def test_a_place_for_some_people_is_not_offered_to_all(turn: RunTurn, catalogue: Catalogue) -> None:
    special = {point.id for here in catalogue.points.values() for point in here if point.audience}
    assert special
    for city in catalogue.atlas.cities.values():
        said = turn(ActionFindPlace, choice=f"region:{city.region_id}", city=city.id)
        assert not special & {card["id"] for card in said.cards("place")}


def test_in_danger_the_safe_step_stands_before_the_place(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, text="我在小榄，他要打我", services=ASKS, urgent="violence")
    assert said.messages[0]["cards"][0]["tone"] == "urgent"
    assert said.cards("place")


def test_online_doors_carry_their_doubt(turn: RunTurn) -> None:
    said = turn(ActionFindPlace, text="小榄", services=ASKS)
    assert "微信小程序“中山公共法律服务”" in said.text
    assert words()["online_unverified"].format(name="广东法律服务网 gd.12348.gov.cn") in said.text
    assert "中山智慧公证" not in said.text
    asked = turn(ActionFindPlace, text="小榄", services={**ASKS, "notarization": 0.5})
    assert "中山智慧公证" in asked.text
