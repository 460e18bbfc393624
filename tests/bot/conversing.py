"""A gateway over a database of each kind, and one resident's side of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest_asyncio
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.gateway.gateway import Gateway
from bot.gateway.inbound import Inbound
from bot.gateway.ledger import Actor, Ledger
from bot.gateway.store import Store
from bot.tables import Conversation, Ticket
from knowledge.catalogue import Catalogue, LiveCatalogue
from tests.bot.conftest import FakeEngine

LI = Actor("li", "account-li", "李莉")
WANG = Actor("wang", "account-wang", "王强")


class Still(LiveCatalogue):
    """A catalogue that stays as it is."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def current(self) -> Catalogue:
        return self._catalogue


@pytest_asyncio.fixture
async def gateway(
    any_database: Engine, fake_engine: FakeEngine, catalogue: Catalogue
) -> AsyncIterator[Gateway]:
    """Without its clockwork: a test that needs time calls it by hand."""
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
