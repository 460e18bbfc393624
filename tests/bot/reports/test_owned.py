"""首问负责: whatever residents and operators do, no ticket is ever nobody's."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger
from bot.gateway.states import WrongMove
from bot.reports.now import unowned
from bot.tables import Ticket
from bot.tickets import aside, colleagues, desk
from bot.tickets.desk import Refused
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, WANG, Resident
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

STEPS = 30
SAID = ("转人工", "转人工", "取消", "你好", "我在古镇", "要工单号", WAGES)
Deed = tuple[Callable[..., Any], tuple[Any, ...]]


def deeds(chance: random.Random) -> Deed:
    """What an operator may try; much of it will be refused."""
    who = chance.choice((LI, WANG))
    other = {LI: "zhiban", WANG: "zhiban"}[who]
    tries: list[Deed] = [
        (desk.claim, (who,)),
        (desk.claim, (who,)),
        (desk.reply, (who, f"c{chance.random()}", "您好")),
        (desk.handback, (who, None)),
        (desk.transfer, (who, None)),
        (desk.close, (who, "answered", None)),
        (aside.suspend, (who, utcnow() + timedelta(days=1), None)),
        (aside.resume, (who,)),
        (colleagues.escalate, (who, "请看")),
        (colleagues.second, (who, other, None)),
        (colleagues.reassign, (who, other, None)),
    ]
    return chance.choice(tries)


@pytest.mark.parametrize("seed", range(4))
async def test_no_path_leaves_a_ticket_to_nobody(
    gateway: Gateway, fake_engine: FakeEngine, seed: int
) -> None:
    chance = random.Random(seed)
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    residents = [await Resident.arrives(gateway) for _ in range(2)]
    done = 0
    for _ in range(STEPS):
        resident = chance.choice(residents)
        if chance.random() < 0.4:
            await resident.say(chance.choice(SAID))
        elif await resident.read(lambda _, conversation: conversation.ticket_id):
            deed, given = deeds(chance)
            with suppress(Refused, WrongMove):
                await resident.operator(deed, *given)
                done += 1
        lost = await gateway.look(lambda s: list(s.scalars(select(Ticket.number).where(unowned()))))
        assert lost == [], f"seed {seed}"
    assert done > 2
    await gateway.forget_older_than(utcnow() + timedelta(days=1))
    lost = await gateway.look(lambda s: list(s.scalars(select(Ticket.number).where(unowned()))))
    assert lost == []


async def test_the_search_finds_one_that_is(gateway: Gateway, fake_engine: FakeEngine) -> None:
    """Otherwise the test above would prove nothing."""
    fake_engine.payloads = [UNDERSTOOD, said("好的。")]
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")

    def lose(ledger: Ledger, ticket: Ticket) -> None:
        ticket.owner_desk = ticket.owner_id = None

    await resident.operator(lose)
    ticket = await resident.ticket()
    found = await gateway.look(lambda s: list(s.scalars(select(Ticket.number).where(unowned()))))
    assert found == [ticket.number]
