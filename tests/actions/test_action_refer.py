"""A trouble: the desks in order with their law, then the nearest place."""

from __future__ import annotations

from typing import Any

import pytest

from actions.action_refer import ActionRefer
from actions.reply import words
from knowledge.catalogue import Catalogue
from knowledge.taxonomy import taxonomy
from tests.actions.conftest import XIAOLAN, RunTurn

LABOR = {"labor": 0.97}
ASKS = {"legal_consultation": 0.7, "legal_aid": 0.2}
WAGES = "老板拖欠我三个月工资，我在小榄打工"


def test_wage_arrears_in_xiaolan(turn: RunTurn) -> None:
    said = turn(ActionRefer, text=WAGES, services=ASKS, matters=LABOR)
    assert said.cards("faq")[0]["id"] == "labor.wages_unpaid"
    assert said.messages[1]["text"] == words()["heard_matter"].format(matter="劳动人事")
    desks = said.cards("referral")
    assert desks[0]["service"] == "labor_arbitration"
    assert "劳动争议调解仲裁法" in desks[0]["source"]
    assert said.cards("place")
    assert "小榄镇的服务点" in said.text
    assert words()["not_promise"] in said.text
    assert said.last_choices == ["aid:begin", "request:find_place", "request:human_handoff"]
    assert said.slots == {
        "region_id": XIAOLAN,
        "shown": f"{XIAOLAN}:legal_consultation",
        "service": "legal_consultation",
        "matter": "labor",
        "party": "self",
        "trouble": WAGES,
        "faq": "labor.wages_unpaid",
    }


def test_without_a_place_it_asks_for_one(turn: RunTurn) -> None:
    said = turn(ActionRefer, text="老板拖欠工资", services=ASKS, matters=LABOR)
    assert words()["ask_place"] in said.text
    assert said.cards("referral")
    assert not said.cards("place")
    assert "region_id" not in said.slots
    assert said.last_choices == ["aid:begin", "request:human_handoff"]


def test_a_place_said_before_is_used(turn: RunTurn) -> None:
    said = turn(
        ActionRefer, text="老板拖欠工资", services=ASKS, matters=LABOR, slots={"region_id": XIAOLAN}
    )
    assert "小榄镇的服务点" in said.text
    assert words()["ask_place"] not in said.text


def test_a_scanned_poster_is_a_place(turn: RunTurn) -> None:
    said = turn(ActionRefer, text="老板拖欠工资", services=ASKS, matters=LABOR, region=XIAOLAN)
    assert "小榄镇的服务点" in said.text


def test_a_place_said_now_beats_one_said_before(turn: RunTurn) -> None:
    said = turn(
        ActionRefer,
        text="我现在在古镇镇，老板拖欠工资",
        services=ASKS,
        matters=LABOR,
        slots={"region_id": XIAOLAN},
        region="442000106",
    )
    assert "古镇镇的服务点" in said.text
    assert said.slots["region_id"] == "442000105"


def test_the_same_points_are_shown_once(turn: RunTurn) -> None:
    first = turn(ActionRefer, text=WAGES, services=ASKS, matters=LABOR)
    again = turn(
        ActionRefer, text="没签合同怎么办", services=ASKS, matters=LABOR, slots=first.slots
    )
    assert first.cards("place")
    assert not again.cards("place")
    assert again.slots["region_id"] == XIAOLAN
    assert "request:find_place" in again.choices
    # another desk has other points
    other = turn(ActionRefer, choice="service:labor_arbitration", slots=first.slots)
    assert other.cards("place")[0]["id"] == "zhongshan.labor.xiaolan"
    assert other.slots["shown"] == f"{XIAOLAN}:labor_arbitration"


def test_the_points_are_those_of_the_tapped_service(turn: RunTurn) -> None:
    """Not of the one talked about before."""
    slots = {"region_id": XIAOLAN, "service": "labor_arbitration"}
    said = turn(ActionRefer, choice="service:notarization", slots=slots)
    shown = said.cards("place")
    assert shown
    assert "zhongshan.labor.xiaolan" not in [card["id"] for card in shown]


def test_a_place_of_another_served_city_is_answered_for_it_and_says_so(turn: RunTurn) -> None:
    text = "我在灌云县，老板拖欠工资"
    there = turn(ActionRefer, text=text, services=ASKS, matters=LABOR, city="zhongshan")
    assert words()["other_city"].format(place="灌云县", city="连云港市") in there.text
    assert {card["county"] for card in there.cards("place")} <= {"灌云县", None}
    assert there.cards("place")
    local = turn(ActionRefer, text=text, services=ASKS, matters=LABOR, city="lianyungang")
    assert there.cards("referral") == local.cards("referral")
    assert "下面按" not in local.text


def test_a_place_that_several_share_is_asked_about(turn: RunTurn) -> None:
    said = turn(
        ActionRefer, text="我在太平镇，老板拖欠工资", services=ASKS, matters=LABOR, city="qingyuan"
    )
    assert words()["ask_which"] in said.text
    regions = [value for value in said.choices if value.startswith("region:")]
    assert len(regions) == 2
    assert not said.cards("place")
    assert "region_id" not in said.slots
    titles = [choice["title"] for message in said.messages for choice in message["choices"]]
    assert "清远市清新区太平镇" in titles


def test_outside_is_said(turn: RunTurn) -> None:
    said = turn(ActionRefer, text="我在广州市打工，老板拖欠工资", services=ASKS, matters=LABOR)
    assert words()["outside"].format(place="广州市") in said.text
    assert not said.cards("place")
    assert "region_id" not in said.slots
    assert said.cards("referral")


