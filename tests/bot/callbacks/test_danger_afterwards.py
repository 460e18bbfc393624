"""A call-back was booked, and then the resident tells of a danger: that call comes first."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.callbacks import booking
from bot.callbacks.listing import Line, to_call
from bot.callbacks.tables import Callback
from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger
from bot.tables import Ticket, TicketEvent
from bot.tickets import aside, board
from tests.bot.accounts.people import come_in, hire
from tests.bot.callbacks.test_in_the_chat import another, booked, callbacks, events
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident, nobody_on_duty, texts, values
from tests.bot.duty.office import office
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

VIOLENCE = {**UNDERSTOOD, "urgent": "violence", "trouble": "他又打我", "evidence": ["打我"]}
FIRST = "说到有人受伤害，排在最前；没问过方便不方便，按约好的时间打"


@pytest.fixture
def closed(gateway: Gateway, any_database: Engine) -> Gateway:
    nobody_on_duty(any_database)
    return gateway


async def books(gateway: Gateway, engine: FakeEngine, which: int) -> Resident:
    """Somebody who has booked the half-day `which`."""
    engine.payloads = [UNDERSTOOD, said("好。")]
    arrived = await Resident.arrives(gateway)
    await arrived.say(WAGES)
    await booked(arrived, which)
    return arrived


@pytest.fixture
async def sooner(closed: Gateway, fake_engine: FakeEngine) -> Resident:
    return await books(closed, fake_engine, 0)


@pytest.fixture
async def later(sooner: Resident, closed: Gateway, fake_engine: FakeEngine) -> Resident:
    """Has booked a half-day after that of `sooner`."""
    return await books(closed, fake_engine, 1)


async def in_danger(resident: Resident, engine: FakeEngine, **more: object) -> dict[str, object]:
    engine.payloads = [{**VIOLENCE, **more}, said("先保护自己，马上拨 110。")]
    return await resident.say("他又打我")


async def to_be_called(gateway: Gateway) -> list[Line]:
    return await gateway.look(lambda s: to_call(s, "zhongshan", utcnow()))


async def test_the_call_comes_first_and_says_why(
    sooner: Resident, later: Resident, fake_engine: FakeEngine
) -> None:
    numbers = [(await one.ticket()).number for one in (sooner, later)]
    before = await to_be_called(later.gateway)
    assert [line.number for line in before] == numbers
    assert [line.first for line in before] == [None, None]
    await in_danger(later, fake_engine)
    after = await to_be_called(later.gateway)
    assert [line.number for line in after] == numbers[::-1]
    assert [line.first for line in after] == [FIRST, None]


async def test_it_comes_even_before_a_call_that_is_overdue(
    sooner: Resident, later: Resident, fake_engine: FakeEngine, any_database: Engine
) -> None:
    first = (await sooner.ticket()).id
    with Session(any_database.execution_options(immediate=True)) as session, session.begin():
        long_ago = utcnow().date().replace(year=2020)
        session.execute(update(Callback).where(Callback.ticket_id == first).values(day=long_ago))
    await in_danger(later, fake_engine)
    lines = await to_be_called(later.gateway)
    assert lines[0].number == (await later.ticket()).number
    assert lines[1].overdue


async def test_a_deadline_does_not_come_before_the_others(
    sooner: Resident, later: Resident, fake_engine: FakeEngine
) -> None:
    answer = await in_danger(later, fake_engine, urgent="deadline")
    lines = await to_be_called(later.gateway)
    assert [line.number for line in lines] == [
        (await one.ticket()).number for one in (sooner, later)
    ]
    assert [line.first for line in lines] == [None, None]
    assert [line.urgent for line in lines] == [None, "期限快到"]
    assert "call_safe" not in str(answer)


async def test_the_live_list_has_it_as_urgent_and_its_history_says_why(
    later: Resident, fake_engine: FakeEngine
) -> None:
    live = later.gateway.live
    await live.look(everything=True)
    before = live.since(0).version
    await in_danger(later, fake_engine)
    await live.look()
    changed = [board.line(later.gateway.catalogue, e.row, LI) for e in live.since(before).entries]
    ticket = await later.ticket()
    (line,) = [line for line in changed if line["number"] == ticket.number]
    assert (line["urgent"], line["urgent_name"]) == ("violence", "有人受伤害")
    kinds_and_texts = await later.read(
        lambda s, c: s.execute(
            select(TicketEvent.kind, TicketEvent.text).where(TicketEvent.ticket_id == ticket.id)
        ).all()
    )
    assert tuple(kinds_and_texts[-1]) == ("callback_first", FIRST)
    # told once
    await in_danger(later, fake_engine)
    assert (await events(later)).count("callback_first") == 1


async def test_also_when_the_danger_is_another_trouble(
    sooner: Resident, later: Resident, fake_engine: FakeEngine
) -> None:
    ticket = await later.ticket()
    await later.say("重新开始")
    await in_danger(later, fake_engine)
    lines = await to_be_called(later.gateway)
    assert (lines[0].number, lines[0].first) == (ticket.number, FIRST)
    after = await later.gateway.look(lambda s: s.get_one(Ticket, ticket.id))
    assert after.urgent == "violence"
    assert after.summary[2] == "紧急：有人受伤害（原话里的：打我）"
    assert after.summary[:2] + after.summary[3:] == ticket.summary[:2] + ticket.summary[3:]


async def test_also_when_the_call_has_gone_on_with_another_ticket(
    sooner: Resident, later: Resident, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    target = await another(later)
    number = (await target.ticket()).number
    await later.operator(aside.merge, LI, number, None)
    await in_danger(later, fake_engine)
    lines = await to_be_called(later.gateway)
    assert (lines[0].number, lines[0].first) == (number, FIRST)


async def test_also_a_call_booked_after_an_earlier_danger(
    sooner: Resident, closed: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(closed)
    await in_danger(resident, fake_engine)
    await resident.say("重新开始")
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    await resident.say(WAGES)
    asked = await resident.say("转人工")
    (_, slot, *_) = [value for value in values(asked) if value.startswith("callback:")]
    await resident.tap(slot)
    await resident.say("方便")
    await resident.say("13700137000")
    await resident.say("对")
    lines = await to_be_called(closed)
    assert lines[0].number == (await resident.ticket()).number
    assert lines[0].first == "对话里说过可能有危险，先打这一个"


async def test_nobody_calls_before_it_was_asked_whether_that_is_safe(
    later: Resident, fake_engine: FakeEngine
) -> None:
    answer = await in_danger(later, fake_engine)
    assert "110" in texts(answer).split("\n")[0]  # the safe next step stands first
    assert values(answer) == ["do:call_safe", "do:call_unsafe"]
    assert (await later.ticket()).contact_safe is None
    # said once; what is written next is heard as ever
    assert values(await in_danger(later, fake_engine)) == []


@pytest.mark.parametrize("how", ["不方便", "do:call_unsafe"])
async def test_who_cannot_be_called_is_not_called(
    later: Resident, fake_engine: FakeEngine, how: str
) -> None:
    await in_danger(later, fake_engine)
    await (later.tap(how) if how.startswith("do:") else later.say(how))
    assert [row.state for row in await callbacks(later)] == ["booked", "cancelled"]
    assert (await later.ticket()).contact_safe is False


async def test_who_can_be_called_keeps_their_half_day(
    later: Resident, fake_engine: FakeEngine
) -> None:
    before = (await callbacks(later))[-1]
    await in_danger(later, fake_engine)
    await later.say("方便")
    after = (await callbacks(later))[-1]
    assert (after.state, after.day, after.half) == ("booked", before.day, before.half)
    assert (await later.ticket()).contact_safe is True


async def test_it_is_asked_later_when_another_question_was_open(
    later: Resident, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [VIOLENCE, {"kind": "asking"}, said("先拨 110。您有收入吗？")]
    assert "do:call_safe" not in values(await later.say("他又打我"))
    fake_engine.payloads = [said("记下了。")]
    assert values(await later.say("没有收入")) == ["do:call_safe", "do:call_unsafe"]
    assert values(await later.say("还有什么")) == []


async def test_the_yes_of_who_has_been_called_books_nothing(
    later: Resident, fake_engine: FakeEngine
) -> None:
    await in_danger(later, fake_engine)
    (*_, standing) = await callbacks(later)

    def called(ledger: Ledger, ticket: Ticket) -> None:
        booking.reached(ledger, ticket, ledger.session.get_one(Callback, standing.id), LI)

    await later.operator(called)
    answer = await later.tap("do:call_safe")
    assert [row.state for row in await callbacks(later)] == ["booked", "reached"]
    assert "没有约着的回电" in texts(answer)
    assert (await later.ticket()).contact_safe is True


async def test_who_said_that_calling_is_safe_is_simply_first(
    later: Resident, fake_engine: FakeEngine
) -> None:
    await in_danger(later, fake_engine)
    await later.say("方便")
    assert (await to_be_called(later.gateway))[0].first == "说到有人受伤害，先打这一个"


async def test_operators_are_given_the_order_and_the_reason(
    sooner: Resident, later: Resident, fake_engine: FakeEngine, any_database: Engine
) -> None:
    hire(any_database, "ming", Role.OPERATOR, name="陈明", city_id="zhongshan")
    await in_danger(later, fake_engine)
    async with come_in(office(any_database, later.gateway), "ming") as ming:
        lines = (await ming.get("/api/v1/callbacks")).json()["callbacks"]
    assert [line["first"] for line in lines] == [FIRST, None]
    assert [line["safe"] for line in lines] == [None, None]
