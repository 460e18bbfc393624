"""The actions process: Rasa's calls, lean and stock, and errors that tell nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml
from sqlalchemy import Engine
from starlette.applications import Starlette

from actions.action_refer import ActionRefer
from actions.server import ACTIONS, create_app
from knowledge.edition import city_codes
from tests.actions.conftest import XIAOLAN, latest_message, tracker_state

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
WAGES = "老板拖欠我三个月工资，我在小榄打工"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(database: Engine) -> AsyncIterator[httpx.AsyncClient]:
    read: list[bool] = []
    app: Starlette = create_app(str(database.url), city_codes(), loaded=lambda: read.append(True))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://actions.test") as engine,
    ):
        assert len(read) == 1
        # as the supervisor waits before it says that the product is ready
        while (await engine.get("/ready")).status_code != 200:
            await asyncio.sleep(0.05)
        yield engine


def lean(action: str = "action_refer", **message: Any) -> Json:
    """As engine/fast_paths.py sends it."""
    given = message or {
        "text": WAGES,
        "services": {"legal_consultation": 0.9},
        "matters": {"labor": 0.9},
    }
    return {
        "next_action": action,
        "sender_id": "someone",
        "tracker": tracker_state(latest_message(**given)),
        "domain": {},
        "version": "3.6.21",
    }


def stock(action: str = "action_refer") -> Json:
    """As Rasa itself sends it: every event of the session, and the domain."""
    call = lean(action)
    latest = call["tracker"]["latest_message"]
    call["tracker"]["events"] = [
        {"event": "action", "timestamp": 1.0, "name": "action_session_start", "policy": None},
        {"event": "session_started", "timestamp": 1.0},
        {"event": "action", "timestamp": 1.0, "name": "action_listen", "policy": None},
        {
            "event": "user",
            "timestamp": 2.0,
            "text": latest["text"],
            "parse_data": latest,
            "input_channel": "rest",
            "message_id": "0",
            "metadata": latest["metadata"],
        },
        {"event": "slot", "timestamp": 2.0, "name": "service", "value": "legal_aid"},
    ]
    domain: Json = {"version": "3.1", "responses": {}, "forms": {}, "config": {}}
    for file in sorted((ROOT / "domain").glob("*.yml")):
        domain |= yaml.safe_load(file.read_text(encoding="utf-8"))
    call["domain"] = domain
    return call


async def test_it_is_alive(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).json() == {"status": "ok"}


@pytest.mark.parametrize("call", [lean(), stock()], ids=["lean", "stock"])
async def test_an_action_runs(client: httpx.AsyncClient, call: Json) -> None:
    response = await client.post("/webhook", json=call)
    assert response.status_code == 200
    answer = response.json()
    assert {event["name"]: event["value"] for event in answer["events"]}["region_id"] == XIAOLAN
    customs = [item["custom"] for item in answer["responses"]]
    assert customs[0]["kind"] == "understood"
    assert customs[1]["cards"][0]["id"] == "labor.wages_unpaid"
    assert customs[2]["cards"][0]["service"] == "labor_arbitration"


async def test_both_kinds_of_call_get_the_same_answer(client: httpx.AsyncClient) -> None:
    answers = [(await client.post("/webhook", json=call)).json() for call in (lean(), stock())]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("action", [action.__module__.split(".")[1] for action in ACTIONS])
async def test_every_action_answers_over_http(client: httpx.AsyncClient, action: str) -> None:
    response = await client.post("/webhook", json=lean(action))
    assert response.status_code == 200
    assert response.json()["responses"]


async def test_the_answer_fits_the_schema_of_rasa(client: httpx.AsyncClient) -> None:
    """Rasa checks it: events with an "event", responses as a list."""
    answer = (await client.post("/webhook", json=lean())).json()
    assert set(answer) == {"events", "responses"}
    for event in answer["events"]:
        assert event["event"] == "slot"
        assert set(event) == {"event", "timestamp", "name", "value"}


def tells_nothing(response: httpx.Response) -> None:
    assert response.status_code == 500
    assert response.json() == {"error": "action failed"}


async def test_an_unknown_action_is_an_error(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    tells_nothing(await client.post("/webhook", json=lean("action_none")))
    assert "action_none" in caplog.text


async def test_an_action_that_raises_is_an_error_without_a_trace(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Json:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(ActionRefer, "answer", broken)
    tells_nothing(await client.post("/webhook", json=lean()))
    assert "secret inside" in caplog.text
    # the next one works: nothing is left behind
    assert (await client.post("/webhook", json=lean("action_find_place"))).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b"5", b'{"next_action": "action_refer"}', b"\xff"],
)
async def test_a_malformed_call_is_an_error_without_a_trace(
    client: httpx.AsyncClient, body: bytes
) -> None:
    tells_nothing(await client.post("/webhook", content=body))


async def test_a_call_without_an_action_does_nothing(client: httpx.AsyncClient) -> None:
    response = await client.post("/webhook", content=json.dumps({"next_action": ""}))
    assert response.status_code == 200
    assert response.json() is None


async def test_there_is_nothing_else(client: httpx.AsyncClient) -> None:
    for path in ("/", "/actions", "/docs", "/openapi.json"):
        assert (await client.get(path)).status_code == 404
    assert (await client.get("/webhook")).status_code == 405
