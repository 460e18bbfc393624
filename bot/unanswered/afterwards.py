"""Keeping a question once its answer has been sent: who asked neither waits for it nor notices."""

from __future__ import annotations

import contextlib

from bot.gateway.store import Store, StoreAway
from bot.unanswered.asked import Door, record


async def keep(
    store: Store,
    city_id: str,
    text: str,
    door: Door,
    *,
    matter: str | None = None,
    service: str | None = None,
) -> None:
    """`record` in a transaction of its own; a database that is away only costs us the question."""
    with contextlib.suppress(StoreAway):
        await store.run(
            lambda session: record(
                session, city_id, text, matter=matter, service=service, door=door
            )
        )
