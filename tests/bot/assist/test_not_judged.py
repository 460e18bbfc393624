"""While the engine is away nobody judges how urgent a call is: that is said, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from bot.accounts.logins import Accounts
from bot.accounts.roles import Role
from bot.api.state import AppState
from bot.assist.script import script
from bot.gateway.gateway import Gateway
from bot.hooks import passing
from bot.hooks.systems import System
from bot.tickets.summary import judged, summarise
from bot.words import words
from knowledge.catalogue import Catalogue
from tests.bot.accounts.people import come_in, hire
from tests.bot.assist.test_assist_api import LABOUR, VIOLENCE, WAGES
from tests.bot.assist.test_calls_api import make, ticket_of
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident
from tests.bot.gateway.test_moves import UNDERSTOOD
from tests.bot.test_api import V1

together = pytest.mark.asyncio(loop_scope="session")
UNJUDGED = "紧急：没有判断，请先问安不安全"


@pytest.fixture(scope="module")
def staffed(app: FastAPI) -> FastAPI:
    accounts: Accounts = app.state.accounts
    hire(accounts._database, "judging-li", Role.OPERATOR)
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def operator(staffed: FastAPI, engine: FakeEngine) -> AsyncIterator[httpx.AsyncClient]:
    engine.parse_answer = LABOUR
    async with come_in(staffed, "judging-li") as browser:
        yield browser


async def seen(operator: httpx.AsyncClient, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await operator.get(f"{V1}/tickets/{made['number']}")).json()
    return found


@together
async def test_a_ticket_of_which_nobody_knows_says_so(
    operator: httpx.AsyncClient, engine: FakeEngine, parts: AppState
) -> None:
    engine.away = True
    made = await make(operator)
    assert made["summary"][2] == UNJUDGED
    assert (made["may_rate"], made["urgent_judged"]) == (False, False)
    shown = await seen(operator, made)
    assert (shown["urgent"], shown["urgent_judged"]) == ("none", False)
    assert shown["summary"][2] == UNJUDGED
    assert (await ticket_of(parts, made)).urgent_judged is False


@together
async def test_correcting_its_category_judges_nothing(
    operator: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.away = True
    made = await make(operator, service="labor_arbitration", matter="labor")
    assert (made["summary"][2], made["may_rate"]) == (UNJUDGED, False)
    corrected = await operator.post(
        f"{V1}/tickets/{made['number']}/correct", json={"matter": "contract"}
    )
    assert corrected.status_code == 200
    assert (await seen(operator, made))["summary"][2] == UNJUDGED


@together
@pytest.mark.parametrize(
    ("urgent", "line", "may_rate"),
    [("none", "紧急：没有", True), ("violence", "紧急：有人受伤害", False)],
)
async def test_an_operator_s_word_is_a_judgement(
    operator: httpx.AsyncClient, engine: FakeEngine, urgent: str, line: str, may_rate: bool
) -> None:
    engine.away = True
    made = await make(operator, urgent=urgent)
    assert made["summary"][2] == line
    assert (made["may_rate"], made["urgent_judged"]) == (may_rate, True)


@together
@pytest.mark.parametrize(
    ("heard", "line"), [(LABOUR, "紧急：没有"), (VIOLENCE, "紧急：有人受伤害（原话里的：打我）")]
)
async def test_the_engine_s_word_is_one(
    operator: httpx.AsyncClient, engine: FakeEngine, heard: dict[str, Any], line: str
) -> None:
    engine.parse_answer = heard
    made = await make(operator)
    assert (made["summary"][2], made["urgent_judged"]) == (line, True)


@together
async def test_the_panel_says_whether_anybody_has_judged(
    operator: httpx.AsyncClient, engine: FakeEngine
) -> None:
    async def panel(**more: str) -> dict[str, Any]:
        answer = await operator.post(f"{V1}/assist", json={"text": WAGES, "city": "中山", **more})
        found: dict[str, Any] = answer.json()
        return found

    def lines(shown: dict[str, Any]) -> list[str]:
        return [line["id"] for step in shown["script"] for line in step["lines"]]

    there = await panel()
    assert there["judged"] is True
    assert "rate" in lines(there)
    engine.away = True
    away = await panel()
    assert away["judged"] is False
    assert "rate" not in lines(away)
    assert (await panel(urgent="none"))["judged"] is True


@together
async def test_the_api_s_description_has_it(operator: httpx.AsyncClient) -> None:
    described = (await operator.get("/openapi.json")).json()
    assert "urgent_judged" in described["components"]["schemas"]["CallMade"]["properties"]
    assert "first" in described["components"]["schemas"]["CallbackLine"]["properties"]


def test_nobody_is_asked_to_rate_what_nobody_has_judged() -> None:
    def ids(*, judged: bool) -> list[str]:
        steps = script("phone", None, None, "none", judged=judged)
        return [line.id for step in steps for line in step.lines]

    assert "rate" in ids(judged=True)
    assert "rate" not in ids(judged=False)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, False), ({}, False), ({"trouble": "话"}, False),
        ({"matter": "labor"}, True), ({"service": "legal_aid"}, True),
        ({"matter": "labor", "judged": False}, False), ({"judged": True}, True),
        ({"judged": False, "urgent": "violence"}, True),
    ],
)  # fmt: skip
def test_what_counts_as_judged(
    catalogue: Catalogue, known: dict[str, Any] | None, expected: bool
) -> None:
    assert judged(known) is expected
    assert (summarise(catalogue, known or {})[2] == UNJUDGED) is not expected


# ---------------------------------------------------------------- in the chat


async def test_who_says_nothing_but_that_they_want_a_person(gateway: Gateway) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say("转人工")
    ticket = await resident.ticket()
    assert (ticket.urgent_judged, ticket.summary[2]) == (False, UNJUDGED)


async def test_words_that_the_engine_has_not_seen_leave_it_open(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    await resident.say(WAGES)
    await resident.say("转人工")
    assert (await resident.ticket()).summary[2] == "紧急：没有"
    fake_engine.away = True
    await resident.say("他在门口")
    ticket = await resident.ticket()
    assert (ticket.urgent_judged, ticket.summary[2]) == (False, UNJUDGED)
    # one message that was seen does not say what the other one was
    fake_engine.away = False
    await resident.say("要带什么")
    assert (await resident.ticket()).summary[2] == UNJUDGED
    fake_engine.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("先拨 110。")]
    await resident.say("他打我")
    ticket = await resident.ticket()
    assert (ticket.urgent_judged, ticket.urgent) == (True, "violence")


async def test_another_system_is_not_told_that_nothing_is_urgent(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say("转人工")
    body = await resident.operator(lambda led, t: passing.body(led, t, System("12345"), None))
    assert body["urgent"] == {"id": "none", "name": words("tickets")["exchange"]["unjudged"]}
