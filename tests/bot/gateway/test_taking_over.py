"""Faults that a gateway must outlive: a process that is gone, a writer that does not get on, …"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.gateway import answers, store
from bot.gateway.events import Stream
from bot.gateway.gateway import Gateway
from bot.gateway.inbound import Inbound
from bot.gateway.inbox import TooFast
from bot.gateway.ledger import Ledger
from bot.gateway.states import Author
from bot.gateway.store import Store, StoreAway
from bot.gateway.sweep import Sweep
from bot.gateway.transcript import SHOWN_AGAIN
from bot.settings import Settings
from bot.tables import Inbox, Message
from bot.words import words
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident, another_process, texts

WEB = frozenset({"web"})
WAGES = "老板拖欠工资"


class Killed(BaseException):
    """The process ends here."""


async def killed_while_answering(resident: Resident, engine: FakeEngine) -> None:
    async def die(_sender: str, _message: str) -> None:
        raise Killed

    engine.before = die
    with pytest.raises(Killed):
        await resident.say(WAGES)
    engine.before = None


async def spoken(resident: Resident) -> list[str]:
    query = select(Message).where(Message.author != Author.resident).order_by(Message.seq)
    found: list[str] = await resident.read(lambda s, c: [m.body["text"] for m in s.scalars(query)])
    return found


async def test_the_next_process_takes_up_at_once_where_it_is_alone(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await killed_while_answering(resident, fake_engine)
    await Sweep(another_process(gateway, fake_engine), Settings(), WEB).inherit()
    # PostgreSQL serves several apps: there the lease has to run out
    assert await spoken(resident) == (["好的。"] if gateway.store.alone else [])


async def test_it_takes_up_only_what_is_of_its_channels(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await killed_while_answering(resident, fake_engine)
    other = Sweep(another_process(gateway, fake_engine), Settings(), frozenset({"telegram"}))
    await other.inherit()
    assert await spoken(resident) == []
    owners = await resident.read(lambda s, c: list(s.scalars(select(Inbox.lease_owner))))
    assert owners == [gateway.owner]


async def test_one_that_lived_after_all_does_not_answer_twice(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    began, go = asyncio.Event(), asyncio.Event()

    async def hold(_sender: str, _message: str) -> None:
        began.set()
        await go.wait()

    fake_engine.before = hold
    slow = asyncio.create_task(resident.say(WAGES))
    await began.wait()
    other = another_process(gateway, FakeEngine(payloads=[said("别的进程答的。")]))
    await Sweep(other, Settings(), WEB).inherit()
    go.set()
    answer = await slow
    assert [texts(answer)] == await spoken(resident)
    assert len(await spoken(resident)) == 1


async def test_what_was_left_waits_for_the_engine_to_start(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.sweep.RECOVER_EVERY", 0.01)
    resident = await Resident.arrives(gateway)
    await killed_while_answering(resident, fake_engine)
    fake_engine.away = True
    sweeping = asyncio.create_task(Sweep(gateway, Settings(), WEB).run())
    with gateway.hub.listen(f"conversation:{resident.id}") as listener:
        assert await listener.wait(0.1) == set()
        fake_engine.away = False
        if gateway.store.alone:
            assert await listener.wait(10)
            assert await spoken(resident) == ["好的。"]
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)


async def test_an_answer_that_cannot_be_written_is_apologised_for(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would fail again and again, and everything after it would wait for ever."""

    def fail(ledger: Ledger, *_more: Any) -> None:
        ledger.say("半句")
        raise KeyError("a bug of ours")

    resident = await Resident.arrives(gateway)
    with monkeypatch.context() as broken:
        broken.setattr(answers, "answer", fail)
        apology = await resident.say(WAGES)
    assert texts(apology) == words("replies")["apology"]
    assert texts(await resident.say(WAGES)) == "好的。"
    assert await spoken(resident) == [words("replies")["apology"], "好的。"]


NONSENSE: list[dict[str, Any]] = [
    said("字") | {"text": None},
    said("字") | {"text": 5},
    said(""),
    said("字", choices="不是列表"),
    said("字", choices=[{"title": 1}]),
    said("字", cards=[{"type": "notice", "tone": []}]),
    said("字", cards=[{"no": "type"}]),
    {"kind": ["list"]},
    {"kind": "understood", "urgent": ["x"]},
    {"kind": "understood", "service": {"a": 1}},
]


@pytest.mark.parametrize("payload", NONSENSE, ids=str)
async def test_a_misshapen_payload_is_none(
    gateway: Gateway, fake_engine: FakeEngine, payload: dict[str, Any]
) -> None:
    resident = await Resident.arrives(gateway)
    fake_engine.payloads = [payload]
    assert texts(await resident.say(WAGES)) == words("replies")["apology"]
    fake_engine.payloads = [payload, said("好的。")]
    assert texts(await resident.say(WAGES)) == "好的。"


async def test_one_who_never_stops_is_refused_without_a_look_into_the_database(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = await Resident.arrives(gateway)
    began, go = asyncio.Event(), asyncio.Event()

    async def hold(_sender: str, _message: str) -> None:
        began.set()
        await go.wait()

    fake_engine.before = hold
    waiting = [asyncio.create_task(resident.say(WAGES)) for _ in range(20)]
    await began.wait()
    writes = 0
    real = gateway.store.run

    async def counted(work: Callable[[Session], Any]) -> Any:
        nonlocal writes
        writes += 1
        return await real(work)

    with monkeypatch.context() as watched:
        watched.setattr(gateway.store, "run", counted)
        for number in range(100):
            with pytest.raises(TooFast):
                await gateway.handle(resident.id, Inbound(f"more-{number}", text=WAGES))
        assert writes == 0
    go.set()
    answered = await asyncio.gather(*waiting)
    assert all(texts(one) == "好的。" for one in answered)
    assert gateway._live[resident.id].pending == 0


async def test_a_writer_that_does_not_get_on_makes_one_wait_and_not_all(
    any_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "QUEUED_AT_MOST", 0.0)
    alone = Store(any_database)
    go = threading.Event()
    threads = alone._threads._max_workers
    busy = [asyncio.create_task(alone.run(lambda _: go.wait(10))) for _ in range(threads)]
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(alone.run(lambda _: None)) for _ in range(5)]
    await asyncio.sleep(0)
    go.set()
    found = await asyncio.gather(*busy, *waiting, return_exceptions=True)
    assert all(isinstance(one, StoreAway) for one in found[threads:])
    alone.close()


async def test_a_page_that_was_away_for_long_misses_nothing(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    first = (await resident.say(WAGES))["messages"][0]["id"]
    more = 2 * SHOWN_AGAIN + 1

    def much(ledger: Ledger) -> None:
        for number in range(more):
            ledger.say(f"第{number}句")

    await gateway.write(resident.id, much)
    told = []
    async for event in Stream(gateway, resident.id, first).events():
        if event.kind == "message":
            told.append(event.data["text"])
        if len(told) == more:
            break
    assert told == [f"第{number}句" for number in range(more)]
