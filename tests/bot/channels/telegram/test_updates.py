"""Updates are kept once, in order, and are done once; on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from bot.channels.telegram import updates
from bot.channels.telegram.heard import Heard, Kind
from bot.channels.telegram.tables import TelegramUpdate
from bot.clock import utcnow
from bot.gateway.store import Store

BIG = 9_007_199_254_740_000  # chat ids have up to 52 bits


@pytest.fixture
def store(any_database: Engine) -> Iterator[Store]:
    made = Store(any_database)
    yield made
    made.close()


def update(number: int, chat: int = BIG) -> Heard:
    return Heard(number, chat, Kind.message, True, f"m{number}", 1, text=f"第{number}句")


async def keep(store: Store, *numbers: int) -> list[int]:
    batch = [update(number) for number in numbers]
    new = await store.run(lambda session: updates.keep(session, batch, utcnow()))
    return [one.update_id for one in new]


async def waiting(store: Store) -> list[int]:
    return [one.update_id for one in await store.run(updates.waiting)]


async def test_repeats_are_dropped_and_order_is_kept(store: Store) -> None:
    assert await keep(store, 3, 1, 3, 2) == [3, 1, 2]
    assert await keep(store, 2, 4, 1) == [4]
    assert await waiting(store) == [1, 2, 3, 4]


async def test_what_waits_is_read_as_it_was_kept(store: Store) -> None:
    await keep(store, 1)
    assert await store.run(updates.waiting) == [update(1)]


async def test_done_is_done_once_and_holds_no_words(store: Store) -> None:
    await keep(store, 1, 2)
    assert await store.run(lambda session: updates.done(session, 1, utcnow()))
    assert not await store.run(lambda session: updates.done(session, 1, utcnow()))
    assert not await store.run(lambda session: updates.done(session, 99, utcnow()))
    assert await waiting(store) == [2]
    payload = await store.run(lambda session: session.get_one(TelegramUpdate, 1).payload)
    assert payload == {}
    assert await keep(store, 1) == []


async def test_what_is_done_is_forgotten_when_it_cannot_come_again(store: Store) -> None:
    now = utcnow()
    await keep(store, 1, 2, 3)
    await store.run(lambda session: updates.done(session, 1, now - timedelta(days=4)))
    await store.run(lambda session: updates.done(session, 2, now - timedelta(hours=30)))
    await store.run(lambda session: updates.forget(session, now))
    count = select(func.count()).select_from(TelegramUpdate)
    assert await store.run(lambda session: session.scalar(count)) == 2
    assert await waiting(store) == [3]
