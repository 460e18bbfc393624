"""kill -9 of every process while residents chat; `make chaos` does much more (tests/chaos/)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos.chats import Chats
from tests.chaos.faults import SETTLED, TAKEN_UP_WITHIN
from tests.chaos.ledger import Ledger, read_books, web_ledger
from tests.chaos.residents import crowd_of
from tests.chaos.world import World, running_world
from tests.fake_telegram import FakeTelegram
from tests.telegram_process import TOKEN

pytestmark = pytest.mark.e2e
RESIDENTS = 6
CHATS = 3
PROCESSES = ("app", "actions", "telegram", "engine")


def test_nothing_is_lost_when_a_process_is_killed(tmp_path: Path) -> None:
    # in a thread: the browser's event loop is there already in this one
    with ThreadPoolExecutor(1) as thread:
        web, pushed = thread.submit(asyncio.run, _story(tmp_path / "home")).result()
    for ledger in (web, pushed):
        assert ledger.broken == []
        assert (ledger.lost, ledger.doubled) == (0, 0)
        assert ledger.answered > 0
    assert web.refused == web.repeated == 0


async def _story(home: Path) -> tuple[Ledger, Ledger]:
    with FakeTelegram(TOKEN) as telegram:
        channel = {"TELEGRAM_BOT_TOKEN": TOKEN, "WENFA_TELEGRAM_API": telegram.url}
        async with running_world(home, **channel) as world:
            chats = Chats(telegram, CHATS)
            async with crowd_of(world, RESIDENTS) as crowd:
                for name in PROCESSES:
                    await _kill(world, name)
                await chats.go_home()
            await world.all_answered(None, SETTLED)
            await chats.all_done(world, SETTLED)
            await chats.all_delivered(world)
            books = await world.look(lambda session: read_books(session, "web"))
            pushed = await world.look(lambda session: chats.ledger(session, kills=1))
            return web_ledger(books, crowd.conversations), pushed


async def _kill(world: World, name: str) -> None:
    """In mid-conversation; whatever it left unanswered is answered soon after it is back."""
    killing = asyncio.create_task(world.kill(name))
    await asyncio.sleep(0)
    left = await world.unanswered()
    await killing
    await world.all_answered(left, TAKEN_UP_WITHIN)
