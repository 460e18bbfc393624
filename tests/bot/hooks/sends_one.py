"""A process that sends what is due to one system, for a test that kills it: url key address."""

from __future__ import annotations

import asyncio
import os
import sys

from bot.engine_client import EngineClient
from bot.gateway.gateway import Gateway
from bot.gateway.store import Store
from bot.hooks.sending import Sender
from bot.hooks.systems import ExchangeSystem
from knowledge.catalogue import LiveCatalogue
from knowledge.database import connect


async def main(url: str, key: str, address: str) -> None:
    secret = os.environ["EXCHANGE_SECRET"]
    system = ExchangeSystem(secret=secret, url=address)
    # it neither asks the engine nor looks anything up
    engine, live = EngineClient("http://127.0.0.1:9", 1), LiveCatalogue.__new__(LiveCatalogue)
    gateway = Gateway(Store(connect(url)), engine, live)
    await Sender(gateway, {key: system}).send_next(key)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
