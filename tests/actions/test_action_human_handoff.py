"""A person: the hotline to tap, and a few words to begin with."""

from __future__ import annotations

import pytest

from actions.action_human_handoff import ActionHumanHandoff
from actions.reply import words
from knowledge.catalogue import Catalogue
from tests.actions.conftest import XIAOLAN, RunTurn

ASKS = {"human_handoff": 0.95}


@pytest.mark.parametrize("city", ["zhongshan", "qingyuan", "lianyungang"])
def test_the_call_card_of_the_city(turn: RunTurn, catalogue: Catalogue, city: str) -> None:
    hotline = catalogue.atlas.cities[city].card["hotline"]
    said = turn(ActionHumanHandoff, text="我要人工", services=ASKS, city=city)
    card = said.cards("notice")[0]
    assert card["text"] == hotline["operator"]
    assert said.numbers == [hotline["number"]] == ["12348"]
    assert card["tone"] == "info"


def test_with_nothing_told_there_is_nothing_to_read_out(turn: RunTurn) -> None:
    for slots in ({}, {"trouble": "老板欠薪"}, {"matter": "labor"}):
        said = turn(ActionHumanHandoff, choice="request:human_handoff", slots=dict(slots))
        assert said.text == words()["human_handoff"]
        assert not said.text.endswith("：")
        assert words()["human_say"] not in said.text


def test_what_was_told_is_given_as_words_to_say(turn: RunTurn) -> None:
    slots = {"trouble": "老板拖欠工资", "matter": "labor", "region_id": XIAOLAN}
    said = turn(ActionHumanHandoff, choice="request:human_handoff", slots=slots)
    assert said.messages[1]["text"] == (
        words()["human_say"] + "\n我想问劳动人事的事（我在中山市小榄镇）：老板拖欠工资"
    )
    assert said.slots == {}


def test_without_a_place_none_is_made_up(turn: RunTurn) -> None:
    slots = {"trouble": "老板拖欠工资", "matter": "labor"}
    said = turn(ActionHumanHandoff, text="转人工", services=ASKS, slots=slots)
    assert said.messages[1]["text"].endswith("我想问劳动人事的事：老板拖欠工资")


def test_braces_in_a_trouble_are_harmless(turn: RunTurn) -> None:
    dispatched = "\uff5bplace\uff5d 百分之%s"
    slots = {"trouble": dispatched, "matter": "labor"}
    said = turn(ActionHumanHandoff, text="转人工", services=ASKS, slots=slots)
    assert dispatched in said.text


def test_in_danger_the_safe_step_stands_first(turn: RunTurn) -> None:
    said = turn(ActionHumanHandoff, text="他在砸门", services=ASKS, urgent="violence")
    assert said.cards("notice")[0]["tone"] == "urgent"
    assert said.numbers == ["110", "12348", "12348"]
