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
from bot.tickets.live import Entry
from knowledge.catalogue import Catalogue

LOOK_AGAIN = 15.0


@dataclass(frozen=True)
class ConsoleEvent:
    """tickets (the list, at first), changes (lines, and numbers that are gone), message or typing
    (of one's own tickets). The first two say how many tickets stand `open` in all; the first one
    also after which cursor those come that are not in it (`older`).
    """

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
        """`admitted` says, at first and now and then, whether the operator is still logged in."""
        self._admitted = admitted
        self._gateway = gateway
        self._catalogue = catalogue
        self._operator = operator
        self._city_id = city_id
        # version of the board that this console knows, and the lines that it has
        self._version = 0
        self._lines: dict[str, board.Line] = {}
        self._open = -1
        # conversation → number of the last message that was told; None: not looked yet
        self._told: dict[str, int] | None = None
        # topics of one's own conversations: what is said there, who types there (ticket number)
        self._talks: set[str] = set()
        self._own: set[str] = set()
        self._typing: dict[str, str] = {}

    async def events(self) -> AsyncIterator[ConsoleEvent]:
        """Until the reader goes away, or is not logged in any more."""
        clock = asyncio.get_running_loop().time
        checked = clock() - LOOK_AGAIN
        with self._gateway.hub.listen(hub.BOARD) as listener:
            # what is said from here on comes as a message; what was said before, the console reads
            await self._gateway.look(self._spoken)
            for topic in self._topics:
                self._gateway.hub.follow(listener, topic)
            news = {hub.BOARD}
            while True:
                if clock() - checked >= LOOK_AGAIN:
                    checked = clock()
                    if not await self._admitted():
                        return
                for topic in news & self._typing.keys():
                    yield ConsoleEvent("typing", {"number": self._typing[topic]})
                own_changed = False
                if hub.BOARD in news:
                    for event in await self._changed():
                        own_changed = own_changed or self._touches_own(event)
                        yield event
                if own_changed or news & self._talks:
                    before = self._topics
                    for event in await self._gateway.look(self._spoken):
                        yield event
                    for topic in self._topics - before:
                        self._gateway.hub.follow(listener, topic)
                    for topic in before - self._topics:
                        self._gateway.hub.unfollow(listener, topic)
                news = await listener.wait(LOOK_AGAIN) or {hub.BOARD}

    @property
    def _topics(self) -> set[str]:
        return self._talks | self._typing.keys()

    async def _changed(self) -> list[ConsoleEvent]:
        """The list at first; then what changed for this operator."""
        live = self._gateway.live
        changes = live.since(self._version)
        if not changes.version:
            return []  # nothing has been read yet
        self._version = changes.version
        counted, self._open = self._open, live.open_in(self._city_id)
        lines = {
            entry.ticket.number: self._line(entry) for entry in changes.entries if self._mine(entry)
        }
        if changes.anew:
            data = {"open": self._open, "older": live.older}
            # one's own stay in sight, however old they are
            self._lines = await self._gateway.look(self._own_lines) | lines
            tickets = sorted(self._lines.values(), key=_place)
            return [ConsoleEvent("tickets", {"tickets": tickets, **data})]
        # of those too that this console has read page by page
        lost = (gone.number for gone in changes.gone if gone.concerns(self._city_id))
        gone = list(dict.fromkeys(lost))
        for number in gone:
            self._lines.pop(number, None)
        new = [line for number, line in lines.items() if self._lines.get(number) != line]
        self._lines |= lines
        if not (new or gone or counted != self._open):
            return []
        return [ConsoleEvent("changes", {"lines": new, "gone": gone, "open": self._open})]

    def _touches_own(self, event: ConsoleEvent) -> bool:
        """Whether a ticket became, was, or is one's own to talk in."""
        lines = event.data.get("lines") or event.data.get("tickets") or ()
        told = {line["number"] for line in lines} | set(event.data.get("gone", ()))
        return bool(told & self._own) or any(line["owner"]["mine"] for line in lines)

    def _mine(self, entry: Entry) -> bool:
        return self._city_id in (None, entry.ticket.city_id)

    def _line(self, entry: Entry) -> board.Line:
        return board.line(self._catalogue, entry.row, self._operator)

    def _own_lines(self, session: Session) -> dict[str, board.Line]:
        found = board.mine_open(session, self._operator, self._city_id)
        return {row[0].number: board.line(self._catalogue, row, self._operator) for row in found}

    def _spoken(self, session: Session) -> list[ConsoleEvent]:
        """What was said in one's own conversations; nobody else's words come this way."""
        events = []
        talks = board.talking(session, self._operator)
        told = {}
        for talk in talks:
            # a console that has just opened reads its tickets by itself
            known = talk.seq if self._told is None else self._told.get(talk.conversation_id, 0)
            told[talk.conversation_id] = known
            if known == talk.seq:
                continue
            for message in board.spoken(session, talk, known):
                told[talk.conversation_id] = message.seq
                data = {"number": talk.number, "message": board.operators_shape(message)}
                events.append(ConsoleEvent("message", data))
        self._told = told
        self._own = {talk.number for talk in talks}
        self._talks = {hub.conversation(talk.conversation_id) for talk in talks}
        self._typing = {hub.typing(talk.conversation_id, "resident"): talk.number for talk in talks}
        return events


def _place(line: board.Line) -> tuple[bool, bool, str, str]:
    """Who waits first, the urgent of them first, then by time."""
    since = line["waiting_since"] or line["opened_at"]
    return (line["state"] != "waiting", line["urgent_name"] is None, since, line["number"])
