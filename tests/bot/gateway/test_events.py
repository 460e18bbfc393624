"""What an open page is told: everything once, in order, also after it was away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.gateway import hub
from bot.gateway.events import Event, Stream
from bot.gateway.feed import Feed
from bot.gateway.gateway import Gateway
from bot.tickets import desk
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident, another_process
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

PATIENCE = 20.0


async def take(events: AsyncIterator[Event], count: int) -> list[Event]:
    async with asyncio.timeout(PATIENCE):
        return [await anext(events) for _ in range(count)]


@pytest.fixture
async def resident(gateway: Gateway, fake_engine: FakeEngine) -> Resident:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    return await Resident.arrives(gateway)


async def test_a_page_that_opens_later_reads_everything(resident: Resident) -> None:
    await resident.say(WAGES)
    stream = Stream(resident.gateway, resident.id, None).events()
    mine, bots, state = await take(stream, 3)
    assert (mine.data["author"], mine.data["text"], mine.data["client_id"]) == (
        "resident",
        WAGES,
        "n1",
    )
    assert (bots.data["author"], bots.data["text"]) == ("bot", "按下面的次序去找。")
    assert state == Event("state", {"state": "bot", "ticket": None})


async def test_it_resumes_after_the_last_message_it_has(resident: Resident) -> None:
    first = await resident.say(WAGES)
    await resident.say("还有押金")
    stream = Stream(resident.gateway, resident.id, first["messages"][-1]["id"]).events()
    again = await take(stream, 2)
    assert [event.data["text"] for event in again] == ["还有押金", "按下面的次序去找。"]
    assert again[0].id == again[0].data["id"]


@pytest.mark.parametrize("last", ["", "x", "别人的.3", "../1", "0.99999999999999", "."])
async def test_an_id_that_is_not_ours_begins_at_the_start(resident: Resident, last: str) -> None:
    await resident.say(WAGES)
    stream = Stream(resident.gateway, resident.id, last).events()
    assert (await take(stream, 1))[0].data["text"] == WAGES


async def test_an_operator_s_words_and_typing_arrive(resident: Resident) -> None:
    await resident.say(WAGES)
    await resident.say("转人工")
    stream = Stream(resident.gateway, resident.id, None).events()
    await take(stream, 5)  # two questions, two answers, waiting
    await resident.operator(desk.claim, LI)
    came, state = await take(stream, 2)
    assert "李莉" in came.data["text"]
    assert state.data["state"] == "operator"
    resident.gateway.hub.wake(hub.typing(resident.id, "operator"))
    assert (await take(stream, 1))[0].kind == "typing"
    await resident.operator(desk.reply, LI, "c1", "您好")
    (words,) = await take(stream, 1)
    assert (words.data["author"], words.data["author_name"], words.data["text"]) == (
        "operator", "李莉", "您好",
    )  # fmt: skip


async def test_the_place_in_the_queue_moves_by_itself(gateway: Gateway, resident: Resident) -> None:
    ahead = await Resident.arrives(gateway)
    for one in (ahead, resident):
        await one.say(WAGES)
        await one.say("转人工")
    stream = Stream(gateway, resident.id, None).events()
    assert (await take(stream, 5))[-1].data["ticket"]["queue_position"] == 1
    living = asyncio.create_task(gateway.live.run())
    await ahead.operator(desk.claim, LI)
    assert (await take(stream, 1))[0].data["ticket"]["queue_position"] == 0
    living.cancel()


async def test_what_another_process_writes_arrives(
    gateway: Gateway, resident: Resident, fake_engine: FakeEngine
) -> None:
    await resident.say(WAGES)
    feed = Feed(gateway.store, gateway.hub)
    assert await gateway.look(feed.news) == set()  # what was there before it is no news
    looking = asyncio.create_task(feed.run())
    stream = Stream(gateway, resident.id, None).events()
    await take(stream, 3)
    waiting = asyncio.create_task(take(stream, 2))
    elsewhere = Resident(another_process(gateway, fake_engine), resident.id, None, resident.numbers)
    await elsewhere.say("还有押金")
    assert [event.data["text"] for event in await waiting] == ["还有押金", "按下面的次序去找。"]
    looking.cancel()


async def test_a_stream_ends_when_the_resident_leaves(resident: Resident) -> None:
    await resident.say(WAGES)
    stream = Stream(resident.gateway, resident.id, None).events()
    await take(stream, 3)
    await resident.gateway.leave(str(resident.token))
    with pytest.raises(StopAsyncIteration):
        await take(stream, 1)
