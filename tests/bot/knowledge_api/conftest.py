"""/knowledge and what residents see of it, over a database of each kind with the edition in it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts import door
from bot.accounts.logins import Accounts
from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.admin import refusals as admin_refusals
from bot.api import faq, knowledge, knowledge_deeds, login, places, problems, refusals
from bot.api.state import AppState
from bot.gateway.gateway import Gateway
from bot.gateway.store import Store
from bot.settings import Settings
from knowledge.catalogue import FRESH_FOR_SECONDS, Catalogue, LiveCatalogue
from knowledge.editing.frame import Frame
from tests.bot.accounts.people import QUICK, hire, stranger, token_for
from tests.bot.conftest import FakeEngine, parsed
from tests.bot.databases import loaded_database, templates

__all__ = ["loaded_database", "templates"]


@dataclass
class Clerk:
    """Somebody of the staff, over HTTP with a bearer token."""

    client: httpx.AsyncClient

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = await self.client.request(method, f"/api/v1/knowledge{path}", **more)
        assert answer.status_code == status, answer.text[:2000]
        return answer.json() if answer.content else None

    async def get(self, path: str = "", status: int = 200, **query: Any) -> Any:
        return await self.ask("GET", path, status, params=query)

    async def put(self, path: str, status: int = 200, **body: Any) -> Any:
        return await self.ask("PUT", path, status, json=body)

    async def post(self, path: str, status: int = 200, **body: Any) -> Any:
        return await self.ask("POST", path, status, json=body)

    async def published(self, path: str, **fields: Any) -> Any:
        """The thing with these fields changed, and published."""
        now = await self.get(path)
        draft = await self.put(f"{path}/draft", version=now["version"], fields=fields)
        return await self.post(
            f"{path}/publish", version=now["version"], revision=draft["draft"]["revision"]
        )


# of a test that looks at what is read and refused, before anything is stored
ONE_KIND = pytest.mark.parametrize("loaded_database", ["sqlite"], indirect=True)
Hire = Callable[..., Awaitable[Clerk]]


@pytest.fixture(scope="session")
def shipped(catalogue: Catalogue) -> Frame:
    """The names of the edition: what every process reads at its start is read once here."""
    return Frame(catalogue)


@pytest.fixture
def make(
    loaded_database: Engine, shipped: Frame, fake_engine: FakeEngine
) -> Iterator[Callable[[], FastAPI]]:
    """make() → a process of its own over the same database."""
    stores: list[Store] = []
    fake_engine.parse_answer = parsed()

    def process() -> FastAPI:
        app = FastAPI()
        for part in (problems, refusals, door, admin_refusals):
            part.install(app)
        for module in (login, knowledge, knowledge_deeds, faq, places):
            app.include_router(module.router, prefix="/api/v1")
        live = LiveCatalogue(loaded_database, shipped.catalogue.boundaries)
        live._current = shipped.catalogue
        stores.append(Store(loaded_database))
        gateway = Gateway(stores[-1], fake_engine, live)
        app.state.accounts = Accounts(loaded_database, Settings(), passwords=QUICK)
        app.state.parts = AppState(Settings(), live, fake_engine, gateway, shipped)
        return app

    yield process
    for store in stores:
        store.close()


@pytest.fixture
def rooms(make: Callable[[], FastAPI]) -> FastAPI:
    return make()


@pytest_asyncio.fixture
async def work(rooms: FastAPI, loaded_database: Engine) -> AsyncIterator[Hire]:
    """work(Role…, name=, city=) → a Clerk."""
    opened: list[httpx.AsyncClient] = []

    async def come(*roles: Role, name: str = "周敏", city: str | None = None) -> Clerk:
        username = f"k{secrets.token_hex(4)}"
        hire(loaded_database, username, *roles, name=name, city_id=city)
        client = stranger(rooms)
        client.headers["Authorization"] = f"Bearer {token_for(loaded_database, username)}"
        opened.append(client)
        return Clerk(client)

    yield come
    for client in opened:
        await client.aclose()


@pytest_asyncio.fixture
async def zhou(work: Hire) -> Clerk:
    """A reviewer of every city."""
    return await work(Role.REVIEWER)


@pytest_asyncio.fixture
async def resident(rooms: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with stranger(rooms) as client:
        yield client


def a_second_passes(app: FastAPI) -> None:
    """In a process that has not changed anything itself."""
    app.state.parts.live._checked -= FRESH_FOR_SECONDS


def deeds_on(database: Engine, object_id: str) -> list[str]:
    """The verbs of the audit about a thing, in the order in which they were done."""
    with Session(database) as session:
        wanted = select(Audit.verb).where(Audit.object_id == object_id).order_by(Audit.id)
        return list(session.scalars(wanted))
