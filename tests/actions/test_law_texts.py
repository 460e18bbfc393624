"""A message that asks for an article gets the law's text, and hears that it is no advice."""

from __future__ import annotations

import pytest

from actions.action_offer_choices import ActionOfferChoices
from actions.action_out_of_scope import ActionOutOfScope
from actions.action_refer import ActionRefer
from actions.base import TurnAction
from actions.reply import words
from tests.actions.conftest import RunTurn

LOOKUP = {"legal_lookup": 0.8, "legal_consultation": 0.1}


@pytest.mark.parametrize("action", [ActionRefer, ActionOutOfScope, ActionOfferChoices])
def test_whatever_the_classifier_made_of_it(turn: RunTurn, action: type[TurnAction]) -> None:
    said = turn(action, text="劳动合同法第三十八条怎么说", services=LOOKUP)
    (card,) = said.cards("law")
    assert card["title"] == "劳动合同法第三十八条"
    assert "劳动者可以解除劳动合同" in card["text"]
    assert card["since"] == "自2013年7月1日起施行"
    assert card["url"].startswith("/law/")
    assert words()["law_text"]["said"] in said.text
    assert not said.cards("referral")
    assert said.choices == ["request:human_handoff"]


def test_the_trouble_that_was_told_stays(turn: RunTurn) -> None:
    told = {"trouble": "老板不给工资", "matter": "labor", "service": "legal_aid"}
    said = turn(ActionRefer, text="劳动合同法38条", services=LOOKUP, slots=told)
    assert said.cards("law")
    assert said.slots == {}


def test_who_tells_a_trouble_gets_the_desks(turn: RunTurn) -> None:
    text = "公司按劳动合同法第39条把我开除了，怎么办"
    said = turn(
        ActionRefer, text=text, services={"legal_consultation": 0.9}, matters={"labor": 0.9}
    )
    assert said.cards("referral")
    assert not said.cards("law")


def test_nobody_in_danger_gets_an_article(turn: RunTurn) -> None:
    said = turn(
        ActionRefer,
        text="反家庭暴力法第二十三条",
        services={"legal_lookup": 0.9},
        urgent="violence",
    )
    assert said.urgent
    assert not said.cards("law")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("民法典9000条怎么说", "民法典里没有查到第九千条"),
        ("婚姻法第三十二条怎么说", "并入民法典"),
        ("环境保护法第一条", "环境保护法已经不用了"),
    ],
)
def test_what_there_is_not_is_said(turn: RunTurn, text: str, answer: str) -> None:
    said = turn(ActionRefer, text=text, services=LOOKUP)
    assert answer in said.text
    assert not said.cards("law")


def test_two_articles_at_most_and_a_long_one_is_cut(turn: RunTurn) -> None:
    said = turn(ActionRefer, text="劳动合同法38条、46条和47条", services=LOOKUP)
    assert [card["title"] for card in said.cards("law")] == [
        "劳动合同法第三十八条",
        "劳动合同法第四十六条",
    ]
    (card,) = turn(ActionRefer, text="民事诉讼法第二百条", services=LOOKUP).cards("law")
    assert len(card["text"]) < 800
