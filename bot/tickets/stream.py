"""What an operator's console is told as it happens: the list, one's own messages, who is typing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.gateway import hub
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor
from bot.tickets import board
from knowledge.catalogue import Catalogue

LOOK_AGAIN = 15.0
# the list is sent at most this often: a burst of news is one list
SETTLE = 0.2


@dataclass(frozen=True)
class ConsoleEvent:
    """tickets (the whole list, when it changes), message or typing (of one's own tickets)."""

    kind: str
    data: dict[str, Any]


class ConsoleStream:
    """One operator's events, from now on."""

    def __init__(
        self,
        gateway: Gateway,
        catalogue: Catalogue,
        operator: Actor,
        city_id: str | None,
        admitted: Callable[[], Awaitable[bool]],
    ) -> None:
        """`admitted` says, now and then, whether the operator is still logged in."""
        self._admitted = admitted
        self._gateway = gateway
        self._catalogue = catalogue
        self._operator = operator
        self._city_id = city_id
        self._newest: int | None = None
        self._lines: list[board.Line] | None = None
        # topics of residents typing → ticket number
        self._typing: dict[str, str] = {}

    async def events(self) -> AsyncIterator[ConsoleEvent]:
        """Until the reader goes away, or is not logged in any more."""
        clock = asyncio.get_running_loop().time
        checked = clock()
        with self._gateway.hub.listen(hub.TICKETS) as listener:
            news = {hub.TICKETS}
            while True:
                if clock() - checked >= LOOK_AGAIN:
                    checked = clock()
                    if not await self._admitted():
                        return
                for topic in news & self._typing.keys():
                    yield ConsoleEvent("typing", {"number": self._typing[topic]})
                if hub.TICKETS in news:
                    before = set(self._typing)
                    for event in await self._gateway.look(self._read):
                        yield event
                    for topic in self._typing.keys() - before:
                        self._gateway.hub.follow(listener, topic)
                    for topic in before - self._typing.keys():
                        self._gateway.hub.unfollow(listener, topic)
                    await asyncio.sleep(SETTLE)
                news = await listener.wait(LOOK_AGAIN) or {hub.TICKETS}

    def _read(self, session: Session) -> list[ConsoleEvent]:
        events = []
        newest = board.newest_message(session)
        if self._newest is not None:
            for number, message in board.spoken_since(session, self._operator, self._newest):
                data = {"number": number, "message": board.operators_shape(message)}
                events.append(ConsoleEvent("message", data))
        self._newest = newest
        lines = board.lines(session, self._catalogue, self._operator, self._city_id, None)
        if lines != self._lines:
            self._lines = lines
            events.append(ConsoleEvent("tickets", {"tickets": lines}))
        mine = board.conversations_of(session, self._operator)
        self._typing = {hub.typing(found, "resident"): number for found, number in mine.items()}
        return events
