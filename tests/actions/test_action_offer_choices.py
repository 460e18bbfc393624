"""Unsure: at most three to tap, and a person."""

from __future__ import annotations

from actions.action_offer_choices import ActionOfferChoices
from actions.reply import words
from knowledge.taxonomy import taxonomy
from tests.actions.conftest import XIAOLAN, RunTurn

CLOSE = {
    "nlu_fallback": 0.5,
    "legal_aid": 0.21,
    "lawyer_services": 0.2,
    "notarization": 0.19,
    "arbitration": 0.18,
}
PERSON = "request:human_handoff"


def test_the_three_likeliest_and_a_person(turn: RunTurn) -> None:
    said = turn(ActionOfferChoices, text="那个东西要怎么弄", services=CLOSE)
    assert said.text == words()["offer_choices"]
    assert said.choices == [
        "service:legal_aid",
        "service:lawyer_services",
        "service:notarization",
        PERSON,
    ]
    titles = [choice["title"] for choice in said.messages[0]["choices"]]
    assert titles[:3] == [taxonomy().services[value[8:]] for value in said.choices[:3]]
    assert "service" not in said.slots
    assert said.slots["trouble"] == "那个东西要怎么弄"


def test_never_what_is_no_desk_and_never_a_person_twice(turn: RunTurn) -> None:
    said = turn(
        ActionOfferChoices,
        text="嗯",
        services={"out_of_scope": 0.3, "human_handoff": 0.25, "find_place": 0.2, "legal_aid": 0.1},
    )
    assert said.choices == ["request:find_place", "service:legal_aid", PERSON]


def test_nothing_likely_leaves_a_person(turn: RunTurn) -> None:
    for services in ({}, {"nlu_fallback": 1.0}):
        assert turn(ActionOfferChoices, text="？", services=services).choices == [PERSON]


def test_every_label_can_be_offered(turn: RunTurn) -> None:
    for name in [*taxonomy().services, *taxonomy().requests]:
        said = turn(ActionOfferChoices, text="嗯", services={name: 0.2})
        assert len(said.choices) <= 2
        assert said.choices[-1] == PERSON


def test_in_danger_the_safe_step_stands_first(turn: RunTurn) -> None:
    said = turn(ActionOfferChoices, text="怎么办", services=CLOSE, urgent="self_harm")
    assert said.messages[0]["cards"][0]["tone"] == "urgent"


def test_a_place_is_answered_but_never_asked_for(turn: RunTurn) -> None:
    said = turn(ActionOfferChoices, text="我在小榄", services=CLOSE)
    assert said.cards("place")
    assert said.slots["region_id"] == XIAOLAN
    said = turn(ActionOfferChoices, text="不知道", services=CLOSE)
    assert words()["ask_place"] not in said.text
    assert len(said.messages) == 1


def test_the_gateway_counts_that_it_was_not_understood(turn: RunTurn) -> None:
    said = turn(ActionOfferChoices, text="那个事", services={"legal_aid": 0.3, "notarization": 0.2})
    assert said.signals == ["misunderstood"]
    assert [item["value"] for item in said.understood["ranking"]] == [
        "service:legal_aid",
        "service:notarization",
    ]
