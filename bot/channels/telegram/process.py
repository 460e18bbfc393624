"""`wenfa telegram`: the process that carries this channel, its gateway and its clockwork."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from telegram import BotCommand
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram import updates, webhook
from bot.channels.telegram.chats import Chats
from bot.channels.telegram.client import TOKEN, TelegramBot, make_bot, quiet_logs
from bot.channels.telegram.delivery import Delivery
from bot.channels.telegram.faults import pause, where
from bot.channels.telegram.heard import ALLOWED_UPDATES
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.polling import CALM, poll
from bot.channels.telegram.residents import CHANNEL, Residents
from bot.clock import utcnow
from bot.engine_client import EngineClient
from bot.gateway.gateway import Gateway
from bot.gateway.process import running_gateway
from bot.gateway.store import StoreAway
from bot.settings import Settings
from bot.words import words
from knowledge.boundaries import read_boundaries
from knowledge.catalogue import LiveCatalogue
from knowledge.database import connect
from knowledge.edition import city_codes
from knowledge.memory import spare_what_stays

CHANNELS = frozenset({CHANNEL})
STOP_WITHIN = 2.5  # seconds, twice: the supervisor waits eight
FORGET_EVERY = 3600.0
SWITCH_AFTER = 0.0005
SECRET = re.compile(r"[A-Za-z0-9_-]{8,256}")
log = logging.getLogger(__name__)


class CannotStart(Exception):
    """Says to whoever started it, in one line, what to put right."""


def run(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C. Raises CannotStart."""
    token, secret = _check(settings)
    quiet_logs(token, secret)
    # the thread that writes gives the interpreter up at each statement, and gets it back this late
    sys.setswitchinterval(SWITCH_AFTER)
    try:
        asyncio.run(_serve(settings, token, secret))
    except CannotStart:
        raise
    except Exception as error:  # what it says could hold a token, or a resident's words
        text = words("telegram")["process"]
        raise CannotStart(text["stopped"].format(reason=where(error))) from None


def _check(settings: Settings) -> tuple[str, str]:
    """Token and webhook secret (empty: polling). Raises CannotStart."""
    text = words("telegram")["process"]
    if settings.telegram_token is None:
        raise CannotStart(text["no_token"])
    token = settings.telegram_token.get_secret_value().strip()
    if not TOKEN.fullmatch(token):
        raise CannotStart(text["wrong_form"])
    if settings.telegram_webhook_url is None:
        return token, ""
    given = settings.telegram_webhook_secret
    secret = given.get_secret_value() if given else ""
    if not SECRET.fullmatch(secret):
        raise CannotStart(text["no_secret"])
    if not settings.telegram_webhook_url.startswith("https://"):
        raise CannotStart(text["wrong_url"])
    return token, secret


async def _serve(settings: Settings, token: str, secret: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    door = _door(settings) if secret else None
    database = connect(settings.database_url, settings.database_patience)
    engine = EngineClient(settings.engine_url, settings.engine_timeout)
    try:
        live = LiveCatalogue(database, await asyncio.to_thread(read_boundaries, city_codes()))
        await asyncio.to_thread(_look, live)
        spare_what_stays()
        async with running_gateway(database, live, engine, settings, CHANNELS) as gateway:
            bot = make_bot(token, settings.telegram_api)
            main = _telegram(bot, gateway, live, settings, secret, door)
            await _until(stop, main)
    finally:
        await engine.close()
        database.dispose()
        if door:
            door.close()


def _door(settings: Settings) -> socket.socket:
    port = settings.telegram_webhook_port
    try:
        return webhook.listen(port)
    except OSError:
        raise CannotStart(words("telegram")["process"]["taken"].format(port=port)) from None


def _look(live: LiveCatalogue) -> None:
    try:
        live.current()
    except SQLAlchemyError:
        raise CannotStart(words("telegram")["process"]["no_database"]) from None


async def _until(stop: asyncio.Event, main: Coroutine[Any, Any, None]) -> None:
    """Run until stopped; what `main` raises is raised."""
    running = asyncio.create_task(main)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _telegram(
    bot: TelegramBot,
    gateway: Gateway,
    live: LiveCatalogue,
    settings: Settings,
    secret: str,
    door: socket.socket | None,
) -> None:
    """Until cancelled."""
    text = words("telegram")["process"]
    residents = Residents(bot, gateway, live, settings.city)
    chats = Chats(residents.handle)
    intake = Intake(gateway.store, chats, residents.acknowledge)
    delivery = Delivery(bot, gateway, residents.left, settings.public_url)
    try:
        await _identify(bot)
        left = await _patiently(intake.replay)
        if left:
            log.info(text["replay"].format(n=left))
        async with _beside(delivery.run(), _forgetting(gateway), _commands(bot)):
            if door:
                await _by_webhook(bot, intake, settings, secret, door)
            else:
                await _insist(bot.delete_webhook, drop_pending_updates=False)
                log.info(text["polling"])
                await poll(bot, intake, chats)
    finally:
        await chats.stop(STOP_WITHIN)
        await delivery.stop(STOP_WITHIN)
        await residents.stop()
        await bot.shutdown()


async def _by_webhook(
    bot: TelegramBot, intake: Intake, settings: Settings, secret: str, door: socket.socket
) -> None:
    server = webhook.make_server(intake, secret)
    serving = asyncio.create_task(server.serve([door]))
    try:
        url = settings.telegram_webhook_url or ""
        await _insist(
            bot.set_webhook,
            url,
            secret_token=secret,
            allowed_updates=ALLOWED_UPDATES,
            drop_pending_updates=False,
        )
        log.info(words("telegram")["process"]["webhook"].format(url=url))
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.wait((serving,), timeout=STOP_WITHIN)


async def _identify(bot: TelegramBot) -> None:
    """Who we are to Telegram; a token that it does not know ends everything."""
    try:
        await _insist(bot.initialize)
    except InvalidToken:
        text = words("telegram")["process"]
        raise CannotStart(text["stopped"].format(reason=text["wrong_token"])) from None


async def _insist(call: Any, *arguments: Any, **more: Any) -> None:
    """Until Telegram has answered. Raises InvalidToken."""
    failures = 0
    while True:
        try:
            await call(*arguments, **more)
            return
        except InvalidToken:
            raise
        except TelegramError as error:
            if not failures:
                log.warning(words("telegram")["process"]["away"].format(error=where(error)))
            await asyncio.sleep(min(CALM, pause(failures)))
            failures += 1


async def _patiently(read: Any) -> Any:
    """Until the database has answered."""
    failures = 0
    while True:
        try:
            return await read()
        except StoreAway:
            if not failures:
                log.warning(words("telegram")["process"]["store_away"])
            await asyncio.sleep(min(CALM, pause(failures)))
            failures += 1


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _commands(bot: TelegramBot) -> None:
    """The menu of commands beside the input; without it everything works all the same."""
    titles = words("telegram")["commands"]
    with suppress(InvalidToken):
        await _insist(bot.set_my_commands, [BotCommand(*item) for item in titles.items()])


async def _forgetting(gateway: Gateway) -> None:
    while True:
        try:
            await gateway.store.run(lambda session: updates.forget(session, utcnow()))
        except StoreAway as error:
            log.warning("old updates could not be deleted: %s", where(error))
        await asyncio.sleep(FORGET_EVERY)
