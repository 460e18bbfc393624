"""Operators before the practice pages."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from bot.accounts.roles import Role
from bot.api.state import AppState
from knowledge.database import connect
from tests.bot.accounts.people import come_in, hire
from tests.bot.conftest import FakeEngine

Enter = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def stored(parts: AppState) -> Iterator[Engine]:
    """The app's own database."""
    engine = connect(parts.settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def enter(app: FastAPI, stored: Engine, engine: FakeEngine) -> Enter:
    """enter(Role…, city=None) → a browser that is logged in; without roles, an operator's."""

    @asynccontextmanager
    async def come(*roles: Role, city: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        username = f"p{secrets.token_hex(4)}"
        hire(stored, username, *(roles or (Role.OPERATOR,)), name="新来的", city_id=city)
        async with come_in(app, username) as browser:
            yield browser

    return come
