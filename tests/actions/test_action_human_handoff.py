"""A person is wanted: the gateway is told; safety stands first."""

from __future__ import annotations

from actions.action_human_handoff import ActionHumanHandoff
from tests.actions.conftest import XIAOLAN, RunTurn

ASKS = {"human_handoff": 0.95}


def test_the_gateway_is_told_and_the_bot_says_nothing(turn: RunTurn) -> None:
    said = turn(ActionHumanHandoff, text="我要人工", services=ASKS)
    assert said.signals == ["handoff"]
    assert said.messages == []
    assert said.slots == {}


def test_what_was_told_before_goes_along(turn: RunTurn) -> None:
    slots = {"trouble": "老板拖欠工资", "matter": "labor", "region_id": XIAOLAN}
    said = turn(ActionHumanHandoff, choice="request:human_handoff", slots=slots)
    assert said.understood["trouble"] == "老板拖欠工资"
    assert said.understood["matter"] == "labor"
    assert said.understood["region"] == XIAOLAN
    assert said.understood["urgent"] == "none"


def test_in_danger_the_safe_step_stands_first(turn: RunTurn) -> None:
    said = turn(ActionHumanHandoff, text="他在砸门", services=ASKS, urgent="violence")
    assert said.urgent
    assert said.numbers == ["110", "12348"]
    assert said.signals == ["handoff"]
    assert said.understood["urgent"] == "violence"
