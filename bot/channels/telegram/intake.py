"""From Telegram into our hands: kept in one transaction, then handed to the chats' queues."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import Counter

from bot.channels.telegram import updates
from bot.channels.telegram.chats import Chats
from bot.channels.telegram.heard import Heard, read
from bot.clock import utcnow
from bot.gateway.store import Store

UPDATES = Counter("wenfa_telegram_updates_total", "Updates by what became of them", ["what"])
log = logging.getLogger(__name__)


class Intake:
    """The one way in, by polling or by webhook."""

    def __init__(self, store: Store, chats: Chats, seen: Callable[[Heard], None]) -> None:
        """`seen` is called at once with what is new, before its turn has come."""
        self._store = store
        self._chats = chats
        self._seen = seen

    async def take(self, batch: Iterable[Any]) -> None:
        """Keep a batch; when this returns it may be confirmed. Raises StoreAway."""
        heard = [one for one in map(_read, batch) if one is not None]
        if not heard:
            return
        new = await self._store.run(lambda session: updates.keep(session, heard, utcnow()))
        UPDATES.labels("new").inc(len(new))
        UPDATES.labels("repeated").inc(len(heard) - len(new))
        for one in new:
            self._chats.add(one)
            self._seen(one)

    async def replay(self) -> int:
        """Take up what a process that is gone has left; how many. Raises StoreAway."""
        left = await self._store.run(updates.waiting)
        for one in left:
            self._chats.add(one)
        return len(left)


def _read(raw: Any) -> Heard | None:
    try:
        return read(raw)
    except (AttributeError, ValueError):
        UPDATES.labels("unreadable").inc()
        log.warning("Telegram sent something that is no update")
        return None
