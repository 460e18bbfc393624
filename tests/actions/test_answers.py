"""An answer in the conversation: short first with its articles, and what is asked after it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions import answers
from actions.action_find_place import ActionFindPlace
from actions.action_offer_choices import ActionOfferChoices
from actions.action_refer import ActionRefer
from actions.interview import ALARMS
from knowledge.catalogue import LiveCatalogue
from knowledge.faq.items import Item
from knowledge.faq.live import LiveIndex
from knowledge.faq.search import FaqIndex
from knowledge.faq.vectors import encode, encoder
from tests.actions.conftest import RunTurn

Json = dict[str, Any]
WAGES = "labor.wages_unpaid"
LOOKUP = {"legal_consultation": 0.6}
TWO = (
    {"service": "legal_consultation", "matter": "labor"},
    {"service": "legal_consultation", "matter": "marriage_family"},
)
UNPAID: Json = {
    "text": "老板拖欠我三个月工资怎么办",
    "services": {"legal_consultation": 0.95},
    "matters": {"labor": 0.95},
}
FOLLOW_UPS = yaml.safe_load(
    (Path(__file__).parent / "answer_follow_ups.yml").read_text(encoding="utf-8")
)


def test_the_short_answer_comes_first_and_the_desks_after_it(
    turn: RunTurn, live: LiveCatalogue
) -> None:
    said = turn(ActionRefer, **UNPAID)
    item = live.current().faq[WAGES]
    first = said.messages[0]["cards"][0]
    assert (first["type"], first["id"], first["answer"]) == ("faq", WAGES, item.answer)
    assert first["citations"]
    assert all(one["url"].startswith("/law/") for one in first["citations"])
    assert first["steps"] == list(item.steps)
    assert [choice["value"] for choice in said.messages[0]["choices"]] == [
        f"helpful:{WAGES}:yes",
        f"helpful:{WAGES}:no",
    ]
    assert said.cards("referral")
    assert said.slots["faq"] == WAGES
    # the trouble is kept for a ticket as ever
    assert said.slots["trouble"] == UNPAID["text"]


@pytest.mark.parametrize("urgent", sorted(ALARMS))
def test_nobody_in_danger_is_given_something_to_read(turn: RunTurn, urgent: str) -> None:
    said = turn(ActionRefer, **UNPAID, urgent=urgent)
    assert said.urgent
    assert not said.cards("faq")


def test_what_no_answer_fits_gets_the_desks_alone(turn: RunTurn) -> None:
    said = turn(
        ActionRefer,
        slots={"faq": WAGES},
        text="我家的坟被人挖了",
        services={"legal_consultation": 0.6},
        matters={"tort": 0.4},
    )
    assert not said.cards("faq")
    assert said.cards("referral")
    # what was answered before is over
    assert said.slots["faq"] is None


@pytest.mark.parametrize("action", [ActionRefer, ActionOfferChoices])
def test_a_tapped_answer_is_shown(
    turn: RunTurn, action: type[ActionRefer] | type[ActionOfferChoices]
) -> None:
    said = turn(action, choice=f"faq:{WAGES}")
    (card,) = said.cards("faq")
    assert card["id"] == WAGES
    assert said.slots == {"faq": WAGES, "service": card["services"][0], "matter": "labor"}


@pytest.mark.parametrize(
    ("about", "text"),
    [(about, text) for about, texts in FOLLOW_UPS["asks"].items() for text in texts],
)
def test_a_short_question_stays_on_the_answer(
    turn: RunTurn, live: LiveCatalogue, about: str, text: str
) -> None:
    item = live.current().faq[WAGES]
    assert item.fee
    assert item.takes
    told = {
        "fee": item.fee,
        "takes": item.takes,
        "limits": live.current().limits[item.limits[0]].text,
        "materials": item.materials[0].name,
        "steps": item.steps[0],
    }
    said = turn(
        ActionRefer,
        slots={"faq": WAGES, "service": "legal_consultation", "matter": "labor"},
        text=text,
        services={"legal_consultation": 0.5},
        matters={"general": 0.5},
    )
    assert len(said.messages) == 1
    assert item.title in said.text
    assert told[about] in said.text
    assert said.slots == {}
    assert said.choices == ["request:find_place", "request:human_handoff"]


def test_what_no_law_says_is_not_made_up(turn: RunTurn, live: LiveCatalogue) -> None:
    bare = next(
        item for item in live.current().faq.values() if not (item.fee or item.takes or item.limits)
    )
    for text in ("要钱吗", "要多久", "有时间限制吗"):
        said = turn(ActionRefer, slots={"faq": bare.id}, text=text, services={"legal_aid": 0.5})
        assert bare.title in said.text
        assert "12348" in said.text
        assert not any(letter.isdigit() for letter in said.text.replace("12348", ""))


@pytest.mark.parametrize("text", FOLLOW_UPS["asks_something_else"])
def test_a_question_of_its_own_is_no_follow_up(text: str) -> None:
    assert answers._follow_up(text) is None


@pytest.mark.parametrize("piece", ["去办", "办下来", "会不会", "要", "那么请问"])
def test_nobody_stops_the_others_by_repeating_himself(piece: str) -> None:
    for text in (piece * 8, piece * 700, piece * 8 + "锤"):
        begun = time.perf_counter()
        answers._follow_up(text)
        assert time.perf_counter() - begun < 1, text[:20]


def test_a_follow_up_of_somebody_who_was_in_danger_keeps_the_safe_step(turn: RunTurn) -> None:
    said = turn(
        ActionRefer, slots={"faq": WAGES, "alarm": "violence"}, text="要钱吗", services=LOOKUP
    )
    assert "110" in said.numbers


def test_another_trouble_ends_the_answer_before(turn: RunTurn) -> None:
    said = turn(ActionRefer, slots={"faq": WAGES}, choice="service:notarization")
    assert said.slots["faq"] is None
    place = turn(ActionFindPlace, slots={"faq": WAGES}, choice="request:find_place")
    assert "faq" not in place.slots


def test_without_an_answer_before_it_is_a_question_like_any_other(turn: RunTurn) -> None:
    said = turn(ActionRefer, text="要带什么材料", services={"legal_aid": 0.8})
    assert said.cards("referral")


NOT_WRITTEN: Json = {
    "text": "我家的坟被人挖了",
    "services": {"legal_consultation": 0.6},
    "matters": {"tort": 0.4},
}


def test_a_question_without_an_answer_is_told_to_the_gateway(turn: RunTurn) -> None:
    assert turn(ActionRefer, **NOT_WRITTEN).signals == ["unanswered"]
    assert turn(ActionRefer, slots={"faq": WAGES}, **NOT_WRITTEN).signals == ["unanswered"]


@pytest.mark.parametrize(
    "other",
    [
        UNPAID,
        *(NOT_WRITTEN | {"urgent": urgent} for urgent in sorted(ALARMS)),
        # a follow-up of nothing, a tap, a shared position, a department that is not ours
        NOT_WRITTEN | {"text": "要带什么材料"},
        {"choice": "service:notarization"},
        {"choice": "matter:tort"},
        {"location": (22.67, 113.25)},
        NOT_WRITTEN | {"services": {"other_government": 0.6}},
        NOT_WRITTEN | {"services": {"out_of_scope": 0.6}},
        NOT_WRITTEN | {"troubles": TWO},
    ],
)
def test_what_is_no_unanswered_question_is_not(turn: RunTurn, other: Json) -> None:
    assert "unanswered" not in turn(ActionRefer, **other).signals


def test_a_follow_up_of_an_answer_is_not_unanswered(turn: RunTurn) -> None:
    assert turn(ActionRefer, slots={"faq": WAGES}, text="要钱吗", services=LOOKUP).signals == []


def test_where_nothing_was_looked_for_nothing_is_missing(
    turn: RunTurn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right after a start there is no index yet."""
    monkeypatch.setattr(LiveIndex, "at_hand", lambda self, items: None)
    assert turn(ActionRefer, **NOT_WRITTEN).signals == []


def _index_of_before(live: LiveCatalogue, changed: Item | None) -> FaqIndex:
    """As while the new one is being made: it holds another text, or what is gone."""
    items = live.current().faq
    before = changed or replace(items[WAGES], id="labor.gone")
    return FaqIndex({**items, WAGES: before}.values(), encoder(), encode)


def test_what_was_just_published_is_said_though_the_index_is_of_before(
    turn: RunTurn, live: LiveCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = live.current().faq[WAGES]
    old = _index_of_before(live, replace(now, answer=now.answer + "旧的。"))
    monkeypatch.setattr(LiveIndex, "at_hand", lambda self, items: old)
    card = turn(ActionRefer, **UNPAID).messages[0]["cards"][0]
    assert (card["id"], card["answer"]) == (WAGES, now.answer)


def test_what_was_just_taken_away_is_not_said(
    turn: RunTurn, live: LiveCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _index_of_before(live, None)
    monkeypatch.setattr(LiveIndex, "at_hand", lambda self, items: old)
    said = turn(ActionRefer, **UNPAID)
    assert not said.cards("faq")
    assert said.cards("referral")
