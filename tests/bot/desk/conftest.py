"""A desk's browser before the desks' site, and slips that were sent to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from bot.accounts.roles import Role
from tests.bot.accounts.people import come_in
from tests.bot.slips.conftest import (
    XIAOLAN,
    any_database,
    employ,
    gateway,
    li,
    number,
    resident,
    rooms,
    slip,
    tell,
    templates,
    work,
)

__all__ = [
    "any_database", "gateway", "li", "number", "resident", "rooms", "slip", "tell", "templates",
    "work",
]  # fmt: skip
Enter = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def enter(rooms: FastAPI, any_database: Engine) -> Enter:
    """enter(name=, place=) → a desk's browser that is logged in; its forms carry the token."""

    @asynccontextmanager
    async def come(
        *roles: Role, name: str = "陈站长", place: str | None = XIAOLAN
    ) -> AsyncIterator[httpx.AsyncClient]:
        given = roles or (Role.DESK,)
        username, _ = employ(any_database, *given, name=name, city="zhongshan", place=place)
        async with come_in(rooms, username) as browser:
            yield browser

    return come
