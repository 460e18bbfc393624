"""Residents over a gateway, staff over the app, and tickets that were told on the telephone."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.api.state import AppState
from bot.clock import utcnow
from bot.follow_ups.tables import FollowUp
from bot.gateway.ledger import Actor, Ledger
from bot.tables import Ticket
from bot.tickets.taken_down import take_down
from knowledge.catalogue import Catalogue
from knowledge.database import connect
from tests.bot.accounts.people import come_in, hire
from tests.bot.conftest import FakeEngine
from tests.bot.conversing import LI, gateway
from tests.bot.databases import any_database, templates

__all__ = ["any_database", "gateway", "templates"]
Enter = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


def told_by_phone(
    session: Session,
    catalogue: Catalogue,
    operator: Actor | None = LI,
    channel: str = "phone",
    city: str = "zhongshan",
    urgent: str = "none",
) -> tuple[Ledger, Ticket]:
    """A ticket that `operator` has taken down; saved, but for the commit."""
    understood = {"service": "notary", "matter": "inheritance", "urgent": urgent}
    ledger, ticket = take_down(
        session,
        catalogue,
        channel=channel,
        city_id=city,
        understood=understood,
        said="想办公证",
        operator=operator,
        now=utcnow(),
    )
    ledger.save()
    return ledger, ticket


@pytest.fixture
def stored(parts: AppState) -> Iterator[Engine]:
    """The app's own database, without the follow-ups of other tests."""
    engine = connect(parts.settings.database_url)
    with Session(engine.execution_options(immediate=True)) as session, session.begin():
        session.execute(delete(FollowUp))
    yield engine
    engine.dispose()


@pytest.fixture
def enter(app: FastAPI, stored: Engine, engine: FakeEngine) -> Enter:
    """enter(Role…, name=, city=) → a browser that is logged in; `.actor` says as whom."""

    @asynccontextmanager
    async def come(
        *roles: Role, name: str = "周敏", city: str | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        username = f"f{secrets.token_hex(4)}"
        hire(stored, username, *roles, name=name, city_id=city)
        with Session(stored) as session:
            account = session.query(Account).filter_by(username=username).one()
        async with come_in(app, username) as browser:
            browser.actor = Actor(username, account.id, name)  # type: ignore[attr-defined]
            yield browser

    return come


def actor_of(browser: httpx.AsyncClient) -> Actor:
    """As whom a browser of `enter` is logged in."""
    found: Actor = browser.actor  # type: ignore[attr-defined]
    return found


def follow_up(**given: Any) -> FollowUp:
    """A row as it is opened, with what the test says otherwise."""
    row: dict[str, Any] = dict.fromkeys(
        (
            "ticket_id", "rating_id", "provider", "owner_id", "result", "answered_at",
            "answered_by", "upheld", "closed_at", "closed_by", "reason", "reopened_by",
        )
    )  # fmt: skip
    row |= {
        "kind": "dissatisfied", "city_id": "zhongshan", "platform": "network", "text": "",
        "opened_at": utcnow(), "due_on": date(2099, 1, 4), "state": "open",
        "owner_name": "12348 话务值班台", "endangered": False,
    }  # fmt: skip
    return FollowUp(**(row | given))
