"""Nobody has judged how urgent it is: until the engine has heard it, or a person has read it."""

from __future__ import annotations

from bot.gateway.danger import endangered
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor, Ledger
from bot.tables import Ticket
from bot.tickets import corrections, desk, judging
from bot.tickets.corrections import Axis
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, WANG, Resident
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES
from tests.bot.tickets.test_deeds import events, reason

UNJUDGED = "紧急：没有判断，请先问安不安全"


async def position(resident: Resident) -> int | None:
    """How many wait before them."""

    def ahead(ledger: Ledger, ticket: Ticket, _: Actor) -> int | None:
        return ledger.queue_position(ticket)

    found: int | None = await resident.operator(ahead, LI)
    return found


async def test_who_sorts_it_has_not_judged_how_urgent_it_is(gateway: Gateway) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say("转人工")
    await resident.operator(corrections.correct, LI, {Axis.service: "legal_aid"})
    ticket = await resident.ticket()
    assert (ticket.service, ticket.urgent_judged) == ("legal_aid", False)
    assert ticket.summary[2] == UNJUDGED


async def test_what_a_person_has_read_is_open_no_more(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    resident = await Resident.arrives(gateway)
    fake_engine.away = True
    await resident.say(WAGES)
    await resident.say("转人工")
    await resident.operator(desk.claim, LI)
    await resident.operator(desk.handback, LI, None)
    assert (await resident.ticket()).urgent_judged is False
    fake_engine.away = False
    await resident.say("要带什么")
    assert (await resident.ticket()).urgent_judged is True
    # what was said since, unheard, nobody has read
    fake_engine.away = True
    await resident.say("他在门口")
    fake_engine.away = False
    await resident.say("还要带什么")
    assert (await resident.ticket()).urgent_judged is False


async def test_who_reads_of_a_danger_says_so_at_once(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    first, second = await Resident.arrives(gateway), await Resident.arrives(gateway)
    for resident in (first, second):
        fake_engine.payloads = [UNDERSTOOD, said("好。")]
        await resident.say(WAGES)
        await resident.say("转人工")
    assert (await second.ticket()).urgent_judged
    assert await position(second) == 1
    await second.operator(judging.judge, LI, "violence")
    ticket = await second.ticket()
    assert (ticket.urgent, ticket.urgent_judged) == ("violence", True)
    assert ticket.summary[2] == "紧急：有人受伤害"
    assert await position(second) == 0
    assert [event for event in await events(second) if event[0] == "judged"] == [
        ("judged", "没有 → 有人受伤害", "li")
    ]
    # of somebody in danger nothing is kept, and the next message does not undo it
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    await second.say("先不等了")
    await second.say(WAGES)
    assert (await second.ticket()).urgent == "violence"
    assert await second.read(lambda s, c: endangered(c.understood))


async def test_that_it_is_not_urgent_says_only_who_has_it(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [UNDERSTOOD | {"urgent": "violence", "evidence": ["打我"]}, said("好。")]
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    assert "打我" in (await resident.ticket()).summary[2]
    for kind in ("none", "deadline"):
        assert await reason(resident, judging.judge, LI, kind) == "judge_not_asked"
    assert await reason(resident, judging.judge, LI, "violence") == "correct_same"
    await resident.operator(desk.claim, LI)
    assert await reason(resident, judging.judge, WANG, "none") == "judge_not_asked"
    await resident.operator(judging.judge, LI, "none")
    ticket = await resident.ticket()
    assert (ticket.urgent, ticket.urgent_judged) == ("none", True)
    assert ticket.summary[2] == "紧急：没有"
    # nothing comes to light by itself all the same
    assert await resident.read(lambda s, c: endangered(c.understood))
    await resident.operator(desk.handback, LI, None)
    fake_engine.payloads = [UNDERSTOOD | {"urgent": "threat", "evidence": ["杀了我"]}, said("好。")]
    await resident.say("他说要杀了我")
    assert (await resident.ticket()).urgent == "threat"


async def test_what_nobody_has_judged_is_judged_by_who_asked(gateway: Gateway) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say("转人工")
    assert await reason(resident, judging.judge, LI, "none") == "judge_not_asked"
    await resident.operator(desk.claim, LI)
    await resident.operator(judging.judge, LI, "none")
    ticket = await resident.ticket()
    assert (ticket.urgent_judged, ticket.summary[2]) == (True, "紧急：没有")
    assert (await events(resident))[-1] == ("judged", "没有判断过 → 没有", "li")
    await resident.operator(desk.close, LI, "answered", None)
    assert await reason(resident, judging.judge, LI, "threat") == "ticket_closed"


async def test_an_older_ticket_is_judged_without_the_trouble_of_now(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    old = await resident.ticket()
    await resident.say("先不等了")
    await resident.say("换一件事")
    await resident.say(WAGES)

    def judge(ledger: Ledger) -> None:
        judging.judge(ledger, ledger.session.get_one(Ticket, old.id), LI, "threat")

    await resident.gateway.write(resident.id, judge)
    after = await resident.read(lambda s, c: s.get_one(Ticket, old.id))
    assert (after.urgent, after.summary[2]) == ("threat", "紧急：受到威胁")
    assert after.summary[:2] == old.summary[:2]
    assert await resident.read(lambda s, c: endangered(c.understood))
    assert (await resident.read(lambda s, c: c.understood)).get("urgent", "none") == "none"
