"""The supervisors' site over a database of each kind, and rows as the product leaves them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts import door
from bot.accounts.logins import Accounts
from bot.accounts.roles import Role
from bot.accounts.tables import Account, Audit
from bot.admin import refusals as admin_refusals
from bot.api import login, problems, refusals
from bot.api.state import AppState
from bot.clock import utcnow
from bot.console import pages
from bot.duty.tables import Duty, DutyHours
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor
from bot.gateway.store import Store
from bot.settings import Settings
from bot.supervise.lately import Lately
from bot.supervise.routes import ROUTERS
from bot.tables import Conversation, Message, Rating, Ticket, TicketEvent
from knowledge.catalogue import Catalogue
from tests.bot.accounts.people import QUICK, come_in, hire
from tests.bot.conftest import FakeEngine
from tests.bot.conversing import Still
from tests.bot.databases import any_database, templates

__all__ = ["any_database", "templates"]

Enter = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
DESK = "12348 话务值班台"


@pytest.fixture
def gateway(
    any_database: Engine, fake_engine: FakeEngine, catalogue: Catalogue
) -> Iterator[Gateway]:
    """With nobody on duty but whom a test puts there."""
    store = Store(any_database)
    yield Gateway(store, fake_engine, Still(catalogue))
    store.close()


@pytest.fixture
def site(any_database: Engine, gateway: Gateway) -> FastAPI:
    """The pages of supervisors and their door, without the rest of the app."""
    app = FastAPI(docs_url=None, redoc_url=None)
    problems.install(app)
    refusals.install(app)
    door.install(app)
    pages.install(app)
    admin_refusals.install(app)
    app.state.accounts = Accounts(any_database, Settings(), passwords=QUICK)
    app.state.parts = AppState(Settings(), gateway._catalogue, gateway._engine, gateway)
    app.state.board = Lately(0)  # a test does not wait for the next look
    app.include_router(login.router, prefix="/api/v1")
    for router in ROUTERS:
        app.include_router(router)
    return app


@pytest.fixture
def enter(site: FastAPI, any_database: Engine) -> Enter:
    """enter(Role…, city=None, name=…) → a browser that is logged in; a supervisor by default."""

    @asynccontextmanager
    async def come(
        *roles: Role, city: str | None = None, name: str = "周敏", username: str | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        known = username or f"s{secrets.token_hex(4)}"
        hire(any_database, known, *(roles or (Role.SUPERVISOR,)), name=name, city_id=city)
        async with come_in(site, known) as browser:
            yield browser

    return come


@dataclass
class Office:
    """What is in the database before a page is asked for."""

    database: Engine
    now: datetime = field(default_factory=utcnow)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def add(self, *rows: Any) -> None:
        """Write rows as they are."""
        writing = self.database.execution_options(immediate=True)
        with Session(writing, expire_on_commit=False) as session, session.begin():
            for row in rows:
                session.add(row)
                session.flush()

    def hire(self, name: str, *roles: Role, city: str | None = None) -> Actor:
        """An operator (or somebody else) who can have tickets."""
        username = f"o{secrets.token_hex(4)}"
        hire(self.database, username, *(roles or (Role.OPERATOR,)), name=name, city_id=city)
        with Session(self.database) as session:
            id_ = session.scalars(select(Account.id).where(Account.username == username)).one()
        return Actor(username, id_, name)

    def on_duty(self, actor: Actor, state: str = "on", seen: float = 0) -> None:
        """Their presence; the console was heard of `seen` seconds ago."""
        assert actor.id
        self.add(
            Duty(
                account_id=actor.id, state=state, own_word=False, since=self.now,
                seen_at=self.now - timedelta(seconds=seen), last_offer_at=None, at_once=3,
                skills=[], regions=[],
            )
        )  # fmt: skip

    def hours(self, city: str, weekly: dict[str, Any] | None) -> None:
        """A city's duty hours."""
        self.add(
            DutyHours(
                city_id=city, weekly=weekly, callbacks=10, changed_by="x", changed_at=self.now
            )
        )

    def ticket(
        self,
        *,
        city: str = "zhongshan",
        channel: str = "web",
        said: tuple[str, ...] = (),
        **more: Any,
    ) -> Ticket:
        """A ticket with its conversation, at the duty desk unless `owner` has it."""
        n = next(self.numbers)
        opened = more.pop("opened_at", self.now)
        owner: Actor | None = more.pop("owner", None)
        conversation = Conversation(
            id=f"{n:032d}", channel=channel, address=f"a{n}", city_id=city, region_id=None,
            state="bot", seq=len(said), ticket_id=None, understood=None, misunderstood=0,
            awaiting=None, untold=None, created_at=opened, last_at=self.now,
        )  # fmt: skip
        given: dict[str, Any] = {
            "number": f"{260000000000 + n}", "conversation_id": conversation.id,
            "channel": channel, "city_id": city, "region_id": None, "service": None,
            "matter": "labor", "urgent": "none", "trouble": "", "summary": [], "state": "open",
            "opened_at": opened, "waiting_since": None, "taken_at": None, "closed_at": None,
            "owner_desk": None if owner else DESK, "owner_id": owner.id if owner else None,
            "owner_name": owner.display if owner else None,
            "responsible_desk": None if owner else DESK,
            "responsible_id": owner.id if owner else None,
            "responsible_name": owner.display if owner else None,
            "passed_by": [], "seen_seq": 0,
        }  # fmt: skip
        ticket = Ticket(**given | more)
        spoken = [
            Message(
                conversation_id=conversation.id, seq=seq, author="resident", author_name=None,
                body={"text": text, "choices": [], "cards": []}, inbox_id=None, client_id=None,
                created_at=opened,
            )
            for seq, text in enumerate(said, 1)
        ]  # fmt: skip
        self.add(conversation, ticket, *spoken)
        return ticket

    def waiting(self, seconds: float, **more: Any) -> Ticket:
        """Somebody has stood in line for so long."""
        since = self.now - timedelta(seconds=seconds)
        return self.ticket(
            state="waiting", waiting_since=since, queued_at=since, **{"opened_at": since, **more}
        )

    def closed(self, owner: Actor, outcome: str = "answered", **more: Any) -> Ticket:
        """An operator has closed it, just now."""
        ticket = self.ticket(
            owner=owner, state="closed", closed_at=more.pop("closed_at", self.now),
            outcome=outcome, **more,
        )  # fmt: skip
        self.event(ticket, "closed", owner)
        return ticket

    def event(self, ticket: Ticket, kind: str, actor: Actor) -> None:
        """Something happened to a ticket."""
        self.add(
            TicketEvent(ticket_id=ticket.id, at=self.now, kind=kind, text=None, actor=actor.name)
        )

    def rating(self, ticket: Ticket, score: str, platform: str = "network") -> None:
        """A resident's rating of a ticket."""
        self.add(
            Rating(
                id=secrets.token_hex(8), conversation_id=ticket.conversation_id,
                ticket_id=ticket.id, city_id=ticket.city_id, ending="person", platform=platform,
                offered_at=self.now, score=score, rated_at=self.now,
            )
        )  # fmt: skip

    def audited(self, verb: str) -> list[Audit]:
        """The rows of a verb, the oldest first."""
        with Session(self.database) as session:
            query = select(Audit).where(Audit.verb == verb).order_by(Audit.id)
            return list(session.scalars(query))


@pytest.fixture
def office(any_database: Engine) -> Office:
    return Office(any_database)
