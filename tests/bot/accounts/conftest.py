"""A small app with nothing but the staff's door, over a database of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import Engine

from bot.accounts import door
from bot.accounts.door import staff
from bot.accounts.logins import Accounts, StaffMember
from bot.accounts.roles import Role
from bot.api import login, problems
from bot.settings import Settings
from tests.bot.accounts.people import QUICK, Clock, hire, stranger
from tests.bot.databases import any_database, templates

__all__ = ["any_database", "templates"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings() -> Settings:
    return Settings(staff_hours=12, staff_idle_minutes=60)


@pytest.fixture
def accounts(any_database: Engine, settings: Settings, clock: Clock) -> Accounts:
    return Accounts(any_database, settings, passwords=QUICK, clock=clock)


@pytest.fixture
def doors(accounts: Accounts) -> FastAPI:
    """The login routes, one closed route of each kind, and a closed page."""
    app = FastAPI()
    problems.install(app)
    door.install(app)
    app.include_router(login.router, prefix="/api/v1")
    app.state.accounts = accounts

    @app.get("/tickets")
    async def tickets(member: Annotated[StaffMember, staff(Role.OPERATOR, Role.DESK)]) -> str:
        return member.name

    @app.post("/tickets")
    async def change(member: Annotated[StaffMember, staff(Role.OPERATOR)]) -> str:
        return member.name

    @app.get("/page")
    async def page(member: Annotated[StaffMember, staff(Role.OPERATOR, page=True)]) -> str:
        return member.name

    return app


@pytest.fixture
def staffed(any_database: Engine) -> Engine:
    """With an operator, ming, and an editor, lan, in it."""
    hire(any_database, "ming", Role.OPERATOR, name="陈明", city_id="zhongshan")
    hire(any_database, "lan", Role.EDITOR, name="何兰")
    return any_database


@pytest_asyncio.fixture
async def browser(doors: FastAPI, staffed: Engine) -> AsyncIterator[httpx.AsyncClient]:
    async with stranger(doors) as browser:
        yield browser
