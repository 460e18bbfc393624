"""A scripted engine, and the app over it: no other process is needed."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.api.state import AppState
from bot.app import create_app
from bot.database import migrate
from bot.engine_client import EngineAway, EngineClient
from bot.settings import Settings
from bot.tables import Conversation
from knowledge.database import connect

Payload = dict[str, Any]


def parsed(
    services: dict[str, float] | None = None,
    matters: dict[str, float] | None = None,
    urgent: str = "none",
    evidence: list[str] | None = None,
    party: str = "self",
    troubles: list[Payload] | None = None,
) -> Payload:
    """An answer of the engine's /model/parse."""

    def ranked(labels: dict[str, float]) -> list[Payload]:
        return [{"name": name, "confidence": value} for name, value in labels.items()]

    return {
        "intent_ranking": ranked(services or {"legal_consultation": 0.9, "legal_aid": 0.05}),
        "matters": ranked(matters or {"labor": 0.95, "general": 0.004}),
        "urgency": {
            "kind": urgent,
            "flag": urgent != "none",
            "confidence": 0.9,
            "evidence": evidence or [],
        },
        "party": {"name": party, "confidence": 0.9},
        "troubles": troubles or [],
        "entities": [],
    }


def said(message: str, **more: Any) -> Payload:
    """A message as an action of ours hands it to the gateway."""
    return {"kind": "message", "text": message, "choices": [], "cards": []} | more


@dataclass
class FakeEngine(EngineClient):
    """Says what it is told to say, and remembers what it was asked."""

    away: bool = False
    served: str = "wenfa-test.tar.gz"
    parse_answer: Payload = field(default_factory=parsed)
    payloads: list[Payload] = field(default_factory=lambda: [said("好的。")])
    # called before an answer, with the sender and the message
    before: Callable[[str, str], Awaitable[None]] | None = None
    parse_error: Exception | None = None
    texts: list[str] = field(default_factory=list)
    calls: list[tuple[str, str, Payload]] = field(default_factory=list)
    # slots that the gateway told it between turns
    told: list[tuple[str, Payload]] = field(default_factory=list)

    async def close(self) -> None:
        return None

    async def parse(self, text: str) -> Payload:
        self.texts.append(text)
        if self.parse_error:
            raise self.parse_error
        if self.away:
            raise EngineAway("scripted")
        return self.parse_answer

    async def converse(self, sender: str, message: str, metadata: Payload) -> list[Payload]:
        self.calls.append((sender, message, metadata))
        if self.before:
            await self.before(sender, message)
        if self.away:
            raise EngineAway("scripted")
        return self.payloads

    async def remember(self, sender: str, slots: Payload) -> None:
        self.told.append((sender, slots))
        if self.away:
            raise EngineAway("scripted")

    async def model(self) -> str:
        if self.away:
            raise EngineAway("scripted")
        return self.served


@pytest.fixture
def fake_engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def bare_database(tmp_path: Path) -> Iterator[Engine]:
    """Migrated, without content: for conversations only."""
    database = connect(f"sqlite:///{tmp_path / 'bare.sqlite3'}")
    migrate(database)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def app_home(database: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own with a copy of the loaded database and one conversation of long ago."""
    home = tmp_path_factory.mktemp("home")
    with (
        closing(sqlite3.connect(str(database.url.database))) as loaded,
        closing(sqlite3.connect(home / "wenfa.sqlite3")) as own,
    ):
        loaded.backup(own)
    copy = connect(f"sqlite:///{home / 'wenfa.sqlite3'}")
    with Session(copy) as session, session.begin():
        session.add(
            Conversation(
                id="old",
                channel="web",
                address="old",
                city_id="zhongshan",
                region_id=None,
                state="bot",
                seq=0,
                misunderstood=0,
                created_at=datetime(2020, 1, 1),  # noqa: DTZ001  (stored naive, in UTC)
                last_at=datetime(2020, 1, 1),  # noqa: DTZ001
            )
        )
    copy.dispose()
    return home


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app(app_home: Path) -> AsyncIterator[FastAPI]:
    """The real app, started once; nothing listens on its engine's and actions' ports."""
    settings = Settings(home=app_home, engine_port=9, actions_port=9, model="wenfa-test")
    read: list[bool] = []
    application = create_app(settings, lambda: read.append(hasattr(application.state, "parts")))
    async with application.router.lifespan_context(application):
        assert read == [True]
        real: EngineClient = application.state.parts.engine
        yield application
        application.state.parts.engine = real


@pytest.fixture
def parts(app: FastAPI) -> AppState:
    state: AppState = app.state.parts
    return state


@pytest.fixture
def engine(parts: AppState, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The engine that the app talks to in this test."""
    monkeypatch.setattr(parts, "engine", fake_engine)
    monkeypatch.setattr(parts.gateway, "_engine", fake_engine)
    return fake_engine


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI, engine: FakeEngine) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before the app; an error of the app becomes its answer, as in production."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://wenfa.test") as browser:
        yield browser


@pytest.fixture
def stops_as_they_were() -> Iterator[None]:
    """For tests of what turns Ctrl-C and SIGTERM to its own use."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)
