"""Nobody on duty: 12348 first, then a call-back or a message; and a call-back that can be kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bot.callbacks.booking import slot_of, with_room
from bot.callbacks.tables import Callback
from bot.clock import utcnow
from bot.duty.staffing import set_hours
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger
from bot.tables import Conversation, Message, Ticket, TicketEvent
from bot.tickets import aside, desk
from bot.words import words
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident, nobody_on_duty, texts, values
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

PHONE = "13800138000"
DANGER = {"type": "notice", "tone": "urgent", "title": "先保护自己", "text": "", "calls": []}


@pytest.fixture
def closed(gateway: Gateway, any_database: Engine) -> Gateway:
    """Nobody is on duty anywhere, and no city has duty hours."""
    nobody_on_duty(any_database)
    return gateway


@pytest.fixture
async def resident(closed: Gateway, fake_engine: FakeEngine) -> Resident:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    arrived = await Resident.arrives(closed)
    await arrived.say(WAGES)
    return arrived


async def endangered(gateway: Gateway, engine: FakeEngine) -> Resident:
    engine.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("先保护自己")]
    arrived = await Resident.arrives(gateway)
    await arrived.say("他打我")
    return arrived


async def callbacks(resident: Resident) -> list[Callback]:
    found: list[Callback] = await resident.read(
        lambda s, c: list(s.scalars(select(Callback).order_by(Callback.id)))
    )
    return found


async def events(resident: Resident) -> list[str]:
    found: list[str] = await resident.read(
        lambda s, c: list(s.scalars(select(TicketEvent.kind).order_by(TicketEvent.id)))
    )
    return found


def times(answer: dict[str, Any]) -> list[str]:
    return [value for value in values(answer) if value.startswith("callback:")]


def numbers(answer: dict[str, Any]) -> list[str]:
    cards = [card for message in answer["messages"] for card in message["cards"]]
    return [call["number"] for card in cards for call in card.get("calls") or ()]


async def booked(resident: Resident, which: int = 0) -> dict[str, Any]:
    asked = await resident.say("转人工")
    await resident.tap(times(asked)[which])
    await resident.say(PHONE)
    return await resident.say("对")


async def test_without_anybody_on_duty_there_is_a_ticket_and_no_queue(resident: Resident) -> None:
    answer = await resident.say("转人工")
    assert answer["state"] == "bot"
    assert answer["ticket"]["queue_position"] is None
    assert answer["ticket"]["number_shown"] in texts(answer)
    assert answer["messages"][0]["cards"][0]["calls"][0]["number"] == "12348"
    assert times(answer)
    assert values(answer)[-1] == "do:write_down"
    assert "下班" not in texts(answer)  # nothing is said of the hotline's hours
    assert "休息" not in texts(answer)
    ticket = await resident.ticket()
    assert (ticket.state, ticket.owner_desk) == ("open", words("tickets")["duty_desk"])
    assert (ticket.waiting_since, ticket.queued_at) == (None, None)
    again = await resident.tap("request:human_handoff")
    assert again["ticket"]["number"] == answer["ticket"]["number"]


async def test_danger_gets_110_and_12348_at_once(closed: Gateway, fake_engine: FakeEngine) -> None:
    resident = await endangered(closed, fake_engine)
    answer = await resident.say("转人工")
    assert numbers(answer) == ["110", "12348"]
    assert answer["messages"][0]["cards"][0]["tone"] == "urgent"


async def test_duty_hours_alone_make_a_queue(resident: Resident) -> None:
    from bot.duty import hours

    await resident.gateway.store.run(
        lambda s: set_hours(s, "zhongshan", hours.ROUND_THE_CLOCK, None, "zhou", utcnow())
    )
    assert (await resident.say("转人工"))["state"] == "waiting"


async def test_a_call_back_needs_a_half_day_and_two_yeses(resident: Resident) -> None:
    asked = await resident.say("转人工")
    answer = await resident.tap(times(asked)[0])
    assert "电话号码" in texts(answer)
    assert "138 0013 8000" in texts(await resident.say(f"{PHONE}，上午打"))
    assert await callbacks(resident) == []  # the second yes has not been said
    answer = await resident.say("对")
    (row,) = await callbacks(resident)
    assert slot_of(row).value == times(asked)[0]
    assert row.state == "booked"
    assert "记下了" in texts(answer)
    assert "12348" in texts(answer)
    assert not any(word in texts(answer) for word in ("一定", "保证"))
    ticket = await resident.ticket()
    assert (ticket.contact, ticket.contact_safe) == ("138 0013 8000", None)
    assert await events(resident) == ["opened", "contact_kept", "callback_booked"]
    assert "已经约了回电" in texts(await resident.say("转人工"))


async def test_another_half_day_moves_the_booking(resident: Resident) -> None:
    await booked(resident)
    asked = await resident.say("转人工")
    answer = await resident.tap(times(asked)[1])  # the number is known: at once
    (row,) = await callbacks(resident)
    assert slot_of(row).value == times(asked)[1]
    assert "记下了" in texts(answer)


@pytest.mark.parametrize("how", ["取消回电", "不用打给我了", "do:cancel_callback"])
async def test_it_can_be_called_off(resident: Resident, how: str) -> None:
    await booked(resident)
    answer = await (resident.tap(how) if how.startswith("do:") else resident.say(how))
    assert "取消了" in texts(answer)
    assert [row.state for row in await callbacks(resident)] == ["cancelled"]
    assert "没有约着" in texts(await resident.say("取消回电"))
    await booked(resident)
    assert [row.state for row in await callbacks(resident)] == ["cancelled", "booked"]


async def test_without_a_number_nothing_is_booked(resident: Resident) -> None:
    asked = await resident.say("转人工")
    await resident.tap(times(asked)[0])
    answer = await resident.tap("do:contact_no")
    assert "不约回电" in texts(answer)
    assert await callbacks(resident) == []
    # nobody is caught in a form: words that are no number are heard
    await resident.tap(times(asked)[0])
    assert texts(await resident.say("他又打我了")) == "按下面的次序去找。"
    await resident.say(PHONE)
    assert await callbacks(resident) == []


async def test_forgetting_the_number_calls_off_the_call(resident: Resident) -> None:
    await booked(resident)
    assert "也取消了" in texts(await resident.say("删掉电话"))
    assert [row.state for row in await callbacks(resident)] == ["cancelled"]


async def test_in_danger_it_is_asked_first_whether_calling_is_safe(
    closed: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await endangered(closed, fake_engine)
    asked = await resident.say("转人工")
    answer = await resident.tap(times(asked)[0])
    assert "方便吗" in texts(answer)
    await resident.say("方便")
    await resident.say(PHONE)
    answer = await resident.say("对")
    assert [row.state for row in await callbacks(resident)] == ["booked"]
    assert (await resident.ticket()).contact_safe is True
    assert numbers(answer) == ["110", "12348"]


@pytest.mark.parametrize("no", ["不方便", "不是", "算了", "do:call_unsafe"])
async def test_not_safe_is_no_call_and_a_kind_word(
    closed: Gateway, fake_engine: FakeEngine, no: str
) -> None:
    resident = await endangered(closed, fake_engine)
    asked = await resident.say("转人工")
    await resident.tap(times(asked)[0])
    answer = await (resident.tap(no) if no.startswith("do:") else resident.say(no))
    assert numbers(answer) == ["110", "12348"]
    assert "不打电话" in texts(answer)
    assert await callbacks(resident) == []
    assert (await resident.ticket()).contact_safe is False
    assert times(await resident.say("转人工")) == []  # not offered again


async def test_an_old_number_is_asked_about_too(closed: Gateway, fake_engine: FakeEngine) -> None:
    resident = await endangered(closed, fake_engine)
    asked = await resident.say("转人工")
    await resident.tap("do:contact")
    await resident.say(PHONE)
    await resident.say("对")
    await resident.tap(times(asked)[0])
    assert await callbacks(resident) == []
    await resident.tap("do:call_safe")
    assert [row.state for row in await callbacks(resident)] == ["booked"]


async def test_a_half_day_that_is_full_or_over_is_not_booked(resident: Resident) -> None:
    asked = await resident.say("转人工")
    await resident.gateway.store.run(lambda s: set_hours(s, "zhongshan", None, 0, "zhou", utcnow()))
    answer = await resident.tap(times(asked)[0])
    assert "约满了" in texts(answer)
    assert times(answer) == []
    assert "约满了" in texts(await resident.tap("callback:2020-01-02:am"))
    assert await callbacks(resident) == []


async def test_the_last_place_goes_to_one_of_two(
    closed: Gateway, fake_engine: FakeEngine, any_database: Engine
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    await closed.store.run(lambda s: set_hours(s, "zhongshan", None, 2, "zhou", utcnow()))
    residents = [await Resident.arrives(closed) for _ in range(6)]
    slot = ""
    for one in residents:
        await one.say(WAGES)
        slot = times(await one.say("转人工"))[0]
        await one.tap(slot)
        await one.say(PHONE)
    answers = await asyncio.gather(*(one.say("对") for one in residents))
    assert sum("记下了" in texts(one) for one in answers) == 2
    assert sum("约满了" in texts(one) for one in answers) == 4
    with Session(any_database) as session:
        assert len(list(session.scalars(select(Callback)))) == 2
        free = with_room(session, "zhongshan", utcnow())
    assert slot not in [one.value for one in free]


async def test_who_waits_and_would_rather_be_called_leaves_the_queue(
    gateway: Gateway, fake_engine: FakeEngine, any_database: Engine
) -> None:
    from bot.gateway.sweep import Sweep
    from bot.settings import Settings

    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    long_ago = utcnow() - timedelta(hours=5)
    with Session(any_database.execution_options(immediate=True)) as session, session.begin():
        session.execute(update(Ticket).values(waiting_since=long_ago))
    await Sweep(gateway, Settings(), frozenset({"web"})).end_quiet()
    last = await resident.read(
        lambda s, c: s.scalars(select(Message).order_by(Message.seq.desc())).first()
    )
    offered = [one["value"] for one in last.body["choices"]]
    assert any(value.startswith("callback:") for value in offered)
    # waiting again, and then booked: out of the queue
    assert (await resident.say("转人工"))["state"] == "waiting"
    slot = next(value for value in offered if value.startswith("callback:"))
    await resident.tap(slot)
    await resident.say(PHONE)
    answer = await resident.say("对")
    assert answer["state"] == "bot"
    assert (await resident.ticket()).state == "open"
    assert (await resident.ticket()).waiting_since is None


async def test_closing_the_ticket_calls_off_the_call(resident: Resident) -> None:
    await booked(resident)
    await resident.operator(desk.close, LI, "answered", None)
    assert [row.state for row in await callbacks(resident)] == ["cancelled"]


async def test_a_call_is_forgotten_with_the_conversation(
    resident: Resident, any_database: Engine
) -> None:
    from bot.gateway.sweep import Sweep
    from bot.settings import Settings

    await booked(resident)
    sweep = Sweep(resident.gateway, Settings(session_days=30), frozenset({"web"}))
    await sweep.forget()
    assert [row.state for row in await callbacks(resident)] == ["booked"]
    with Session(any_database.execution_options(immediate=True)) as session, session.begin():
        session.execute(update(Conversation).values(last_at=utcnow() - timedelta(days=31)))
    await sweep.forget()
    with Session(any_database) as session:
        assert [row.state for row in session.scalars(select(Callback))] == ["cancelled"]
        assert session.scalars(select(Ticket)).one().contact is None


async def test_a_message_is_kept_for_the_operators(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    await resident.say("转人工")
    assert "写在下面" in texts(await resident.tap("do:write_down"))
    answer = await resident.say("老板叫张三，欠我三个月，我有聊天记录")
    assert "记下了" in texts(answer)
    assert "按下面的次序去找" not in texts(answer)
    assert "do:contact" in values(answer)
    fake_engine.away = True
    assert "记下了" in texts(await resident.say("还有一份合同"))
    fake_engine.away = False
    fake_engine.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("", cards=[DANGER])]
    answer = await resident.say("他今天还打了我")
    assert [message["cards"] for message in answer["messages"]] == [[DANGER]]
    assert (await resident.ticket()).urgent == "violence"
    assert (await events(resident)).count("noted") == 3
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    await resident.say("算了")
    assert texts(await resident.say(WAGES)) == "按下面的次序去找。"


async def test_a_person_who_talks_is_not_disturbed_by_old_buttons(
    gateway: Gateway, fake_engine: FakeEngine, any_database: Engine
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    await resident.operator(desk.claim, LI)
    slot = with_room_now(any_database)
    answer = await resident.tap(slot)
    assert answer["messages"] == []  # the person reads it
    assert answer["state"] == "operator"
    assert await callbacks(resident) == []


def with_room_now(database: Engine) -> str:
    with Session(database) as session:
        return with_room(session, "zhongshan", utcnow())[0].value


async def another(resident: Resident, urgent: str = "none") -> Resident:
    """Somebody whose open ticket is of the same trouble."""
    second = await Resident.arrives(resident.gateway)
    await second.say(WAGES)
    await second.say("转人工")

    def so(ledger: Ledger, ticket: Ticket) -> None:
        ticket.urgent = urgent

    await second.operator(so)
    return second


async def test_a_call_that_went_on_with_another_ticket_can_still_be_called_off(
    resident: Resident,
) -> None:
    await booked(resident)
    second = await another(resident)
    await resident.operator(aside.merge, LI, (await second.ticket()).number, None)
    assert (await second.ticket()).contact is not None
    assert "也取消了" in texts(await resident.say("删掉电话"))
    assert [row.state for row in await callbacks(resident)] == ["cancelled"]
    for one in (resident, second):
        assert (await one.ticket()).contact is None


@pytest.mark.parametrize(("urgent", "safe"), [("none", False), ("violence", None)])
async def test_no_call_goes_along_to_where_calling_may_not_be_safe(
    resident: Resident, urgent: str, safe: bool | None
) -> None:
    await booked(resident)
    second = await another(resident, urgent)

    def said_so(ledger: Ledger, ticket: Ticket) -> None:
        ticket.contact_safe = safe

    await second.operator(said_so)
    await resident.operator(aside.merge, LI, (await second.ticket()).number, None)
    assert [row.state for row in await callbacks(resident)] == ["cancelled"]
    after = await second.ticket()
    assert (after.contact, after.contact_safe) == (None, safe)


async def room(resident: Resident, most: int) -> None:
    """So many call-backs fit into each half-day of the city."""
    await resident.gateway.store.run(
        lambda s: set_hours(s, "zhongshan", None, most, "zhou", utcnow())
    )


async def taken_by_another(resident: Resident, slot: str) -> None:
    other = await Resident.arrives(resident.gateway)
    await other.say(WAGES)
    await other.say("转人工")
    await other.tap(slot)
    await other.say("13900139000")
    assert "记下了" in texts(await other.say("对"))


async def test_a_full_half_day_is_said_before_a_number_is_asked_for(resident: Resident) -> None:
    await room(resident, 1)
    asked = await resident.say("转人工")
    first, *others = times(asked)
    await taken_by_another(resident, first)
    answer = await resident.tap(first)
    assert "约满了" in texts(answer)
    assert "电话号码" not in texts(answer)
    assert times(answer) == others


@pytest.mark.parametrize("when", ["before the number", "before the yes"])
async def test_a_number_outlives_the_half_day_it_was_written_for(
    resident: Resident, when: str
) -> None:
    await room(resident, 1)
    asked = await resident.say("转人工")
    first, second, *_ = times(asked)
    await resident.tap(first)
    if when == "before the yes":
        await resident.say(PHONE)
    await taken_by_another(resident, first)
    answer = await resident.say(PHONE if when == "before the number" else "对")
    assert "约满了" in texts(answer)
    assert "138 0013 8000" in texts(answer)
    assert first not in times(answer)
    answer = await resident.tap(second)
    assert "请写下" not in texts(answer)
    if when == "before the number":  # only the second yes keeps it
        assert (await resident.ticket()).contact is None
        answer = await resident.say("对")
    assert "记下了" in texts(answer)
    mine = [one for one in await callbacks(resident) if slot_of(one).value == second]
    assert [one.state for one in mine] == ["booked"]
    assert (await resident.ticket()).contact == "138 0013 8000"


async def test_whether_calling_is_safe_is_asked_of_the_kept_number_too(
    closed: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await endangered(closed, fake_engine)
    await room(resident, 1)
    asked = await resident.say("转人工")
    first, second, *_ = times(asked)
    await resident.tap("do:contact")
    await resident.say(PHONE)
    answer = await resident.tap(first)
    assert "方便吗" in texts(answer)
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    await taken_by_another(resident, first)
    answer = await resident.say("方便")
    assert times(answer)[0] == second  # filled up while it was asked
    answer = await resident.tap(second)
    assert "138 0013 8000" in texts(answer)
    await resident.say("对")
    assert (await resident.ticket()).contact_safe is True
    assert "booked" in [one.state for one in await callbacks(resident)]


async def test_where_nothing_is_left_another_way_is_offered(resident: Resident) -> None:
    asked = await resident.say("转人工")
    await resident.tap(times(asked)[0])
    await room(resident, 0)
    answer = await resident.say(PHONE)
    assert values(answer) == ["do:write_down"]
    assert numbers(answer) == ["12348"]
    assert await callbacks(resident) == []


async def test_another_number_than_the_one_kept_still_leads_to_a_call(resident: Resident) -> None:
    await room(resident, 1)
    asked = await resident.say("转人工")
    first, second, *_ = times(asked)
    await resident.tap(first)
    await taken_by_another(resident, first)
    await resident.say(PHONE)
    await resident.say("13700137000")
    await resident.say("13600136000")
    answer = await resident.say("对")
    assert "还没有约上" in texts(answer)
    assert times(answer)[0] == second
    await resident.tap(second)
    assert (await resident.ticket()).contact == "136 0013 6000"
    assert [one.state for one in await callbacks(resident)] == ["booked", "booked"]
