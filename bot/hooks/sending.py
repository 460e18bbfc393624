"""The task that carries what was passed on to the other systems, for as long as the app runs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from prometheus_client import Counter

from bot.clock import utcnow
from bot.gateway import hub
from bot.gateway.gateway import Gateway
from bot.gateway.store import StoreAway
from bot.hooks import deliveries, signing
from bot.hooks.deliveries import Leased
from bot.hooks.states import GIVE_UP_AFTER, Settled, pause, settled_by, waits
from bot.hooks.systems import ExchangeSystem, city_of, is_near

DELIVERIES = Counter("wenfa_exchange_deliveries_total", "Tickets passed on", ["system", "what"])
# the topic of a new delivery, within one process; others find it when they look
TOPIC = "exchange"
LOOK_AGAIN = 2.0
# seconds for one attempt, from the first byte of the connection to the status; within a LEASE
PATIENCE = 15.0
log = logging.getLogger(__name__)


@asynccontextmanager
async def delivering(
    gateway: Gateway, systems: Mapping[str, ExchangeSystem], cities: Collection[str]
) -> AsyncIterator[None]:
    """Carry deliveries while the block runs. Without a system to call there is no task."""
    for key in systems:
        city = city_of(key)
        if city is not None and city not in cities:
            log.error("WENFA_EXCHANGE__%s: there is no such city, it is never used", key.upper())
    called = {key: system for key, system in systems.items() if system.url}
    await _abandon(gateway, called)
    if not called:
        yield
        return
    sender = Sender(gateway, called)
    task = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sender.close()


async def _abandon(gateway: Gateway, called: Mapping[str, ExchangeSystem]) -> None:
    """What waits for a system that has been switched off is not kept for ever."""
    try:
        await gateway.store.run(
            lambda session: deliveries.abandon(session, called.keys(), utcnow())
        )
    except StoreAway as error:
        log.warning("deliveries could not be read: %s", error)


def written(body: Mapping[str, Any]) -> bytes:
    """A body as it is sent and signed: the same bytes for the same body."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


class Sender:
    """One after the other for each system, so that a slow one holds up nobody else's."""

    def __init__(
        self,
        gateway: Gateway,
        systems: Mapping[str, ExchangeSystem],
        clock: Callable[[], datetime] = utcnow,
        patience: float = PATIENCE,
    ) -> None:
        """`systems` by key, each with a url; `patience` in seconds."""
        self._gateway = gateway
        self._systems = systems
        self._clock = clock
        self._patience = patience
        self._http = {key: _caller(str(system.url), patience) for key, system in systems.items()}

    async def close(self) -> None:
        for http in self._http.values():
            await http.aclose()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for key in self._systems:
                tasks.create_task(self._serve(key))

    async def _serve(self, key: str) -> None:
        with self._gateway.hub.listen(TOPIC) as listener:
            while True:
                try:
                    while await self.send_next(key):
                        pass
                except StoreAway as error:  # what is leased comes back by itself
                    log.warning("deliveries to %s: %s", key, error)
                except Exception:  # one delivery must not end the task for all others
                    log.exception("deliveries to %s failed", key)
                await listener.wait(LOOK_AGAIN)

    async def send_next(self, key: str) -> bool:
        """Try the next delivery that is due; False when there is none. Raises StoreAway."""
        leased = await self._gateway.store.run(
            lambda session: deliveries.lease(session, key, self._clock())
        )
        if leased is None:
            return False
        settled, error, asked = await self._post(key, leased)
        now = self._clock()
        if settled is None and now - leased.made_at >= GIVE_UP_AFTER:
            settled = Settled.given_up
        if settled is None:
            again = now + timedelta(seconds=pause(leased.attempts, asked))
            await self._gateway.store.run(
                lambda session: deliveries.later(session, leased, again, error or "")
            )
        else:
            end = settled
            await self._gateway.store.run(
                lambda session: deliveries.settle(session, leased.id, end, now, error)
            )
            self._gateway.hub.wake(hub.TICKETS)
        DELIVERIES.labels(key, settled or "later").inc()
        if settled is not Settled.taken:
            log.warning("delivery %s to %s: %s", leased.delivery, key, error)
        return True

    async def _post(
        self, key: str, leased: Leased
    ) -> tuple[Settled | None, str | None, float | None]:
        """How it ended (None: try again), why not, and the seconds that were asked for."""
        system, body = self._systems[key], written(leased.body)
        # the clock is naive UTC; the header is Unix time
        timestamp = int(self._clock().replace(tzinfo=UTC).timestamp())
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "wenfa-exchange/1",
            **signing.headers(system.keys, leased.delivery, timestamp, body),
        }
        # what it says beyond its status is nothing to us, and may be of any length: not read
        call = self._http[key].stream("POST", str(system.url), content=body, headers=headers)
        try:
            async with asyncio.timeout(self._patience), call as answer:
                status, asked = answer.status_code, waits(answer.headers.get("retry-after"))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return None, type(error).__name__, None
        settled = settled_by(status)
        return settled, None if settled is Settled.taken else f"HTTP {status}", asked


def _caller(url: str, patience: float) -> httpx.AsyncClient:
    """What calls one system: certificates are checked, and nobody sends us on elsewhere."""
    # a proxy variable may lead out of a closed net, but never a call to one nearby
    near = is_near(urlsplit(url).hostname or "")
    return httpx.AsyncClient(
        timeout=patience,
        follow_redirects=False,
        trust_env=not near,
        limits=httpx.Limits(max_keepalive_connections=0),
    )
