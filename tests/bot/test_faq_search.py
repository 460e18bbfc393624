"""GET /faq/search and the box on the page: an answer, a floor, and a change a moment later."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.api.state import AppState
from bot.web.faq import PAGES
from knowledge import tables
from knowledge.catalogue import FRESH_FOR_SECONDS
from knowledge.database import connect
from tests.bot.conftest import FakeEngine, parsed
from tests.bot.test_api import V1, problem_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
Json = dict[str, Any]
WAGES = "labor.wages_unpaid"
QUESTION = "老板拖欠工资不给怎么办"
DOOR = f"{V1}/faq/search"


@pytest.fixture(autouse=True)
def labour(engine: FakeEngine) -> None:
    engine.parse_answer = parsed() | {"matters": [{"name": "labor", "confidence": 0.97}]}


async def ask(client: httpx.AsyncClient, **params: str | int) -> Json:
    response = await client.get(DOOR, params={"q": QUESTION, **params})
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    return answer


async def test_an_answer_with_its_articles(client: httpx.AsyncClient, parts: AppState) -> None:
    answer = await ask(client, city="中山", limit=2)
    item = parts.catalogue.faq[WAGES]
    assert answer["known"] is True
    assert len(answer["items"]) == 2
    first = answer["items"][0]
    assert (first["id"], first["title"], first["answer"]) == (WAGES, item.title, item.answer)
    assert 0 <= answer["items"][1]["score"] <= first["score"] <= 1
    assert first["steps"] == list(item.steps)
    assert first["materials"][0].keys() == {"name", "required"}
    assert date.fromisoformat(first["review_by"]) == item.review_by
    for article in first["citations"]:
        assert article["url"].startswith("/law/")
        assert (await client.get(article["url"])).status_code == 200


async def test_nothing_is_known_of_what_is_not_there(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.parse_answer = parsed() | {
        "intent_ranking": [{"name": "out_of_scope", "confidence": 0.97}],
        "matters": [{"name": "general", "confidence": 0.9}],
    }
    for question in ("红烧肉怎么做", "。。。", "🙂"):
        assert (await ask(client, q=question))["known"] is False


async def test_only_among_what_is_asked_for(client: httpx.AsyncClient, parts: AppState) -> None:
    faq = parts.catalogue.faq
    for item in (await ask(client, service="labor_arbitration", limit=20))["items"]:
        assert "labor_arbitration" in faq[item["id"]].services
    for item in (await ask(client, matter="real_estate", limit=20))["items"]:
        assert "real_estate" in faq[item["id"]].matters


async def test_it_answers_also_without_the_engine(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.away = True
    assert (await ask(client))["items"][0]["id"] == WAGES


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"q": ""}, "q"),
        ({"q": " "}, "q"),
        ({"q": "工" * 2001}, "q"),
        ({"service": "nothing"}, "service"),
        ({"matter": "nothing"}, "matter"),
        ({"limit": "0"}, "limit"),
        ({"city": "火星"}, "city"),
    ],
)
async def test_a_bad_question_names_its_field(
    client: httpx.AsyncClient, params: Json, field: str
) -> None:
    response = await client.get(DOOR, params={"q": QUESTION, **params})
    assert field in problem_of(response, 422)["errors"][0]["field"]


async def test_what_staff_publish_is_found_a_moment_later(
    client: httpx.AsyncClient, app: FastAPI, parts: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "屋顶的太阳能板被台风吹走砸坏了邻居的鱼塘"
    engine = connect(parts.settings.database_url)
    with Session(engine) as session:
        kept = session.get_one(tables.FaqItem, WAGES)
        title, asks = kept.title, list(kept.ask)
    assert (await ask(client, q=words))["known"] is False

    def write(new_title: str, ways: list[str]) -> None:
        with Session(engine) as session, session.begin():
            item = session.get_one(tables.FaqItem, WAGES)
            item.title, item.ask = new_title, ways
            session.execute(
                update(tables.Edition)
                .where(tables.Edition.id == 1)
                .values(version=tables.Edition.version + 1)
            )

    try:
        write("台风吹走太阳能板", [words, *asks])
        parts.live._checked -= FRESH_FOR_SECONDS  # a second later
        found = await ask(client, q=words)
        assert found["known"] is True
        assert found["items"][0]["title"] == "台风吹走太阳能板"
    finally:
        write(title, asks)
        parts.live.refresh()
        engine.dispose()


async def test_nobody_in_danger_is_given_something_to_read(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.parse_answer = parsed() | {
        "urgency": {"kind": "violence", "flag": True, "confidence": 0.9, "evidence": ["打"]}
    }
    answer = await ask(client)
    assert (answer["danger"], answer["known"], answer["items"]) == (True, False, [])
    page = (await client.post("/faq", data={"q": QUESTION})).text
    assert PAGES.words["in_danger"] in page
    assert "/faq/item/" not in page


async def test_a_form_that_is_none_of_ours_is_no_error(client: httpx.AsyncClient) -> None:
    page = await client.post("/faq", data={f"f{at}": "1" for at in range(40)})
    assert page.status_code == 200


async def test_the_box_on_the_page(client: httpx.AsyncClient, parts: AppState) -> None:
    page = await client.post("/faq", data={"q": QUESTION})
    assert page.status_code == 200
    assert f"/faq/item/{WAGES}" in page.text
    assert PAGES.words["results"] in page.text
    # what was asked is no part of an address: nobody reads it in the browser's history
    assert (await client.get("/faq", params={"q": QUESTION})).text.count(QUESTION) == 0
    evil = await client.post("/faq", data={"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in evil.text
