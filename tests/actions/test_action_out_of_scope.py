"""Not ours: declined kindly, unless somebody may be in danger or only named their place."""

from __future__ import annotations

import pytest

from actions.action_out_of_scope import ActionOutOfScope
from actions.reply import words
from knowledge.taxonomy import taxonomy
from tests.actions.conftest import XIAOLAN, RunTurn

ASKS = {"out_of_scope": 0.9}


def test_declined_with_what_can_be_done_here(turn: RunTurn) -> None:
    said = turn(ActionOutOfScope, text="今天天气怎么样", services=ASKS)
    assert said.text == words()["out_of_scope"]
    assert said.cards("notice") == []
    assert said.slots == {}


def test_a_bare_place_is_a_place_question(turn: RunTurn) -> None:
    said = turn(ActionOutOfScope, text="小榄", services=ASKS)
    assert "小榄镇的服务点" in said.text
    assert said.slots["region_id"] == XIAOLAN


def test_a_bare_place_that_several_share_is_asked_about(turn: RunTurn) -> None:
    said = turn(ActionOutOfScope, text="太平镇", services=ASKS, city="qingyuan")
    assert said.text == words()["ask_which"]
    assert said.slots == {}


@pytest.mark.parametrize("urgent", [kind for kind in taxonomy().urgency if kind != "none"])
@pytest.mark.parametrize("text", ["我不想活了", "我在小榄，我不想活了"])
def test_somebody_in_danger_is_never_turned_away(turn: RunTurn, urgent: str, text: str) -> None:
    said = turn(ActionOutOfScope, text=text, services=ASKS, urgent=urgent)
    assert said.messages[0]["cards"][0]["tone"] == "urgent"
    assert words()["out_of_scope"] not in said.text
    assert "12348" in said.numbers


def test_a_tap_is_declined_too(turn: RunTurn) -> None:
    said = turn(ActionOutOfScope, choice="service:out_of_scope")
    assert said.text == words()["out_of_scope"]
