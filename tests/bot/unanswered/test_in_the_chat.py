"""A message without an answer is kept masked; of danger, or of a person's work, nothing is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.gateway.gateway import Gateway
from bot.tables import UnansweredQuestion
from bot.tickets import desk
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident
from tests.bot.gateway.test_moves import UNDERSTOOD

ASKED = "我叫张伟，电话13800138000，我家的坟被人挖了"
SIGNAL = {"kind": "unanswered"}


@pytest.fixture
def nothing_found(fake_engine: FakeEngine) -> FakeEngine:
    about = {**UNDERSTOOD, "matter": "tort", "trouble": ASKED}
    fake_engine.payloads = [about, said("按下面的次序去找。"), SIGNAL]
    return fake_engine


async def kept(gateway: Gateway) -> list[UnansweredQuestion]:
    def read(session: Any) -> list[UnansweredQuestion]:
        return list(session.scalars(select(UnansweredQuestion)))

    return await gateway.store.look(read)


async def test_it_is_kept_masked(gateway: Gateway, nothing_found: FakeEngine) -> None:
    resident = await Resident.arrives(gateway, "qingyuan")
    await resident.say(ASKED)
    (row,) = await kept(gateway)
    assert row.text == "我叫某某，电话某号码，我家的坟被人挖了"
    assert (row.city_id, row.matter, row.service) == ("qingyuan", "tort", "legal_consultation")
    assert row.door == "chat"


async def test_a_message_that_comes_twice_is_one_question(
    gateway: Gateway, nothing_found: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    again = Resident(gateway, resident.id, resident.token)
    await resident.say(ASKED)
    await again.say(ASKED)
    assert len(await kept(gateway)) == 1


async def test_what_was_answered_is_not_kept(gateway: Gateway, fake_engine: FakeEngine) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    await (await Resident.arrives(gateway)).say(ASKED)
    assert await kept(gateway) == []


async def test_a_tap_and_a_grunt_are_no_questions(
    gateway: Gateway, nothing_found: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.tap("service:notarization")
    await resident.say("啊这个")
    assert await kept(gateway) == []


async def test_where_there_is_danger_nothing_is_kept(
    gateway: Gateway, nothing_found: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    plain = nothing_found.payloads
    nothing_found.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("先保护自己"), SIGNAL]
    await resident.say("他打我，我家的坟被挖了")
    # nor of what is said later in that conversation
    nothing_found.payloads = plain
    await resident.say(ASKED)
    await resident.say("重新开始")
    await resident.say(ASKED)
    assert await kept(gateway) == []


async def test_what_is_said_to_a_person_is_not_kept(
    gateway: Gateway, nothing_found: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say("转人工")
    await resident.say(ASKED)
    await resident.operator(desk.claim, LI)
    await resident.say(ASKED)
    assert await kept(gateway) == []
