"""Staff who come in by the real login, and what is written before they look."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.api.state import AppState
from bot.tables import FaqVote, UnansweredQuestion
from bot.tickets.tables import Correction
from knowledge.database import connect
from knowledge.tables import ContentDraft, Person
from tests.bot.accounts.people import come_in, hire
from tests.bot.conftest import FakeEngine

Enter = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
Keep = Callable[..., None]


@pytest.fixture
def stored(parts: AppState) -> Iterator[Engine]:
    """The app's own database."""
    engine = connect(parts.settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def _swept(stored: Engine) -> None:
    """What other tests left in the app's database is not in the way of counting."""
    with Session(stored.execution_options(immediate=True)) as session, session.begin():
        for table in (FaqVote, UnansweredQuestion, ContentDraft, Person, Correction):
            session.execute(delete(table))


@pytest.fixture
def enter(app: FastAPI, stored: Engine, _swept: None, engine: FakeEngine) -> Enter:
    """enter(Role…, city=None) → a browser that is logged in; it sends its token by a header."""

    @asynccontextmanager
    async def come(
        *roles: Role, city: str | None = None, name: str = "周敏"
    ) -> AsyncIterator[httpx.AsyncClient]:
        username = f"a{secrets.token_hex(4)}"
        hire(stored, username, *roles, name=name, city_id=city)
        async with come_in(app, username) as browser:
            yield browser

    return come


@pytest.fixture
def keep(stored: Engine, _swept: None) -> Iterator[Keep]:
    """keep(row, …): what is there before the page is asked for, and gone after the test."""
    writing = stored.execution_options(immediate=True)
    kept: list[Any] = []

    def add(*rows: Any) -> None:
        with Session(writing, expire_on_commit=False) as session, session.begin():
            session.add_all(rows)
        kept.extend(rows)

    yield add
    with Session(writing) as session, session.begin():
        for row in kept:
            session.delete(session.merge(row))
