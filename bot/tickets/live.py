"""The live tickets, kept once a process for all its consoles and all residents who wait.

Twenty consoles and two thousand waiting residents must not each read the queue whenever one ticket
moves. What moved is found by the newest row ids (as bot.gateway.feed does), only those tickets are
read again, and who listens asks what has changed since their last look. Every so often everything
is read anew, so that nothing missed stays missed.

Whoever waits, is talked with, is in danger or is asked about is always here. Of the other open
tickets the newest are, and how many there are in all: the rest is paged (bot.tickets.board.page).
One that leaves the list because newer ones came is not gone, and is heard of again when it moves.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.gateway import hub
from bot.gateway.hub import Hub
from bot.gateway.store import Store, StoreAway
from bot.tables import Conversation, Message, Ticket, TicketEvent
from bot.tickets import board
from bot.tickets.states import Event, TicketState
from bot.tickets.summary import NOT_URGENT

# a burst of news is one look, and one list; a resident's place in the queue may be a little older
SETTLE = 0.1
QUEUE_SETTLE = 2.0
ANEW_EVERY = 15.0
# tickets that nobody talks about, waits for or is asked to look at: the newest of them
OPEN_SHOWN = 300
# PostgreSQL gives ids out before it commits: a lower one may appear after a higher one
OVERLAP = 500
AT_ONCE = 400
GONE_KEPT = 10_000
BUSY = (TicketState.waiting, TicketState.taken)
log = logging.getLogger(__name__)
Place = tuple[bool, datetime, int]
_COLUMNS = tuple(column.key for column in Ticket.__table__.columns)


@dataclass(frozen=True)
class Entry:
    """A live ticket as it was read, and at which version of the board it changed."""

    row: board.BoardRow
    values: tuple[object, ...]
    version: int

    @property
    def ticket(self) -> Ticket:
        found: Ticket = self.row[0]
        return found


@dataclass(frozen=True)
class Gone:
    """A ticket that has been closed, or has gone to another city (`to`)."""

    version: int
    number: str
    # the city that it was in; None: not known, as it was not in the list
    city_id: str | None
    to: str | None = None

    def concerns(self, city_id: str | None) -> bool:
        """Whether a console of a city (None: of all) has lost it."""
        if self.to is None:
            return city_id in (None, self.city_id)
        return city_id not in (None, self.to) and self.city_id in (None, city_id)


@dataclass(frozen=True)
class Changes:
    """What is new since a version; `anew` when a listener must begin from nothing."""

    version: int
    anew: bool
    entries: list[Entry]
    gone: list[Gone]


@dataclass
class _Found:
    """One look at the database."""

    rows: dict[int, board.BoardRow]
    # tickets that are closed: id → number and city
    closed: dict[int, tuple[str, str]]
    # tickets that leave the list, and are open all the same
    left: set[int]
    # tickets outside of the list that have once gone to another city
    strayed: set[int]
    # open tickets in each city, listed or not
    open: dict[str, int]
    # where the paging of the open ones begins, when everything was read
    older: str | None
    everything: bool


class LiveBoard:
    """Tickets that wait, are taken, or stand open, by the order in which they changed."""

    def __init__(self, store: Store, listeners: Hub) -> None:
        self._store = store
        self._hub = listeners
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._gone: deque[Gone] = deque(maxlen=GONE_KEPT)
        self._open: dict[str, int] = {}
        self._older: str | None = None
        self._version = 0
        self._oldest_gone = 0
        self._seen: dict[str, set[int]] = {}
        self._ahead: dict[str, int] = {}
        self._queue_moved = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep())
            tasks.create_task(self._tell_the_queue())

    async def _keep(self) -> None:
        clock = time.monotonic
        anew = 0.0
        with self._hub.listen(hub.TICKETS) as listener:
            while True:
                everything = clock() - anew >= ANEW_EVERY or not self._version
                if everything:
                    anew = clock()
                try:
                    await self.look(everything=everything)
                except StoreAway as error:
                    log.warning("the live tickets could not be read: %s", error)
                except Exception:  # without it every console stands still
                    log.exception("the live tickets failed")
                await asyncio.sleep(SETTLE)
                await listener.wait(ANEW_EVERY)

    async def _tell_the_queue(self) -> None:
        """Beside the list, not before it: waking two thousand takes a while."""
        while True:
            await self._queue_moved.wait()
            self._queue_moved.clear()
            await self._hub.wake_slowly(hub.QUEUE)
            await asyncio.sleep(QUEUE_SETTLE)

    async def look(self, *, everything: bool = False) -> None:
        """Read what has moved (or everything), and tell whoever listens. Raises StoreAway."""
        if everything:
            self._seen.clear()
        known = set(self._entries)
        self._apply(await self._store.look(lambda session: self._read(session, known)))

    def since(self, version: int) -> Changes:
        """What a listener that knows `version` has still to be told (0: knows nothing)."""
        if not version or version < self._oldest_gone:
            return Changes(self._version, True, list(self._entries.values()), [])
        changed = takewhile(lambda e: e.version > version, reversed(self._entries.values()))
        newest_first = takewhile(lambda gone: gone.version > version, reversed(self._gone))
        return Changes(self._version, False, list(changed), list(newest_first))

    def open_in(self, city_id: str | None) -> int:
        """How many tickets of a city (None: of all) stand open, in the list or not."""
        return sum(self._open.values()) if city_id is None else self._open.get(city_id, 0)

    @property
    def older(self) -> str | None:
        """The cursor after which the open tickets come that are not in the list, newest first."""
        return self._older

    def ahead_of(self, number: str) -> int | None:
        """How many wait before a ticket in its city, the urgent first; None: it does not wait."""
        return self._ahead.get(number)

    # ------------------------------------------------------------ reading

    def _read(self, session: Session, known: set[int]) -> _Found:
        first = "event" not in self._seen
        happened = set(self._new(session, "event", TicketEvent.id, TicketEvent.ticket_id))
        talked = self._new(session, "message", Message.id, Message.conversation_id)
        open_ = board.open_by_city(session)
        if first:
            rows, older = self._everything(session)
            left = known - rows.keys()
            closed = _closed(session, left)
            return _Found(rows, closed, left - closed.keys(), set(), open_, older, True)
        moved = set(happened)
        for some in _chunks(sorted(set(talked))):
            theirs = select(Conversation.ticket_id).where(Conversation.id.in_(some))
            moved |= {found for found in session.scalars(theirs) if found is not None}
        rows = {}
        for chunk in _chunks(sorted(moved)):
            query = board.rows().where(Ticket.id.in_(chunk), Ticket.state.in_(board.LIVE))
            rows |= _by_id(session.execute(query))
        # whoever talks on with the bot after the end of a ticket is no news of it
        closed = _closed(session, (happened | (moved & known)) - rows.keys())
        strayed = _strayed(session, rows.keys() - known)
        return _Found(rows, closed, set(), strayed, open_, None, False)

    def _everything(self, session: Session) -> tuple[dict[int, board.BoardRow], str | None]:
        looked_for = or_(Ticket.state.in_(BUSY), and_(Ticket.state == TicketState.open, _asked()))
        rows = _by_id(session.execute(board.rows().where(looked_for)))
        standing = board.rows().where(Ticket.state == TicketState.open, ~_asked())
        newest = standing.order_by(*board.NEWEST).limit(OPEN_SHOWN)
        ordinary = list(session.execute(newest))
        older = board.cursor_after(ordinary[-1][0]) if len(ordinary) == OPEN_SHOWN else None
        return rows | _by_id(ordinary), older

    def _new(
        self,
        session: Session,
        table: str,
        row_id: InstrumentedAttribute[int],
        value: InstrumentedAttribute[Any],
    ) -> list[Any]:
        """The values of rows that were not there at the last look; nothing at the first."""
        known = self._seen.get(table)
        if known is None:
            newest = session.scalar(select(func.max(row_id))) or 0
            ids = select(row_id).where(row_id > newest - OVERLAP)
            self._seen[table] = {*session.scalars(ids), newest}
            return []
        highest = max(known)
        query = select(row_id, value).where(row_id > highest - OVERLAP)
        found = {row[0]: row[1] for row in session.execute(query)}
        self._seen[table] = {id_ for id_ in (*known, *found) if id_ > highest - 2 * OVERLAP}
        return [value for id_, value in found.items() if id_ not in known]

    # ------------------------------------------------------------ keeping

    def _apply(self, found: _Found) -> None:
        before = self._version
        self._version += 1
        changed = 0
        for id_, row in found.rows.items():
            values = _values(row)
            known = self._entries.get(id_)
            if known is not None and known.values == values:
                continue
            ticket = row[0]
            was_in = known.ticket.city_id if known else None
            if was_in not in (None, ticket.city_id) or id_ in found.strayed:
                self._keep_gone(Gone(self._version, ticket.number, was_in, ticket.city_id))
            self._entries[id_] = Entry(row, values, self._version)
            self._entries.move_to_end(id_)
            changed += 1
        for id_, (number, city_id) in found.closed.items():
            self._entries.pop(id_, None)
            self._keep_gone(Gone(self._version, number, city_id))
            changed += 1
        for id_ in found.left:
            self._entries.pop(id_, None)
        if found.everything:
            self._older = found.older
        counted, self._open = self._open, found.open
        if not changed and before:
            self._version = before
            if counted != self._open:
                self._hub.wake(hub.BOARD)
            return
        self._count()
        self._hub.wake(hub.BOARD)

    def _keep_gone(self, gone: Gone) -> None:
        if len(self._gone) == GONE_KEPT:
            self._oldest_gone = self._gone[0].version
        self._gone.append(gone)

    def _count(self) -> None:
        """Every waiting ticket's place in its city."""
        cities: dict[str, list[tuple[Place, str]]] = {}
        for entry in self._entries.values():
            ticket = entry.ticket
            if ticket.state == TicketState.waiting and ticket.waiting_since is not None:
                place = (ticket.urgent == NOT_URGENT, ticket.waiting_since, ticket.id)
                cities.setdefault(ticket.city_id, []).append((place, ticket.number))
        ahead = {
            number: before
            for queue in cities.values()
            for before, (_, number) in enumerate(sorted(queue))
        }
        if ahead != self._ahead:
            self._ahead = ahead
            self._queue_moved.set()


