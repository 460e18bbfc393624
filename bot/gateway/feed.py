"""News that other processes wrote: operators reply in one process, Telegram delivers in another.

A look at the newest row ids, several times a second, costs less than a broker; it is the same on
SQLite and PostgreSQL, and a look that fails is only late.
"""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.gateway import hub
from bot.gateway.hub import Hub
from bot.gateway.store import Store, StoreAway
from bot.tables import Message, Outbox, TicketEvent, Transition

EVERY = 0.2
# PostgreSQL gives ids out before it commits: a lower one may appear after a higher one
OVERLAP = 200
log = logging.getLogger(__name__)


class Feed:
    """Wakes a hub for every row of messages, moves, ticket events and outbox that is new."""

    def __init__(self, store: Store, listeners: Hub) -> None:
        self._store = store
        self._hub = listeners
        self._seen: dict[str, set[int]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                self._hub.wake(*await self._store.look(self.news))
            except StoreAway as error:
                log.warning("the feed could not look: %s", error)
            except Exception:  # without the feed every other process goes unheard
                log.exception("the feed failed")
            await asyncio.sleep(EVERY)

    def news(self, session: Session) -> set[str]:
        """The topics with rows that were not there at the last look; none at the first."""
        topics = set()
        for message in self._new(session, "message", Message.id, Message.conversation_id):
            topics |= {hub.conversation(message), hub.TICKETS}
        for moved in self._new(session, "transition", Transition.id, Transition.conversation_id):
            topics |= {hub.conversation(moved), hub.TICKETS}
        for _ in self._new(session, "ticket_event", TicketEvent.id, TicketEvent.kind):
            topics.add(hub.TICKETS)
        for channel in self._new(session, "outbox", Outbox.id, Outbox.channel):
            topics.add(hub.outbox(channel))
        return topics

    def _new(
        self,
        session: Session,
        table: str,
        row_id: InstrumentedAttribute[int],
        value: InstrumentedAttribute[str],
    ) -> list[str]:
        known = self._seen.get(table)
        query = select(row_id, value).order_by(row_id.desc()).limit(OVERLAP)
        rows = {row[0]: row[1] for row in session.execute(query)}
        self._seen[table] = set(rows)
        if known is None:
            return []
        return [str(found) for id_, found in rows.items() if id_ not in known]
