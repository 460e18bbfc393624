"""POST /legal-aid/screening and GET /legal-aid/facts, as another program sees them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.bot.test_api import V1, problem_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]
WAGES: Json = {
    "case_type": "civil",
    "claim": "labor_remuneration",
    "has_lawyer": False,
    "household_size": 2,
    "household_monthly_disposable_income": 5000,
    "valuable_assets": [],
    "special_status": [],
}
# the vocabulary that other programs were promised
KEYS = (
    "forum_city", "residence_city", "applicant_type", "case_type", "claim", "role", "stage",
    "has_lawyer", "household_size", "household_monthly_disposable_income",
    "household_monthly_consumption", "current_monthly_income", "extraordinary_expense_reason",
    "valuable_assets", "special_status", "service_form", "days_to_deadline",
)  # fmt: skip


async def ask(client: httpx.AsyncClient, facts: Json, **more: Any) -> httpx.Response:
    return await client.post(f"{V1}/legal-aid/screening", json={"facts": facts, **more})


async def test_an_answer_has_everything_that_was_promised(client: httpx.AsyncClient) -> None:
    answer = (await ask(client, WAGES, city="中山")).json()
    assert answer["outcome"] == "likely"
    assert answer["rules_version"] == "guangdong-2024-05-01"
    assert answer["missing"] == []
    assert answer["next_question"] is None
    assert "第四十九条" in answer["objection"]
    assert "".join(part["text"] for part in answer["objection_cited"]) == answer["objection"]
    assert "/law/" in "".join(part["url"] or "" for part in answer["objection_cited"])
    assert answer["apply_at"][0]["name"] == "中山市法律援助处"
    assert {item["required"] for item in answer["materials"]} == {"needed", "have_it_bring_it"}
    for reason in answer["reasons"]:
        assert reason["text"]
        assert reason["article"]
        assert reason["source"]
        assert reason["verified"] is reason["article"].startswith(("法律援助法", "公证法"))
    line = next(r for r in answer["reasons"] if "268" in r["article"])
    assert "2592" in line["text"]
    assert "2023-03-10" in line["text"]
    assert "待核实" in line["text"]
    assert line["verified"] is False
    assert line["effective_from"] == "2023-03-10"


async def test_what_is_not_said_is_asked(client: httpx.AsyncClient) -> None:
    facts = {**WAGES, "household_size": None}
    answer = (await ask(client, facts)).json()
    assert answer["outcome"] == "unknown"
    assert answer["missing"] == ["household_size"]
    question = answer["next_question"]
    assert question["fact"] == "household_size"
    assert question["text"].endswith("？")
    assert question["choices"]
    everything = (await ask(client, {})).json()
    assert everything["outcome"] == "unknown"
    assert everything["missing"][0] == "claim"


async def test_the_city_where_the_case_is_decides(client: httpx.AsyncClient) -> None:
    here = (await ask(client, {**WAGES, "city": "连云港"}, city="zhongshan")).json()
    assert here["rules_version"].startswith("guangdong-"), "the city among the facts is not used"
    there = (await ask(client, {**WAGES, "forum_city": "连云港"}, city="zhongshan")).json()
    assert there["rules_version"] == "jiangsu-2022-01-01"
    assert there["outcome"] == "unknown"
    assert there["apply_at"][0]["region_id"].startswith("3207")
    elsewhere = (await ask(client, {**WAGES, "forum_city": "长沙"}, city="zhongshan")).json()
    assert elsewhere["rules_version"] == "national-2022-01-01"
    assert elsewhere["outcome"] == "unknown"
    assert elsewhere["apply_at"] == []


async def test_last_years_rules_for_last_years_question(client: httpx.AsyncClient) -> None:
    income = {**WAGES, "household_monthly_disposable_income": 5184}
    today = (await ask(client, income)).json()
    before = (await ask(client, income, day="2023-03-09")).json()
    assert today["outcome"] == "likely"
    assert before["outcome"] == "unknown"
    assert before["rules_version"] == "guangdong-2020-01-01"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("household_monthly_disposable_income", -1, "不能小于 0"),
        ("household_monthly_disposable_income", 99_999_999, "填得太大"),
        ("household_monthly_disposable_income", "3000", "要填数字"),
        ("household_monthly_consumption", True, "要填数字"),
        ("household_size", 0, "不能小于 1"),
        ("household_size", 1.5, "整数"),
        ("household_size", 500, "填得太大"),
        ("has_lawyer", "no", "true 或 false"),
        ("claim", "wages", "没有“wages”这个选项"),
        ("special_status", "elderly", "列表"),
        ("special_status", ["rich"], "没有“rich”"),
        ("valuable_assets", [{"type": "yacht"}], "没有“yacht”"),
        ("valuable_assets", [{"type": "urban_home", "area_m2": -3}], "不能小于 0"),
        ("days_to_deadline", -2, "不能小于 0"),
        ("forum_city", "", "写文字"),
        ("favourite_colour", "red", "没有“favourite_colour”这一项"),
    ],
)
async def test_bad_input_names_the_field(
    client: httpx.AsyncClient, field: str, value: Any, words: str
) -> None:
    problem = problem_of(await ask(client, {field: value}), 422, f"facts.{field}")
    assert words in problem["detail"]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"has_lawyer": True, "special_status": ["no_defence_counsel"]}, "has_lawyer"),
        ({"special_status": ["minor", "elderly"]}, "special_status"),
        ({"claim": "defence", "case_type": "civil"}, "claim"),
    ],
)
async def test_facts_that_contradict_each_other_are_sent_back(
    client: httpx.AsyncClient, facts: Json, field: str
) -> None:
    problem = problem_of(await ask(client, facts), 422, f"facts.{field}")
    assert "对不上" in problem["detail"]


async def test_an_unknown_city_or_key_beside_the_facts_is_named(client: httpx.AsyncClient) -> None:
    problem_of(await ask(client, {}, city="火星"), 422, "city")
    problem_of(await ask(client, {}, today="2026-01-01"), 422, "today")
    problem_of(await ask(client, {}, day="昨天"), 422, "day")


async def test_the_vocabulary_is_public(client: httpx.AsyncClient) -> None:
    facts = {
        item["fact"]: item for item in (await client.get(f"{V1}/legal-aid/facts")).json()["facts"]
    }
    assert set(KEYS) <= set(facts)
    for item in facts.values():
        assert item["question"]
        assert item["why"]
        assert all(value["name"] for value in item["values"])