def _asked() -> ColumnElement[bool]:
    """An open ticket with danger in it (or of which nobody knows, and that nobody has), that
    somebody has been asked to look at, or that comes back by itself: however old it is, it may not
    leave the list.
    """
    return or_(
        Ticket.urgent != NOT_URGENT,
        and_(Ticket.urgent_judged.is_(False), Ticket.owner_id.is_(None)),
        Ticket.escalated_at.is_not(None),
        Ticket.second_id.is_not(None),
        Ticket.suspended_until.is_not(None),
    )


def _closed(session: Session, ids: set[int]) -> dict[int, tuple[str, str]]:
    """Which of these are closed."""
    found: dict[int, tuple[str, str]] = {}
    for chunk in _chunks(sorted(ids)):
        query = select(Ticket.id, Ticket.number, Ticket.city_id)
        over = query.where(Ticket.id.in_(chunk), Ticket.state.not_in(board.LIVE))
        found |= {row.id: (row.number, row.city_id) for row in session.execute(over)}
    return found


def _strayed(session: Session, ids: set[int]) -> set[int]:
    """Which of these have once gone to another city."""
    found: set[int] = set()
    for chunk in _chunks(sorted(ids)):
        went = select(TicketEvent.ticket_id).where(
            TicketEvent.ticket_id.in_(chunk), TicketEvent.kind == Event.city_changed
        )
        found.update(session.scalars(went))
    return found


def _values(row: board.BoardRow) -> tuple[object, ...]:
    """All that a line of the list may be made of, to be compared."""
    ticket = row[0]
    return (*(getattr(ticket, name) for name in _COLUMNS), *row[1:])


def _by_id(rows: Iterable[board.BoardRow]) -> dict[int, board.BoardRow]:
    return {row[0].id: row for row in rows}


def _chunks(ids: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
