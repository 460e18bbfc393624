"""A running gateway: what it needs, and what goes on beside it, in any process that carries one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Engine

from bot.duty.timing import Timing
from bot.engine_client import EngineClient
from bot.gateway.feed import Feed
from bot.gateway.gateway import Gateway
from bot.gateway.store import Store
from bot.gateway.sweep import Sweep
from bot.settings import Settings
from knowledge.catalogue import LiveCatalogue

WEB = "web"


@asynccontextmanager
async def running_gateway(
    database: Engine,
    live: LiveCatalogue,
    engine: EngineClient,
    settings: Settings,
    channels: frozenset[str],
) -> AsyncIterator[Gateway]:
    """The gateway of this process for these channels; ends with what it began."""
    store = Store(database)
    gateway = Gateway(store, engine, live, Timing.of(settings))
    sweep = Sweep(gateway, settings, channels)
    works = [Feed(store, gateway.hub).run(), sweep.run()]
    if WEB in channels:  # consoles and waiting pages are there
        works.append(gateway.live.run())
    beside = [asyncio.create_task(work) for work in works]
    try:
        yield gateway
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        store.close()
