"""From the outbox to Telegram: in order within a chat, many chats at once, at least once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from prometheus_client import Counter
from sqlalchemy.orm import Session
from telegram import LinkPreviewOptions
from telegram.error import TelegramError

from bot.channels.telegram.client import TelegramBot
from bot.channels.telegram.faults import Blocked, Later, judge, where
from bot.channels.telegram.pacing import Pace
from bot.channels.telegram.rendering import render
from bot.channels.telegram.residents import CHANNEL
from bot.clock import utcnow
from bot.gateway import hub, outbox
from bot.gateway.gateway import Gateway
from bot.gateway.outbox import Outgoing
from bot.gateway.store import StoreAway

DELIVERIES = Counter("wenfa_telegram_deliveries_total", "Outgoing messages", ["what"])
AT_ONCE = 30
LOOK_AGAIN = 0.5
# one look serves all who were settled meanwhile
BETWEEN_LOOKS = 0.05
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
log = logging.getLogger(__name__)


class Delivery:
    """The one sender of this channel: a second one would send everything twice."""

    def __init__(
        self,
        bot: TelegramBot,
        gateway: Gateway,
        left: Callable[[str], Awaitable[None]],
        site: str = "",
    ) -> None:
        """`left` is called with the address of a resident who has blocked us; `site` is our own
        public address, if there is one."""
        self._bot = bot
        self._gateway = gateway
        self._left = left
        self._site = site
        self._pace = Pace()
        # conversations that somebody is sending to
        self._busy: dict[str, asyncio.Task[None]] = {}
        # parts that have gone of messages that are not settled
        self._gone: dict[int, int] = {}

    async def run(self) -> None:
        """Until cancelled."""
        with self._gateway.hub.listen(hub.outbox(CHANNEL)) as listener:
            while True:
                try:
                    await self._begin()
                except Exception as error:  # the rest of the process goes on meanwhile
                    log.warning("the outbox could not be read: %s", where(error))
                await asyncio.sleep(BETWEEN_LOOKS)
                await listener.wait(LOOK_AGAIN)

    async def stop(self, within: float) -> None:
        """Let what is on its way arrive."""
        tasks = tuple(self._busy.values())
        if tasks:
            await asyncio.wait(tasks, timeout=within)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin(self) -> None:
        """Start on every conversation whose next message is due and that nobody works on."""
        # what ends while we read may be read as it was before
        busy = frozenset(self._busy)
        if len(busy) >= AT_ONCE:
            return
        found = await self._gateway.look(
            lambda session: outbox.due(session, CHANNEL, utcnow(), 2 * AT_ONCE)
        )
        for outgoing in found:
            if outgoing.conversation_id not in busy and len(self._busy) < AT_ONCE:
                self._busy[outgoing.conversation_id] = asyncio.create_task(self._work(outgoing))

    async def _work(self, outgoing: Outgoing) -> None:
        try:
            await self._deliver(outgoing)
        except StoreAway:
            log.warning("outbox %d: sent, and not yet noted", outgoing.id)
            await asyncio.sleep(LOOK_AGAIN)
        except Exception as error:
            log.error("outbox %d: %s", outgoing.id, where(error))
            await self._give_up(outgoing, type(error).__name__)
        finally:
            del self._busy[outgoing.conversation_id]
            self._gateway.hub.wake(hub.outbox(CHANNEL))

    async def _deliver(self, outgoing: Outgoing) -> None:
        try:
            await self._send(outgoing)
        except TelegramError as error:
            await self._failed(outgoing, error)
            return
        await self._settle(outgoing, outbox.sent, utcnow())
        DELIVERIES.labels("sent").inc()

    async def _send(self, outgoing: Outgoing) -> None:
        for number, part in enumerate(render(outgoing.message, self._site)):
            if number < self._gone.get(outgoing.id, 0):
                continue
            await self._pace.turn()
            await self._bot.send_message(
                int(outgoing.address),
                part.text,
                entities=part.links or None,
                reply_markup=part.markup,
                link_preview_options=NO_PREVIEW,
            )
            self._gone[outgoing.id] = number + 1

    async def _failed(self, outgoing: Outgoing, error: TelegramError) -> None:
        kind = type(error).__name__
        verdict = judge(error, outgoing.attempts, _age(outgoing))
        if isinstance(verdict, Later):
            again = utcnow() + timedelta(seconds=verdict.seconds)
            await self._gateway.store.run(partial(_later, outgoing.id, again, kind))
            DELIVERIES.labels("later").inc()
        elif isinstance(verdict, Blocked):
            await self._left(outgoing.address)
            self._gone.pop(outgoing.id, None)
            DELIVERIES.labels("blocked").inc()
        else:
            log.error("outbox %d: Telegram will never take it: %s", outgoing.id, kind)
            await self._give_up(outgoing, kind)

    async def _give_up(self, outgoing: Outgoing, kind: str) -> None:
        try:
            await self._settle(outgoing, outbox.dead, kind, utcnow())
        except StoreAway:
            await asyncio.sleep(LOOK_AGAIN)
        DELIVERIES.labels("dead").inc()

    async def _settle(
        self, outgoing: Outgoing, how: Callable[..., None], *arguments: object
    ) -> None:
        await self._gateway.store.run(lambda session: how(session, outgoing.id, *arguments))
        self._gone.pop(outgoing.id, None)


def _later(outgoing_id: int, again: datetime, kind: str, session: Session) -> None:
    outbox.later(session, outgoing_id, again, kind)


def _age(outgoing: Outgoing) -> timedelta:
    said = datetime.fromisoformat(outgoing.message["at"]).replace(tzinfo=None)
    return utcnow() - said
