"""Triage of one text: the engine's reading, joined with the knowledge base."""

from __future__ import annotations

from typing import Any

import pytest

from bot.engine_client import EngineAway
from bot.triage import triage
from knowledge.catalogue import Catalogue
from tests.bot.conftest import FakeEngine, parsed


async def ask(
    engine: FakeEngine, catalogue: Catalogue, text: str, city: str = "zhongshan"
) -> dict[str, Any]:
    return await triage(engine, catalogue, text, catalogue.atlas.cities[city])


async def test_the_example_of_the_contract(fake_engine: FakeEngine, catalogue: Catalogue) -> None:
    fake_engine.parse_answer = parsed({"legal_consultation": 0.71, "legal_aid": 0.2})
    answer = await ask(fake_engine, catalogue, "老板拖欠我三个月工资，我在小榄打工")
    assert answer["services"][0] == {
        "id": "legal_consultation",
        "name": "法律咨询",
        "confidence": 0.71,
    }
    assert answer["matters"] == [{"id": "labor", "name": "劳动人事", "confidence": 0.95}]
    assert answer["urgent"] == {"flag": False, "kind": "none", "evidence": []}
    assert answer["in_scope"] is True
    assert answer["regions"] == [
        {
            "region_id": "442000118",
            "city": "中山市",
            "county": None,
            "town": "小榄镇",
            "village": None,
        }
    ]
    assert answer["referrals"][0]["service"] == "labor_arbitration"
    assert "劳动争议调解仲裁法" in answer["referrals"][0]["source"]
    assert set(answer["referrals"][0]) >= {"service", "name", "why", "source", "deadline"}


async def test_labels_are_sorted_above_one_percent_and_ours_only(
    fake_engine: FakeEngine, catalogue: Catalogue
) -> None:
    fake_engine.parse_answer = parsed(
        {"nlu_fallback": 0.5, "find_place": 0.3, "human_handoff": 0.02, "legal_aid": 0.01},
        {"debt": 0.6, "labor": 0.0101, "general": 0.01},
    )
    answer = await ask(fake_engine, catalogue, "找个人")
    assert [item["id"] for item in answer["services"]] == ["find_place", "human_handoff"]
    assert [item["id"] for item in answer["matters"]] == ["debt", "labor"]
    assert all(item["name"] for item in answer["services"] + answer["matters"])
    for ranking in (answer["services"], answer["matters"]):
        values = [item["confidence"] for item in ranking]
        assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("top", "in_scope"),
    [("out_of_scope", False), ("other_government", True), ("legal_aid", True)],
)
async def test_only_out_of_scope_is_out_of_scope(
    fake_engine: FakeEngine, catalogue: Catalogue, top: str, in_scope: bool
) -> None:
    fake_engine.parse_answer = parsed({top: 0.9, "legal_consultation": 0.1})
    answer = await ask(fake_engine, catalogue, "路灯坏了")
    assert answer["in_scope"] is in_scope
    assert bool(answer["referrals"]) is in_scope


async def test_nobody_in_danger_is_out_of_scope(
    fake_engine: FakeEngine, catalogue: Catalogue
) -> None:
    strange = {"out_of_scope": 0.7, "legal_consultation": 0.2}
    fake_engine.parse_answer = parsed(strange, {"general": 0.9}, "self_harm", ["不想活"])
    answer = await ask(fake_engine, catalogue, "我不想活了")
    assert answer["in_scope"] is True
    assert answer["referrals"]
    assert answer["services"][0]["id"] == "out_of_scope"  # what was understood is not hidden


async def test_urgency_carries_the_words_that_raised_it(
    fake_engine: FakeEngine, catalogue: Catalogue
) -> None:
    fake_engine.parse_answer = parsed(
        {"legal_consultation": 0.7, "peoples_mediation": 0.2},
        {"marriage_family": 0.9},
        "violence",
        ["他打我"],
    )
    answer = await ask(fake_engine, catalogue, "他打我，我想离婚")
    assert answer["urgent"] == {"flag": True, "kind": "violence", "evidence": ["他打我"]}
    # nobody who is being hurt is sent to mediation unless they asked for it
    assert "peoples_mediation" not in {item["service"] for item in answer["referrals"]}


async def test_for_whom_it_is_asked_and_two_troubles_pass_through(
    fake_engine: FakeEngine, catalogue: Catalogue
) -> None:
    told = [
        {"text": "孩子被同学打伤", "service": "legal_consultation", "matter": "personal_injury"},
        {"text": "另外想办遗嘱公证", "service": "notarization", "matter": "marriage_family"},
    ]
    fake_engine.parse_answer = parsed(party="child", troubles=told)
    answer = await ask(fake_engine, catalogue, "孩子被同学打伤，另外想办遗嘱公证")
    assert answer["party"] == {"id": "child", "name": "孩子"}
    assert answer["troubles"] == told


async def test_a_place_of_another_served_city_is_answered_for_that_city(
    fake_engine: FakeEngine, catalogue: Catalogue
) -> None:
    fake_engine.parse_answer = parsed({"legal_aid": 0.9}, {"general": 0.9})
    here = await ask(fake_engine, catalogue, "请律师要钱吗")
    there = await ask(fake_engine, catalogue, "我在灌云县，请律师要钱吗")
    assert [region["city"] for region in there["regions"]] == ["连云港市"]
    plain = await ask(fake_engine, catalogue, "请律师要钱吗", "lianyungang")
    assert there["referrals"] == plain["referrals"]
    assert here["regions"] == []


async def test_several_that_fit_are_all_named(
    fake_engine: FakeEngine, catalogue: Catalogue
) -> None:
    answer = await ask(fake_engine, catalogue, "我在太平镇", "qingyuan")
    assert {region["county"] for region in answer["regions"]} == {"清新区", "阳山县"}


async def test_no_label_at_all_still_names_a_desk(
    fake_engine: FakeEngine, catalogue: Catalogue
) -> None:
    fake_engine.parse_answer = {**parsed(), "intent_ranking": [], "matters": []}
    answer = await ask(fake_engine, catalogue, "嗯")
    assert answer["services"] == answer["matters"] == []
    assert answer["in_scope"] is True
    assert "legal_consultation" in {item["service"] for item in answer["referrals"]}


async def test_an_absent_engine_is_said(fake_engine: FakeEngine, catalogue: Catalogue) -> None:
    fake_engine.away = True
    with pytest.raises(EngineAway):
        await ask(fake_engine, catalogue, "您好")
