"""A gateway over a database of each kind, and one resident's side of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest_asyncio
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.clock import utcnow
from bot.duty.presence import Presence
from bot.duty.tables import Duty
from bot.gateway.gateway import Gateway
from bot.gateway.inbound import Inbound
from bot.gateway.ledger import Actor, Ledger
from bot.gateway.store import Store
from bot.tables import Conversation, Ticket
from knowledge.catalogue import Catalogue, LiveCatalogue
from tests.bot.conftest import FakeEngine

LI = Actor("li", "account-li", "李莉")
WANG = Actor("wang", "account-wang", "王强")
# a console that is still heard of, whatever time a test lets pass
FOR_LONG = utcnow() + timedelta(days=3650)


class Still(LiveCatalogue):
    """A catalogue that stays as it is."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def current(self) -> Catalogue:
        return self._catalogue


def on_duty(
    database: Engine,
    username: str = "zhiban",
    *roles: Role,
    city_id: str | None = None,
    name: str = "值班员",
    at: datetime = FOR_LONG,
    **more: Any,
) -> Actor:
    """An operator who is on duty with an open console, last heard of `at`."""
    account_id = f"account-{username}"
    row = {
        "state": Presence.on, "own_word": False, "since": utcnow(), "seen_at": at,
        "last_offer_at": None, "at_once": 3, "skills": [], "regions": [],
    }  # fmt: skip
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        session.add(
            Account(
                id=account_id,
                username=username,
                name=name,
                roles=list(roles or (Role.OPERATOR,)),
                city_id=city_id,
                place_id=None,
                password_hash="",
                created_at=utcnow(),
                password_changed_at=utcnow(),
                disabled_at=None,
            )
        )
        session.flush()
        session.add(Duty(account_id=account_id, **row | more))
    return Actor(username, account_id, name)


def nobody_on_duty(database: Engine) -> None:
    """Everybody has logged out."""
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        session.execute(update(Duty).values(state=Presence.off))


@pytest_asyncio.fixture
async def gateway(
    any_database: Engine, fake_engine: FakeEngine, catalogue: Catalogue
) -> AsyncIterator[Gateway]:
    """Somebody is on duty in every city. Without its clockwork: who needs time calls it."""
    on_duty(any_database)
    store = Store(any_database)
    yield Gateway(store, fake_engine, Still(catalogue))
    store.close()


def another_process(gateway: Gateway, engine: FakeEngine) -> Gateway:
    """A second gateway over the same database, as another process has it."""
    return Gateway(gateway.store, engine, gateway._catalogue)


@dataclass
class Resident:
    """One conversation: says things under ids of its own, and reads what comes back."""

    gateway: Gateway
    id: str
    token: str | None
    numbers: count[int] = field(default_factory=lambda: count(1))

    @classmethod
    async def arrives(cls, gateway: Gateway, city: str = "zhongshan", **more: Any) -> Resident:
        opened = await gateway.open(city, **more)
        return cls(gateway, opened.conversation_id, opened.token)

    async def say(self, text: str) -> dict[str, Any]:
        return await self.send(text=text)

    async def tap(self, choice: str) -> dict[str, Any]:
        return await self.send(choice=choice)

    async def send(self, **given: Any) -> dict[str, Any]:
        return await self.gateway.handle(self.id, Inbound(f"n{next(self.numbers)}", **given))

    async def read(self, work: Callable[[Session, Conversation], Any]) -> Any:
        """Look into the database, at this conversation."""
        return await self.gateway.look(lambda s: work(s, s.get_one(Conversation, self.id)))

    async def ticket(self) -> Ticket:
        found: Ticket = await self.read(lambda s, c: s.get_one(Ticket, c.ticket_id))
        return found

    async def operator(self, deed: Callable[..., Any], *more: Any) -> Any:
        """An operator does something with this conversation's ticket."""

        def held(ledger: Ledger) -> Any:
            ticket = ledger.ticket
            assert ticket is not None
            return deed(ledger, ticket, *more)

        return await self.gateway.write(self.id, held)


def texts(answer: dict[str, Any]) -> str:
    """All that was said in an answer."""
    return "\n".join(message["text"] for message in answer["messages"])


def values(answer: dict[str, Any]) -> list[str]:
    """Everything that can be tapped in an answer."""
    return [choice["value"] for message in answer["messages"] for choice in message["choices"]]
