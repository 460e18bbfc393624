"""Two troubles in one message are both named, and the resident picks the first."""

from __future__ import annotations

from typing import Any

import pytest

from actions.action_offer_choices import ActionOfferChoices
from actions.action_other_government import ActionOtherGovernment
from actions.action_refer import ActionRefer
from actions.base import TurnAction
from actions.reply import words
from tests.actions.conftest import XIAOLAN, RunTurn

TEXT = "厂里欠我两个月工资，另外我妈的房子想公证给我"
TROUBLES = (
    {"text": "厂里欠我两个月工资", "service": "legal_consultation", "matter": "labor"},
    {"text": "另外我妈的房子想公证给我", "service": "notarization", "matter": "real_estate"},
)
PENDING = [
    ["劳动人事", "matter:labor", "labor"],
    ["公证", "service:notarization", "real_estate"],
]


@pytest.mark.parametrize("action", [ActionRefer, ActionOfferChoices, ActionOtherGovernment])
def test_both_are_named_and_neither_is_answered_yet(
    turn: RunTurn, action: type[TurnAction]
) -> None:
    said = turn(action, text=TEXT, services={"notarization": 0.5}, troubles=TROUBLES)
    assert said.messages[0]["text"] == words()["two_troubles"].format(
        first="劳动人事", second="公证"
    )
    assert said.choices == ["matter:labor", "service:notarization"]
    assert not said.cards("referral")
    assert said.slots["pending"] == PENDING
    assert said.slots["service"] is None
    assert said.slots["matter"] is None


def test_nobody_in_danger_is_asked_which(turn: RunTurn) -> None:
    said = turn(
        ActionRefer,
        text=TEXT,
        matters={"marriage_family": 0.9},
        urgent="violence",
        troubles=TROUBLES,
    )
    assert said.urgent
    assert said.cards("referral")
    assert "peoples_mediation" not in {card["service"] for card in said.cards("referral")}


def test_the_place_of_the_message_is_kept(turn: RunTurn) -> None:
    said = turn(ActionRefer, text="我在小榄，" + TEXT, troubles=TROUBLES)
    assert said.slots["region_id"] == XIAOLAN


@pytest.mark.parametrize(
    ("tapped", "desk", "rest"),
    [
        ("matter:labor", "labor_arbitration", "service:notarization"),
        ("service:notarization", "notarization", "matter:labor"),
    ],
)
def test_the_picked_one_is_answered_and_the_other_stays_at_hand(
    turn: RunTurn, tapped: str, desk: str, rest: str
) -> None:
    slots: dict[str, Any] = {"pending": PENDING, "trouble": TEXT}
    said = turn(ActionRefer, choice=tapped, slots=slots)
    assert said.cards("referral")[0]["service"] == desk
    assert rest in said.choices
    assert said.slots["pending"] is None


def test_a_picked_desk_is_answered_for_its_own_matter(turn: RunTurn) -> None:
    slots: dict[str, Any] = {"pending": PENDING, "trouble": TEXT, "matter": "criminal"}
    said = turn(ActionRefer, choice="service:notarization", slots=slots)
    assert said.understood["matter"] != "labor"
    assert said.cards("referral")[0]["service"] == "notarization"


def test_another_department_s_trouble_leaves_the_other_at_hand(turn: RunTurn) -> None:
    pending = [PENDING[0], ["其他政务（12345）", "service:other_government", "labor"]]
    said = turn(
        ActionOtherGovernment, choice="service:other_government", slots={"pending": pending}
    )
    assert "matter:labor" in said.choices
    assert said.slots["pending"] is None


def test_who_writes_on_instead_of_tapping_is_not_asked_again(turn: RunTurn) -> None:
    said = turn(
        ActionRefer,
        text="我想先问离婚",
        matters={"marriage_family": 0.9},
        slots={"pending": PENDING},
    )
    assert said.slots["pending"] is None


def test_another_tap_does_not_bring_old_troubles_back(turn: RunTurn) -> None:
    said = turn(ActionRefer, choice="service:legal_aid", slots={"pending": PENDING})
    assert not {"matter:labor", "service:notarization"} & set(said.choices)


def test_a_tapped_matter_is_remembered(turn: RunTurn) -> None:
    said = turn(ActionRefer, choice="matter:labor", slots={"pending": PENDING})
    assert said.slots["matter"] == "labor"
    assert said.slots["service"] == "legal_consultation"
