"""POST /assist and GET /assist/answers: everything beside a call from one reading."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import func, select

from bot.accounts.logins import Accounts
from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.api.state import AppState
from knowledge.taxonomy import taxonomy
from tests.bot.accounts.people import come_in, hire
from tests.bot.conftest import FakeEngine, parsed
from tests.bot.test_api import V1, problem_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
Json = dict[str, Any]
WAGES = "老板拖欠我三个月工资，我在小榄打工，上个月15号离职的"
LABOUR = parsed(
    {"labor_arbitration": 0.8, "legal_aid": 0.1, "legal_consultation": 0.05}, {"labor": 0.97}
)
VIOLENCE = parsed(
    {"legal_consultation": 0.7}, {"marriage_family": 0.9}, urgent="violence", evidence=["打我"]
)


@pytest.fixture(scope="session")
def staffed(app: FastAPI) -> FastAPI:
    accounts: Accounts = app.state.accounts
    hire(accounts._database, "assist-li", Role.OPERATOR)
    hire(accounts._database, "assist-qing", Role.OPERATOR, city_id="qingyuan")
    hire(accounts._database, "assist-lan", Role.EDITOR)
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def operator(staffed: FastAPI, engine: FakeEngine) -> AsyncIterator[httpx.AsyncClient]:
    engine.parse_answer = LABOUR
    async with come_in(staffed, "assist-li") as browser:
        yield browser


async def beside(browser: httpx.AsyncClient, **told: Any) -> Json:
    answer = await browser.post(f"{V1}/assist", json=told)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def steps(panel: Json) -> list[str]:
    return [step["step"] for step in panel["script"]]


def lines(panel: Json, step: str) -> dict[str, Json]:
    return {line["id"]: line for one in panel["script"] if one["step"] == step
            for line in one["lines"]}  # fmt: skip


async def test_everything_comes_from_one_reading(
    operator: httpx.AsyncClient, engine: FakeEngine
) -> None:
    panel = await beside(operator, text=WAGES, city="中山")
    assert engine.texts == [WAGES]
    triage = (await operator.post(f"{V1}/triage", json={"text": WAGES, "city": "中山"})).json()
    assert panel["understood"] == {name: triage[name] for name in panel["understood"]}
    assert panel["understood"]["services"][0]["id"] == "labor_arbitration"
    assert (panel["referrals"], panel["regions"]) == (triage["referrals"], triage["regions"])
    assert panel["place"]["resolved"]["town"] == "小榄镇"
    assert (panel["away"], panel["calm"]) == (False, True)


async def test_limits_stand_once_and_those_with_a_last_day_first(
    operator: httpx.AsyncClient,
) -> None:
    limits = (await beside(operator, text=WAGES, city="中山"))["limits"]
    assert limits
    assert len({limit["id"] for limit in limits}) == len(limits)
    dated = [limit["due"] is not None for limit in limits]
    assert dated == sorted(dated, reverse=True)
    assert dated[0]


async def test_the_places_are_the_nearest_for_the_first_desks(
    operator: httpx.AsyncClient,
) -> None:
    panel = await beside(operator, text=WAGES, city="中山")
    first = panel["places"][0]
    assert first["service"] == panel["referrals"][0]["service"]
    asked = {"city": "中山", "q": WAGES, "service": first["service"], "limit": 2}
    nearest = (await operator.get(f"{V1}/places/nearest", params=asked)).json()["places"]
    assert [one["id"] for one in first["places"]] == [one["id"] for one in nearest]
    services = [one["service"] for one in panel["places"]]
    assert len(services) == len(set(services)) <= 2


async def test_canned_answers_come_with_their_likeness(operator: httpx.AsyncClient) -> None:
    found = (await beside(operator, text="老板拖欠工资不给怎么办", city="中山"))["answers"]
    assert found[0]["id"] == "labor.wages_unpaid"
    assert 1 < len(found) <= 5
    scores = [item["score"] for item in found]
    assert scores == sorted(scores, reverse=True)


async def test_what_was_said_already_is_marked_in_the_script(operator: httpx.AsyncClient) -> None:
    said = lines(await beside(operator, text=WAGES, city="中山"), "ask")
    assert (said["where"]["heard"], said["when"]["heard"], said["who"]["heard"]) == (
        True, True, False,
    )  # fmt: skip
    open_ = await beside(operator, text="老板拖欠工资", city="中山")
    assert not any(line["heard"] for line in lines(open_, "ask").values())


async def test_danger_puts_safety_first(operator: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.parse_answer = VIOLENCE
    panel = await beside(operator, text="我老公正在打我", city="中山")
    assert panel["calm"] is False
    assert panel["understood"]["urgent"] == {
        "flag": True, "kind": "violence", "evidence": ["打我"],
    }  # fmt: skip
    assert steps(panel)[0] == "safe"
    assert "110" in panel["script"][0]["lines"][0]["text"]


async def test_the_operators_choice_goes_before_what_was_understood(
    operator: httpx.AsyncClient,
) -> None:
    chosen = await beside(
        operator, text=WAGES, city="中山", service="notarization", matter="real_estate",
        urgent="threat", place="三乡",
    )  # fmt: skip
    # what was understood is still told: the operator sees what it was taken for
    assert chosen["understood"]["services"][0]["id"] == "labor_arbitration"
    assert "notarization" in [one["service"] for one in chosen["referrals"]]
    assert (chosen["calm"], steps(chosen)[0]) == (False, "safe")
    assert chosen["place"]["resolved"]["town"] == "三乡镇"
    region = chosen["place"]["resolved"]["region_id"]
    again = await beside(operator, text=WAGES, city="中山", region=region)
    assert again["place"]["resolved"]["region_id"] == region


async def test_legal_aid_goes_on_with_the_operators_taps(operator: httpx.AsyncClient) -> None:
    facts: Json = {}
    outcomes = []
    for _ in range(12):
        aid = (await beside(operator, text=WAGES, city="中山", facts=facts))["aid"]
        outcomes.append(aid["outcome"])
        if aid["next_question"] is None:
            break
        question = aid["next_question"]
        values = [choice["value"] for choice in question["choices"]]
        facts[question["fact"]] = "no" if "no" in values else values[0]
    assert aid["next_question"] is None
    assert outcomes[0] == "unknown"
    assert {one["fact"] for one in aid["facts"]} >= {"claim", "has_lawyer"}
    direct = {"city": "中山", "facts": {"claim": "labor_remuneration"}}
    known = (await operator.post(f"{V1}/legal-aid/screening", json=direct)).json()
    first = (await beside(operator, text=WAGES, city="中山"))["aid"]
    assert (first["outcome"], first["rules_version"]) == (
        known["outcome"], known["rules_version"],
    )  # fmt: skip


async def test_without_the_engine_the_rest_still_works(
    operator: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.away = True
    panel = await beside(operator, text=WAGES, city="中山")
    assert (panel["understood"], panel["away"]) == (None, True)
    assert panel["place"]["resolved"]["town"] == "小榄镇"
    assert "labor.wages_unpaid" in [item["id"] for item in panel["answers"]]
    assert steps(panel) == ["open", "ask", "agree", "end"]
    assert panel["aid"]["next_question"]
    assert panel["referrals"] == []
    # the operator sorts by hand, and the desks are there
    sorted_ = await beside(
        operator, text=WAGES, city="中山", service="labor_arbitration", matter="labor"
    )
    assert sorted_["referrals"][0]["service"] == "labor_arbitration"
    assert sorted_["limits"]
    assert sorted_["places"][0]["places"]


async def test_before_anything_is_told_there_is_the_script(
    operator: httpx.AsyncClient, engine: FakeEngine
) -> None:
    for text in ("", "  \n"):
        panel = await beside(operator, text=text, channel="counter")
        assert (panel["understood"], panel["away"], panel["answers"]) == (None, False, [])
        assert "请坐" in panel["script"][0]["lines"][0]["text"]
    assert engine.texts == []


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"service": "nothing"}, "service"),
        ({"matter": "nothing"}, "matter"),
        ({"urgent": "nothing"}, "urgent"),
        ({"party": "nothing"}, "party"),
        ({"region": "nothing"}, "region"),
        ({"city": "北京"}, "city"),
        ({"channel": "web"}, "channel"),
        ({"text": "长" * 2001}, "text"),
        ({"facts": {"claim": "nothing"}}, "facts.claim"),
        ({"facts": {str(n): "" for n in range(61)}}, "facts"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_what_is_wrong_is_named(operator: httpx.AsyncClient, told: Json, field: str) -> None:
    answer = await operator.post(f"{V1}/assist", json=told)
    problem_of(answer, 422)
    assert answer.json()["errors"][0]["field"] == field


async def test_nothing_of_it_is_kept(operator: httpx.AsyncClient, parts: AppState) -> None:
    """It is asked at every pause of somebody who types: what is not made a ticket is forgotten."""
    rows = await parts.gateway.look(lambda s: s.scalar(select(func.count()).select_from(Audit)))
    await beside(operator, text=WAGES, city="中山")
    assert rows == await parts.gateway.look(
        lambda s: s.scalar(select(func.count()).select_from(Audit))
    )


async def test_answers_by_words_need_no_engine(
    operator: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.away = True
    asked: dict[str, str | int] = {"q": "拖欠工资", "city": "中山", "limit": 4}
    answer = await operator.get(f"{V1}/assist/answers", params=asked)
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert len(items) == 4
    assert any(item["id"].startswith("labor.wages") for item in items)
    assert engine.texts == []
    for q in ("", "\x00"):
        assert (await operator.get(f"{V1}/assist/answers", params={"q": q})).status_code == 422


async def test_an_operator_of_one_city_is_answered_for_it(
    staffed: FastAPI, engine: FakeEngine
) -> None:
    engine.parse_answer = LABOUR
    async with come_in(staffed, "assist-qing") as browser:
        panel = await beside(browser, text="我在太平镇打工")
        cities = {region["city"] for region in panel["place"]["ambiguous"]}
        cities |= {place["region_id"][:4] for one in panel["places"] for place in one["places"]}
        assert cities <= {"清远市", "4418"}
        assert cities


async def test_only_operators(staffed: FastAPI, engine: FakeEngine) -> None:
    async with come_in(staffed, "assist-lan") as browser:
        for answer in (
            await browser.post(f"{V1}/assist", json={"text": WAGES}),
            await browser.get(f"{V1}/assist/answers", params={"q": "工资"}),
            await browser.post(f"{V1}/calls", json={"id": "1", "text": WAGES}),
        ):
            problem_of(answer, 403)


async def test_the_names_of_the_page_are_those_of_the_taxonomy(parts: AppState) -> None:
    from bot.console.assist import labels

    found = labels(parts.catalogue)
    names = taxonomy()
    assert {one["id"] for one in found["services"]} == {*names.services, *names.requests}
    assert {one["id"] for one in found["urgency"]} == set(names.urgency)
    assert all(one["name"] for group in found.values() for one in group)
