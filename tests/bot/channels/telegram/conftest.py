"""The channel's parts over a database of each kind, before a Bot API server of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.channels.telegram.client import TelegramBot, make_bot
from bot.gateway.gateway import Gateway
from knowledge.catalogue import Catalogue
from tests.bot.channels.telegram.scene import TOKEN, Scene
from tests.bot.conversing import Still, gateway
from tests.bot.databases import any_database, templates
from tests.fake_telegram import FakeTelegram

__all__ = ["any_database", "gateway", "templates"]


@pytest.fixture(autouse=True)
def _times_as_the_process_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as make_bot sets it


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram(TOKEN) as server:
        yield server


@pytest_asyncio.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[TelegramBot]:
    made = make_bot(TOKEN, telegram.url)
    await made.initialize()
    yield made
    await made.shutdown()


@pytest_asyncio.fixture
async def scene(
    telegram: FakeTelegram, bot: TelegramBot, gateway: Gateway, catalogue: Catalogue
) -> AsyncIterator[Scene]:
    acting = Scene(telegram, bot, gateway, Still(catalogue))
    yield acting
    await acting.stop()
