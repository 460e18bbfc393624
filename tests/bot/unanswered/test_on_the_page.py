"""The box on /faq and GET /faq/search: what found nothing is kept, and never costs the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NoReturn

import httpx
import pytest
from sqlalchemy import delete, select

from bot.api.state import AppState
from bot.gateway.store import StoreAway
from bot.tables import UnansweredQuestion
from tests.bot.conftest import FakeEngine, parsed
from tests.bot.test_api import V1
from tests.bot.test_faq_search import QUESTION

pytestmark = pytest.mark.asyncio(loop_scope="session")
DOOR = f"{V1}/faq/search"
# nobody has written of it; the triage is as unsure as with anything new
ODD = "我叫张伟，屋顶的太阳能板被台风吹走砸坏了邻居的鱼塘"
MASKED = "我叫某某，屋顶的太阳能板被台风吹走砸坏了邻居的鱼塘"


@pytest.fixture(autouse=True)
def empty(parts: AppState, engine: FakeEngine) -> None:
    engine.parse_answer = parsed(matters={"labor": 0.97})
    parts.gateway.store.run_now(lambda session: session.execute(delete(UnansweredQuestion)))


def kept(parts: AppState) -> list[tuple[Any, ...]]:
    row = UnansweredQuestion
    wanted = select(row.city_id, row.matter, row.service, row.text, row.door)
    return parts.gateway.store.run_now(
        lambda session: [tuple(found) for found in session.execute(wanted)]
    )


async def test_the_api(client: httpx.AsyncClient, parts: AppState) -> None:
    params = {"q": ODD, "city": "清远"}
    assert (await client.get(DOOR, params=params)).json()["known"] is False
    asked = [("qingyuan", "labor", "legal_consultation", MASKED, "api")]
    assert kept(parts) == asked
    # who looks among some answers only has not asked all of them
    narrow = params | {"matter": "labor", "service": "labor_arbitration"}
    assert (await client.get(DOOR, params=narrow)).json()["known"] is False
    assert kept(parts) == asked


@pytest.mark.parametrize("service", ["out_of_scope", "other_government"])
async def test_what_is_not_ours_is_not_kept(
    client: httpx.AsyncClient, parts: AppState, engine: FakeEngine, service: str
) -> None:
    engine.parse_answer = parsed(services={service: 0.9}, matters={"general": 0.9})
    await client.get(DOOR, params={"q": ODD})
    await client.post("/faq", data={"q": ODD})
    assert kept(parts) == []


async def test_without_the_engine_nobody_knows_of_danger(
    client: httpx.AsyncClient, parts: AppState, engine: FakeEngine
) -> None:
    engine.away = True
    assert (await client.get(DOOR, params={"q": ODD})).status_code == 200
    await client.post("/faq", data={"q": ODD})
    assert kept(parts) == []


async def test_the_page(client: httpx.AsyncClient, parts: AppState) -> None:
    page = await client.post("/faq", data={"q": ODD})
    assert page.status_code == 200
    assert kept(parts) == [(parts.city(None).id, "labor", "legal_consultation", MASKED, "page")]


async def test_the_page_knows_the_city_of_the_open_conversation(
    client: httpx.AsyncClient, parts: AppState
) -> None:
    opened = await client.post(f"{V1}/chat/sessions", json={"city": "清远"})
    assert opened.status_code == 200, opened.text
    await client.post("/faq", data={"q": ODD})
    client.cookies.clear()
    assert [row[0] for row in kept(parts)] == ["qingyuan"]


async def test_what_was_answered_or_not_asked_is_not_kept(
    client: httpx.AsyncClient, parts: AppState
) -> None:
    assert (await client.get(DOOR, params={"q": QUESTION})).json()["known"] is True
    await client.post("/faq", data={"q": QUESTION})
    await client.post("/faq", data={"q": " "})
    await client.get("/faq")
    await client.get(DOOR, params={"q": "。。。"})
    assert kept(parts) == []


async def test_of_danger_nothing_is_kept(
    client: httpx.AsyncClient, parts: AppState, engine: FakeEngine
) -> None:
    engine.parse_answer = parsed(urgent="violence")
    assert (await client.get(DOOR, params={"q": ODD})).json()["danger"] is True
    await client.post("/faq", data={"q": ODD})
    assert kept(parts) == []


async def test_a_database_that_is_away_costs_nobody_the_answer(
    client: httpx.AsyncClient,
    parts: AppState,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def away(work: Callable[..., Any]) -> NoReturn:
        raise StoreAway("scripted")

    monkeypatch.setattr(parts.gateway.store, "run", away)
    with caplog.at_level(logging.DEBUG, logger="bot"):
        assert (await client.get(DOOR, params={"q": ODD})).json()["known"] is False
        assert (await client.post("/faq", data={"q": ODD})).status_code == 200
    assert "鱼塘" not in caplog.text
