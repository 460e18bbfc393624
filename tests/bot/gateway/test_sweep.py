"""What happens by itself when nobody writes, and what must not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.sweep import Sweep
from bot.settings import Settings
from bot.tables import Conversation, Message, Rating, Ticket
from bot.tickets import desk
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

SETTINGS = Settings()


async def hours_pass(resident: Resident) -> None:
    long_ago = utcnow() - timedelta(hours=5)

    def older(session: Any) -> None:
        session.execute(update(Conversation).values(last_at=long_ago))
        session.execute(
            update(Ticket).where(Ticket.waiting_since.is_not(None)).values(waiting_since=long_ago)
        )

    await resident.gateway.store.run(older)


@pytest.fixture
def sweep(gateway: Gateway) -> Sweep:
    return Sweep(gateway, SETTINGS, frozenset({"web"}))


@pytest.fixture
async def resident(gateway: Gateway, fake_engine: FakeEngine) -> Resident:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    arrived = await Resident.arrives(gateway)
    await arrived.say(WAGES)
    return arrived


async def last_message(resident: Resident) -> Message:
    found: Message = await resident.read(
        lambda s, c: s.scalars(select(Message).order_by(Message.seq.desc())).first()
    )
    return found


async def state(resident: Resident) -> str:
    found: str = await resident.read(lambda s, c: c.state)
    return found


async def test_nothing_ends_before_its_time(resident: Resident, sweep: Sweep) -> None:
    await sweep.end_quiet()
    assert await state(resident) == "bot"


async def test_a_quiet_conversation_ends_with_the_question_for_a_rating(
    resident: Resident, sweep: Sweep
) -> None:
    await hours_pass(resident)
    await sweep.end_quiet()
    await sweep.end_quiet()
    assert await state(resident) == "closed"
    assert "对您有帮助吗" in (await last_message(resident)).body["text"]
    assert await resident.read(lambda s, c: len(list(s.scalars(select(Rating))))) == 1
    assert (await resident.say(WAGES))["state"] == "bot"


async def test_nothing_lights_up_the_telephone_of_somebody_in_danger(
    gateway: Gateway, fake_engine: FakeEngine, sweep: Sweep
) -> None:
    fake_engine.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("先保护自己")]
    resident = await Resident.arrives(gateway)
    await resident.say("他打我")
    before = (await last_message(resident)).seq
    await hours_pass(resident)
    await sweep.end_quiet()
    assert await state(resident) == "closed"
    assert (await last_message(resident)).seq == before


async def test_whoever_waits_too_long_is_told_and_keeps_the_number(
    resident: Resident, sweep: Sweep
) -> None:
    await resident.say("转人工")
    await hours_pass(resident)
    await sweep.end_quiet()
    assert await state(resident) == "bot"
    ticket = await resident.ticket()
    assert (ticket.state, ticket.waiting_since) == ("open", None)
    assert ticket.owner_desk  # never nobody
    text = (await last_message(resident)).body["text"]
    assert "12348" in text
    assert ticket.number[:4] in text


async def test_a_person_s_conversation_ends_when_the_resident_is_silent(
    resident: Resident, sweep: Sweep
) -> None:
    await resident.say("转人工")
    await resident.operator(desk.claim, LI)
    await hours_pass(resident)
    await sweep.end_quiet()
    assert await state(resident) == "closed"
    ticket = await resident.ticket()
    assert (ticket.state, ticket.owner_name) == ("open", "李莉")
    rating = await resident.read(lambda s, c: s.scalar(select(Rating)))
    assert rating.ending == "person"


async def test_one_broken_conversation_does_not_stop_the_others(
    gateway: Gateway, resident: Resident, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await Resident.arrives(gateway)
    await other.say(WAGES)
    await hours_pass(resident)
    end = sweep._end
    broken: list[str] = []

    def breaks_once(ledger: Any, now: Any) -> None:
        if not broken:
            broken.append(ledger.conversation.id)
            raise ValueError("a bug")
        end(ledger, now)

    monkeypatch.setattr(sweep, "_end", breaks_once)
    await sweep.end_quiet()
    assert sorted([await state(resident), await state(other)]) == ["bot", "closed"]
