"""One at a time in a chat, many chats at once, and no more than somebody can write."""

from __future__ import annotations

import asyncio

from bot.channels.telegram import chats as chats_module
from bot.channels.telegram.chats import CROWD, CROWD_SECONDS, Chats
from bot.channels.telegram.heard import Heard, Kind


def update(number: int, chat: int = 1, date: int = 0) -> Heard:
    return Heard(number, chat, Kind.message, True, f"m{number}", date, text="话")


class Handling:
    """Notes what is handled; `go` lets it end."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.done: list[int] = []
        self.crowds: list[int] = []
        self.go = asyncio.Event()
        self.began = asyncio.Event()

    async def __call__(self, heard: Heard, crowd: bool) -> None:
        self.begun.append(heard.update_id)
        self.began.set()
        await self.go.wait()
        self.done.append(heard.update_id)
        if crowd:
            self.crowds.append(heard.update_id)


async def test_order_is_kept_in_a_chat_and_others_do_not_wait() -> None:
    handling = Handling()
    chats = Chats(handling)
    for number in (1, 2, 3):
        chats.add(update(number))
    chats.add(update(9, chat=2))
    while len(handling.begun) < 2:
        await asyncio.sleep(0)
    assert handling.begun == [1, 9]
    handling.go.set()
    await chats.idle()
    assert [number for number in handling.done if number < 9] == [1, 2, 3]
    assert not chats._chats


async def test_a_backlog_stops_the_fetching() -> None:
    handling = Handling()
    chats = Chats(handling)
    for number in range(chats_module.ENOUGH):
        chats.add(update(number, chat=number % 50))
    waiting = asyncio.create_task(chats.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    handling.go.set()
    await waiting
    await chats.idle()
    assert sorted(handling.done) == list(range(chats_module.ENOUGH))


async def crowd(dates: list[int]) -> list[int]:
    handling = Handling()
    chats = Chats(handling)
    for number, date in enumerate(dates):
        chats.add(update(number, date=date))
    handling.go.set()
    await chats.idle()
    assert handling.done == list(range(len(dates)))
    return handling.crowds


async def test_a_thousand_in_a_second_are_a_crowd() -> None:
    assert await crowd([100] * 1000) == list(range(CROWD, 1000))


async def test_what_came_while_we_were_away_is_no_crowd() -> None:
    assert await crowd([100 + number * CROWD_SECONDS for number in range(50)]) == []


async def test_taps_are_never_a_crowd() -> None:
    assert await crowd([0] * 50) == []


async def test_stopping_lets_the_first_end_and_leaves_the_rest() -> None:
    handling = Handling()
    chats = Chats(handling)
    for number in (1, 2, 3):
        chats.add(update(number))
    await handling.began.wait()
    stopping = asyncio.create_task(chats.stop(5))
    await asyncio.sleep(0)
    handling.go.set()
    await stopping
    assert handling.done == [1]


async def test_stopping_does_not_wait_for_ever() -> None:
    handling = Handling()
    chats = Chats(handling)
    chats.add(update(1))
    await handling.began.wait()
    await chats.stop(0.01)
    assert handling.done == []
