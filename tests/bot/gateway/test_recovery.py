"""A process that is killed in the middle: nothing is lost, nothing is answered twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.clock import utcnow
from bot.gateway import gateway as gateway_module
from bot.gateway.gateway import Gateway
from bot.gateway.inbound import Inbound
from bot.gateway.inbox import LEASE, left_alone
from bot.gateway.sweep import Sweep
from bot.settings import Settings
from bot.tables import Inbox, Message
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident, another_process, texts

WEB = frozenset({"web"})
WAGES = "老板拖欠工资"


class Killed(BaseException):
    """The process ends here: nothing after it is done."""


async def killed_while_answering(resident: Resident, engine: FakeEngine, text: str) -> None:
    async def die(_sender: str, _message: str) -> None:
        raise Killed

    engine.before = die
    with pytest.raises(Killed):
        await resident.say(text)
    engine.before = None


async def time_passes(resident: Resident, by: timedelta = LEASE * 2) -> None:
    """What is in the inbox has been there for longer."""

    def older(session: Any) -> None:
        for row in session.scalars(select(Inbox).where(Inbox.answered_at.is_(None))):
            session.execute(
                update(Inbox)
                .where(Inbox.id == row.id)
                .values(
                    received_at=row.received_at - by,
                    lease_until=row.lease_until - by if row.lease_until else None,
                )
            )

    await resident.gateway.store.run(older)


async def transcript(resident: Resident) -> list[tuple[str, str]]:
    rows = await resident.read(
        lambda s, c: [
            (m.author, m.body["text"]) for m in s.scalars(select(Message).order_by(Message.seq))
        ]
    )
    return list(rows)


async def test_what_a_killed_process_left_is_answered_by_the_next(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await killed_while_answering(resident, fake_engine, WAGES)
    assert await transcript(resident) == [("resident", WAGES)]
    after = another_process(gateway, fake_engine)
    sweep = Sweep(after, Settings(), WEB)
    await sweep.recover()
    assert await transcript(resident) == [("resident", WAGES)]  # its lease still runs
    await time_passes(resident)
    await sweep.recover()
    await sweep.recover()
    assert await transcript(resident) == [("resident", WAGES), ("bot", "好的。")]


async def test_the_same_message_again_after_the_kill_gets_the_answer(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = await Resident.arrives(gateway)
    await killed_while_answering(resident, fake_engine, WAGES)
    after = another_process(gateway, fake_engine)
    with monkeypatch.context() as hurried:
        hurried.setattr(gateway_module, "PATIENCE", 0.6)
        early = await after.handle(resident.id, Inbound("n1", text=WAGES))
    assert early["messages"] == []  # somebody may still be at it: it comes by the events
    await time_passes(resident)
    answer = await after.handle(resident.id, Inbound("n1", text=WAGES))
    assert texts(answer) == "好的。"
    assert await transcript(resident) == [("resident", WAGES), ("bot", "好的。")]


async def test_order_is_kept_over_a_kill(gateway: Gateway, fake_engine: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    await killed_while_answering(resident, fake_engine, "第一句话")
    await time_passes(resident)
    fake_engine.payloads = [said("答")]
    after = another_process(gateway, fake_engine)
    fake_engine.calls.clear()
    await after.handle(resident.id, Inbound("n2", text="第二句话"))
    assert [message for _, message, _ in fake_engine.calls] == ["第一句话", "第二句话"]


async def test_two_processes_answer_a_message_once(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    other = another_process(gateway, fake_engine)
    began, go = asyncio.Event(), asyncio.Event()

    async def hold(_sender: str, _message: str) -> None:
        began.set()
        await go.wait()

    fake_engine.before = hold
    first = asyncio.create_task(gateway.handle(resident.id, Inbound("1", text=WAGES)))
    await began.wait()
    second = asyncio.create_task(other.handle(resident.id, Inbound("1", text=WAGES)))
    third = asyncio.create_task(other.handle(resident.id, Inbound("2", text="还有押金")))
    async with asyncio.timeout(20):  # the other process has both, and waits
        while len(await transcript(resident)) < 2:
            await asyncio.sleep(0.01)
    go.set()
    assert texts(await first) == "好的。"
    assert texts(await second) in ("", "好的。")
    assert texts(await third) == "好的。"
    assert [message for _, message, _ in fake_engine.calls] == [WAGES, "还有押金"]


async def test_an_answer_that_came_too_late_is_not_written_twice(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    """The first process is only slow, not dead: its lease has run out, somebody else answered."""
    resident = await Resident.arrives(gateway)
    other = another_process(gateway, FakeEngine(payloads=[said("另一个进程答的。")]))
    began, go = asyncio.Event(), asyncio.Event()

    async def hold(_sender: str, _message: str) -> None:
        began.set()
        await go.wait()

    fake_engine.before = hold
    slow = asyncio.create_task(gateway.handle(resident.id, Inbound("1", text=WAGES)))
    await began.wait()
    await time_passes(resident)
    await other.recover(resident.id)
    go.set()
    assert texts(await slow) == "另一个进程答的。"
    assert await transcript(resident) == [("resident", WAGES), ("bot", "另一个进程答的。")]


async def test_what_was_left_for_too_long_is_apologised_for(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await killed_while_answering(resident, fake_engine, WAGES)
    await time_passes(resident, timedelta(minutes=20))
    fake_engine.calls.clear()
    await Sweep(another_process(gateway, fake_engine), Settings(), WEB).recover()
    said_now = await transcript(resident)
    assert "12348" in said_now[-1][1]
    assert fake_engine.calls == []


async def test_recovery_looks_only_at_its_own_channels(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await killed_while_answering(resident, fake_engine, WAGES)
    await time_passes(resident)
    found = await gateway.look(lambda s: left_alone(s, frozenset({"telegram"}), utcnow()))
    assert found == []
    assert await gateway.look(lambda s: left_alone(s, WEB, utcnow())) == [resident.id]
