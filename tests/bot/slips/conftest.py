"""The routes of slips and of the desks' site over a database of each kind, and who works there."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts import door, store
from bot.accounts.logins import Accounts
from bot.accounts.roles import Role
from bot.api import login, problems, refusals, slips, tickets
from bot.api.state import AppState
from bot.desk import pages as desk_pages
from bot.desk import refusals as desk_refusals
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor
from bot.settings import Settings
from bot.tickets import desk
from knowledge.catalogue import Catalogue
from tests.bot.accounts.people import QUICK, hire, stranger, token_for
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident, Still, gateway
from tests.bot.databases import any_database, templates
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

__all__ = ["any_database", "gateway", "templates"]

XIAOLAN = "point.442000118"  # gives legal aid and mediation; the resident is in its town
OFFICE = "zhongshan.legal_aid_office"  # gives legal aid, not mediation
AID: dict[str, Any] = {
    "service": "legal_aid",
    "place": XIAOLAN,
    "request": "讨工资，想申请法律援助",
    "consent": True,
}
Tell = Callable[..., Awaitable[Resident]]


@dataclass
class Worker:
    """Somebody of the staff, over HTTP with a bearer token."""

    client: httpx.AsyncClient
    actor: Actor

    async def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = await self.client.get(f"/api/v1{path}", params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path: str, status: int = 200, **body: Any) -> Any:
        answer = await self.client.post(f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


Hire = Callable[..., Awaitable[Worker]]


@pytest.fixture
def rooms(any_database: Engine, gateway: Gateway, catalogue: Catalogue) -> FastAPI:
    """What an operator and a desk need, and nothing else."""
    app = FastAPI()
    problems.install(app)
    refusals.install(app)
    door.install(app)
    desk_refusals.install(app)
    for module in (login, tickets, slips):
        app.include_router(module.router, prefix="/api/v1")
    app.include_router(desk_pages.router)
    app.state.accounts = Accounts(any_database, Settings(), passwords=QUICK)
    app.state.parts = AppState(Settings(), Still(catalogue), FakeEngine(), gateway)
    return app


def employ(
    database: Engine, *roles: Role, name: str, city: str | None, place: str | None = None
) -> tuple[str, Actor]:
    """A new account; its user name, and who it is."""
    username = f"w{secrets.token_hex(4)}"
    hire(database, username, *roles, name=name, city_id=city)
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        account = store.find(session, username)
        account.place_id = place
        return username, Actor(username, account.id, name)


@pytest_asyncio.fixture
async def work(rooms: FastAPI, any_database: Engine) -> AsyncIterator[Hire]:
    """work(Role…, name=, city=, place=) → a Worker."""
    opened: list[httpx.AsyncClient] = []

    async def come(
        *roles: Role, name: str = "李莉", city: str | None = "zhongshan", place: str | None = None
    ) -> Worker:
        username, actor = employ(any_database, *roles, name=name, city=city, place=place)
        client = stranger(rooms)
        client.headers["Authorization"] = f"Bearer {token_for(any_database, username)}"
        opened.append(client)
        return Worker(client, actor)

    yield come
    for client in opened:
        await client.aclose()


@pytest_asyncio.fixture
async def li(work: Hire) -> Worker:
    """The operator who has the ticket."""
    return await work(Role.OPERATOR)


@pytest_asyncio.fixture
async def chen(work: Hire) -> Worker:
    """At the desk of Xiaolan."""
    return await work(Role.DESK, name="陈站长", place=XIAOLAN)


@pytest.fixture
def tell(gateway: Gateway, fake_engine: FakeEngine, li: Worker) -> Tell:
    """tell(understood…) → a resident whose ticket the operator has taken."""

    async def come(operator: Worker | None = None, **more: Any) -> Resident:
        fake_engine.payloads = [UNDERSTOOD | {"urgent": "none"} | more, said("按下面的次序去找。")]
        resident = await Resident.arrives(gateway)
        await resident.say(WAGES)
        await resident.say("转人工")
        await resident.operator(desk.claim, (operator or li).actor)
        return resident

    return come


@pytest_asyncio.fixture
async def resident(tell: Tell) -> Resident:
    return await tell()


@pytest_asyncio.fixture
async def number(resident: Resident) -> str:
    """The number of the resident's ticket."""
    return (await resident.ticket()).number


@pytest_asyncio.fixture
async def slip(li: Worker, number: str) -> str:
    """The number of a slip that has been sent to Xiaolan."""
    sent = await li.post(f"/tickets/{number}/slips", 201, **AID)
    return str(sent["number"])
