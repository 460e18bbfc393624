"""Staff for tests: `hire` makes an account, `come_in` a browser that is logged in as it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts import store
from bot.accounts.audit import Actor
from bot.accounts.passwords import Passwords
from bot.accounts.roles import Role
from bot.clock import utcnow

PASSWORD = "马 battery staple 88"
HIRING = Actor(None, "test")
# as argon2 as the real ones, in a thousandth of the time
QUICK = Passwords(time_cost=1, memory_kib=8)


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = utcnow()

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **much: float) -> None:
        self.now += timedelta(**much)


def hire(
    database: Engine,
    username: str,
    *roles: Role,
    name: str | None = None,
    city_id: str | None = None,
    password: str = PASSWORD,
) -> None:
    """A new account; without roles, one that may only know who it is."""
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        hashed = QUICK.hash(username, password)
        given = roles or (Role.ADMIN,)
        account = store.add(session, HIRING, username, hashed, given, name=name, city_id=city_id)
        if not roles:
            account.roles = []


def token_for(database: Engine, username: str, days: int = 1) -> str:
    """A bearer token of an account."""
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        account = store.find(session, username)
        _, secret = store.add_token(session, HIRING, account, "测试", days)
    return secret


def stranger(app: FastAPI, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """A browser that has not logged in, at `address`."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://wenfa.test")


async def log_in(
    browser: httpx.AsyncClient, username: str, password: str = PASSWORD
) -> httpx.Response:
    """One try at the door; when it opens, the browser sends its CSRF token from now on."""
    given: dict[str, Any] = {"username": username, "password": password}
    answer = await browser.post("/api/v1/login", json=given)
    if answer.status_code == 200:
        browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


@asynccontextmanager
async def come_in(
    app: FastAPI, username: str, password: str = PASSWORD
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is logged in as `username`."""
    async with stranger(app) as browser:
        answer = await log_in(browser, username, password)
        assert answer.status_code == 200, answer.text
        yield browser