@pytest.mark.parametrize("urgent", [kind for kind in taxonomy().urgency if kind != "none"])
def test_in_danger_the_safe_step_stands_first(turn: RunTurn, urgent: str) -> None:
    said = turn(
        ActionRefer, text="他打我", services=ASKS, matters={"marriage_family": 0.9}, urgent=urgent
    )
    card = said.messages[0]["cards"][0]
    assert card["tone"] == "urgent"
    assert card["title"] == words()["urgent"][urgent]["title"]
    assert "12348" in said.numbers


@pytest.mark.parametrize("urgent", ["violence", "threat", "child_risk", "self_harm"])
def test_nobody_in_danger_is_sent_to_mediation(turn: RunTurn, urgent: str) -> None:
    more: dict[str, Any] = {"text": "他打我", "matters": {"marriage_family": 0.9}}
    said = turn(ActionRefer, services=ASKS, urgent=urgent, **more)
    assert "peoples_mediation" not in [card["service"] for card in said.cards("referral")]
    # who tells of blows and asks for mediation is shown protection first
    asked = turn(ActionRefer, services={"peoples_mediation": 0.9}, urgent=urgent, **more)
    assert asked.cards("referral")[0]["service"] == "legal_aid"
    more["text"] = "想找人调解一下"
    asked = turn(ActionRefer, services={"peoples_mediation": 0.9}, urgent=urgent, **more)
    assert asked.cards("referral")[0]["service"] == "peoples_mediation"


def test_a_tapped_service_is_what_is_asked(turn: RunTurn) -> None:
    slots = {"region_id": XIAOLAN, "matter": "labor", "trouble": WAGES}
    said = turn(ActionRefer, choice="service:legal_aid", slots=slots)
    assert said.messages[0]["text"] == words()["heard_service"].format(service="法律援助")
    assert said.cards("referral")[0]["service"] == "legal_aid"
    assert said.slots["service"] == "legal_aid"
    # a tap says nothing new about the trouble
    assert "trouble" not in said.slots
    assert "matter" not in said.slots


def test_a_follow_up_keeps_the_matter(turn: RunTurn) -> None:
    said = turn(
        ActionRefer,
        text="要带什么材料",
        services=ASKS,
        matters={"general": 0.9},
        slots={"matter": "labor"},
    )
    assert "劳动人事" in said.messages[0]["text"]
    assert said.slots["matter"] == "labor"


@pytest.mark.parametrize("matters", [{}, {"general": 0.99}, {"debt": 0.1}])
def test_an_unsure_matter_is_not_named(turn: RunTurn, matters: dict[str, float]) -> None:
    said = turn(ActionRefer, text="有件事想问", services=ASKS, matters=matters)
    assert said.messages[0]["text"] == words()["heard_general"]
    assert said.cards("referral")


def test_a_city_alone_gets_the_city_s_points_and_a_question(turn: RunTurn) -> None:
    said = turn(ActionRefer, text="我在中山，老板拖欠工资", services=ASKS, matters=LABOR)
    assert words()["place_city_only"].format(city="中山市") in said.text
    assert {card["level"] for card in said.cards("place")} == {"city"}


def test_a_long_trouble_is_kept_short(turn: RunTurn) -> None:
    said = turn(ActionRefer, text="欠" * 2000, services=ASKS, matters=LABOR)
    assert len(said.slots["trouble"]) == 200


@pytest.mark.parametrize("city", ["zhongshan", "qingyuan", "lianyungang"])
def test_every_matter_has_desks_in_every_city(
    turn: RunTurn, catalogue: Catalogue, city: str
) -> None:
    for matter in taxonomy().matters:
        said = turn(ActionRefer, text="问一下", services=ASKS, matters={matter: 0.9}, city=city)
        services = [card["service"] for card in said.cards("referral")]
        assert 1 <= len(services) <= 5
        assert "legal_consultation" in services


@pytest.mark.parametrize("city", ["zhongshan", "qingyuan", "lianyungang"])
def test_every_service_can_be_tapped_in_every_city(
    turn: RunTurn, catalogue: Catalogue, city: str
) -> None:
    home = catalogue.atlas.cities[city].region_id
    for service in catalogue.services:
        if service in ("out_of_scope", "other_government"):
            continue
        said = turn(ActionRefer, choice=f"service:{service}", city=city, region=home)
        services = [card["service"] for card in said.cards("referral")]
        # advice is given by every desk: only the others stand first when they are asked for
        assert service in (services if service == "legal_consultation" else services[:1])
        assert said.slots["service"] == service
        assert said.cards("place")


def test_markup_is_handed_on_as_text(turn: RunTurn) -> None:
    text = "<script>alert(1)</script> {matter} %s"
    said = turn(ActionRefer, text=text, services=ASKS, matters=LABOR)
    assert "script" not in said.text
    assert said.slots["trouble"] == text


def test_the_gateway_learns_what_was_understood_and_told(turn: RunTurn) -> None:
    services = {"legal_consultation": 0.8, "legal_aid": 0.1, "notarization": 0.05}
    said = turn(
        ActionRefer, text="老板拖欠工资，我在小榄", services=services, matters={"labor": 0.95}
    )
    assert said.understood["service"] == "legal_consultation"
    assert said.understood["matter"] == "labor"
    assert said.understood["region"] == XIAOLAN
    assert said.understood["trouble"] == "老板拖欠工资，我在小榄"
    assert "劳动人事争议仲裁" in said.understood["told"]
    # what else it may have been, should the resident say that it was not this
    assert [item["value"] for item in said.understood["ranking"]] == [
        "service:legal_aid",
        "service:notarization",
    ]
    assert said.signals == []
