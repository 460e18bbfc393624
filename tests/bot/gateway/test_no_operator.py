"""The person is gone, both speak at once, the resident leaves: defined, and nobody is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.duty.tables import Duty
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor
from bot.gateway.sweep import Sweep
from bot.settings import Settings
from bot.tables import Message, Ticket
from bot.tickets import desk
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident, on_duty
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES


@pytest.fixture
def sweep(gateway: Gateway) -> Sweep:
    return Sweep(gateway, Settings(), frozenset({"web"}))


@pytest.fixture
def ming(any_database: Engine) -> Actor:
    return on_duty(any_database, "ming", city_id="zhongshan", name="陈明")


@pytest.fixture
async def talking(gateway: Gateway, fake_engine: FakeEngine, ming: Actor) -> Resident:
    """In talk with Ming, who has answered."""
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    await resident.operator(desk.claim, ming)
    await resident.operator(desk.reply, ming, "1", "您好，我在看")
    return resident


def console_gone(database: Engine, minutes: float = 3) -> None:
    seen = utcnow() - timedelta(minutes=minutes)
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        session.execute(update(Duty).values(seen_at=seen))


async def said_so_far(resident: Resident) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = await resident.read(
        lambda s, c: [
            (row.author, row.body["text"])
            for row in s.scalars(
                select(Message).where(Message.conversation_id == c.id).order_by(Message.seq)
            )
        ]
    )
    return found


async def state(resident: Resident) -> str:
    found: str = await resident.read(lambda s, c: c.state)
    return found


async def test_who_wrote_to_a_console_that_is_gone_waits_first_for_another(
    talking: Resident, sweep: Sweep, any_database: Engine, gateway: Gateway, ming: Actor
) -> None:
    other = await Resident.arrives(gateway)
    await other.say(WAGES)
    await other.say("转人工")
    await talking.say("那我要带什么？")
    await sweep.end_quiet()
    assert await state(talking) == "operator"  # the console is there
    console_gone(any_database)
    await sweep.end_quiet()
    assert await state(talking) == "waiting"
    author, text = (await said_so_far(talking))[-1]
    assert author == "bot"
    assert "12348" in text
    ticket = await talking.ticket()
    assert (ticket.owner_id, bool(ticket.owner_desk)) == (None, True)
    assert ticket.responsible_id == ming.id  # 首问负责 stays
    assert ticket.passed_by == [ming.id]
    answer = await other.say("转人工")
    assert answer["ticket"]["queue_position"] == 1  # the front of the queue is taken


@pytest.mark.parametrize("why", ["answered", "by a program", "still heard of"])
async def test_nobody_is_taken_away_from_who_is_there(
    talking: Resident, sweep: Sweep, any_database: Engine, ming: Actor, why: str
) -> None:
    await talking.say("那我要带什么？")
    if why == "answered":
        await talking.operator(desk.reply, ming, "2", "带上合同")
        console_gone(any_database)
    elif why == "by a program":
        with Session(any_database.execution_options(immediate=True)) as session, session.begin():
            session.execute(update(Ticket).values(owner_id=LI.id))
        console_gone(any_database)
    else:
        console_gone(any_database, minutes=1.5)
    await sweep.end_quiet()
    assert await state(talking) == "operator"


async def test_both_speak_at_once_and_nothing_is_lost_or_answered_by_the_bot(
    talking: Resident, ming: Actor, fake_engine: FakeEngine
) -> None:
    before, asked = len(await said_so_far(talking)), len(fake_engine.calls)

    async def reply(number: int) -> Any:
        return await talking.operator(desk.reply, ming, f"r{number}", f"答{number}")

    await asyncio.gather(*(work for n in range(5) for work in (talking.say(f"问{n}"), reply(n))))
    said_now = (await said_so_far(talking))[before:]
    assert sorted(text for _, text in said_now) == sorted(
        [*(f"问{n}" for n in range(5)), *(f"答{n}" for n in range(5))]
    )
    assert {author for author, _ in said_now} == {"resident", "operator"}
    assert [text for author, text in said_now if author == "resident"] == [
        f"问{n}" for n in range(5)
    ]
    assert len(fake_engine.calls) == asked  # the bot was silent


async def test_a_resident_who_leaves_while_an_offer_stands_is_offered_to_nobody(
    gateway: Gateway, fake_engine: FakeEngine, ming: Actor
) -> None:
    from bot.duty import offers

    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    assert await gateway.write(resident.id, lambda led: offers.give(led, ming.id or ""))
    await gateway.leave(str(resident.token))
    ticket = await resident.ticket()
    assert (ticket.state, ticket.offered_to, ticket.offered_at) == ("open", None, None)
    assert not await gateway.write(resident.id, lambda led: offers.give(led, ming.id or ""))
