"""Another department's matter: 12345, with the reason, never a place of ours."""

from __future__ import annotations

from actions.action_other_government import ActionOtherGovernment
from actions.reply import words
from knowledge.catalogue import Catalogue
from tests.actions.conftest import RunTurn

ASKS = {"other_government": 0.9}


def test_the_hotline_and_the_reason(turn: RunTurn, catalogue: Catalogue) -> None:
    said = turn(ActionOtherGovernment, text="路灯坏了找谁", services=ASKS)
    assert said.text == words()["other_government"]
    card = said.cards("notice")[0]
    assert card["text"] == catalogue.services["other_government"].why
    assert said.numbers == ["12345"]
    assert card["calls"][0]["label"] == "拨打 12345"
    assert said.choices == ["request:human_handoff"]
    assert not said.cards("place")


def test_a_tap_is_the_same(turn: RunTurn) -> None:
    said = turn(ActionOtherGovernment, choice="service:other_government")
    assert said.numbers == ["12345"]
    assert "trouble" not in said.slots


def test_in_danger_the_safe_step_stands_first(turn: RunTurn) -> None:
    said = turn(ActionOtherGovernment, text="邻居要砍我，城管不管", services=ASKS, urgent="threat")
    assert said.cards("notice")[0]["tone"] == "urgent"
    assert said.numbers == ["110", "12348", "12345"]


def test_the_trouble_is_remembered_for_a_person(turn: RunTurn) -> None:
    said = turn(ActionOtherGovernment, text="路灯坏了找谁", services=ASKS, matters={"general": 0.9})
    assert said.slots["trouble"] == "路灯坏了找谁"
