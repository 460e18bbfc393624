"""A resident chooses another city: whose queue they wait in, and what becomes of who had them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bot.callbacks.booking import with_room
from bot.callbacks.tables import Callback
from bot.clock import utcnow
from bot.duty.staffing import set_hours
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger
from bot.tables import Conversation, Message, Ticket, TicketEvent
from bot.tickets import desk
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident, nobody_on_duty, on_duty, texts, values
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

HERE, THERE = "zhongshan", "qingyuan"
PHONE = "13800138000"


@pytest.fixture
async def resident(gateway: Gateway, fake_engine: FakeEngine, any_database: Engine) -> Resident:
    """Has been waiting for ten minutes."""
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    arrived = await Resident.arrives(gateway, HERE)
    await arrived.say(WAGES)
    await arrived.say("转人工")
    with Session(any_database.execution_options(immediate=True)) as session, session.begin():
        session.execute(update(Ticket).values(waiting_since=utcnow() - timedelta(minutes=10)))
    return arrived


async def events(resident: Resident) -> list[tuple[str, str, str | None]]:
    found: list[tuple[str, str, str | None]] = await resident.read(
        lambda s, c: [
            (event.kind, event.actor, event.text)
            for event in s.scalars(
                select(TicketEvent)
                .where(TicketEvent.ticket_id == c.ticket_id)
                .order_by(TicketEvent.id)
            )
        ]
    )
    return found


async def callback(resident: Resident) -> Callback:
    found: Callback = await resident.read(
        lambda s, c: s.scalars(select(Callback).where(Callback.ticket_id == c.ticket_id)).one()
    )
    return found


async def first_in(gateway: Gateway, city: str) -> Resident:
    other = await Resident.arrives(gateway, city)
    await other.say(WAGES)
    await other.say("转人工")
    return other


async def test_who_waits_goes_along_and_has_waited_as_long(
    resident: Resident, gateway: Gateway
) -> None:
    before = await resident.ticket()
    newer = await first_in(gateway, THERE)
    answer = await resident.tap(f"city:{THERE}")
    assert "清远市" in texts(answer)
    assert "排在最前面" in texts(answer)
    assert (answer["state"], answer["ticket"]["queue_position"]) == ("waiting", 0)
    assert "do:back" in values(answer)
    ticket = await resident.ticket()
    assert (ticket.number, ticket.city_id) == (before.number, THERE)
    assert (ticket.waiting_since, ticket.queued_at) == (before.waiting_since, before.queued_at)
    assert (await events(resident))[-1] == (
        "city_changed", "resident", "中山市 → 清远市，等候的时间照算",
    )  # fmt: skip
    assert (await newer.say("转人工"))["ticket"]["queue_position"] == 1


async def test_the_old_place_does_not_go_along(resident: Resident) -> None:
    assert (await resident.ticket()).region_id == UNDERSTOOD["region"]
    await resident.tap(f"city:{THERE}")
    ticket = await resident.ticket()
    assert ticket.region_id is None
    assert not any("中山" in line for line in ticket.summary)
    assert (ticket.matter, ticket.trouble) == ("labor", WAGES)


async def test_the_same_city_again_changes_nothing(resident: Resident) -> None:
    before = await events(resident)
    await resident.tap(f"city:{HERE}")
    assert await events(resident) == before
    assert (await resident.ticket()).region_id == UNDERSTOOD["region"]


async def test_there_and_back_is_where_it_began(resident: Resident) -> None:
    before = await resident.ticket()
    await resident.tap(f"city:{THERE}")
    await resident.tap(f"city:{HERE}")
    ticket = await resident.ticket()
    assert (ticket.city_id, ticket.waiting_since) == (HERE, before.waiting_since)


async def test_what_was_offered_to_somebody_is_offered_no_more(resident: Resident) -> None:
    def offer(ledger: Ledger, ticket: Ticket) -> None:
        ticket.offered_to, ticket.offered_at = "account-zhiban", utcnow()

    await resident.operator(offer)
    await resident.tap(f"city:{THERE}")
    ticket = await resident.ticket()
    assert (ticket.offered_to, ticket.offered_at) == (None, None)


@pytest.mark.parametrize(("serves", "keeps"), [(HERE, False), (None, True)])
async def test_who_had_it_before_keeps_it_only_where_they_serve(
    resident: Resident, any_database: Engine, serves: str | None, keeps: bool
) -> None:
    ming = on_duty(any_database, "ming", city_id=serves, name="陈明")
    await resident.operator(desk.claim, ming)
    await resident.operator(desk.handback, ming, None)

    def asked(ledger: Ledger, ticket: Ticket) -> None:
        ticket.second_id, ticket.second_name = ming.id, ming.display

    await resident.operator(asked)
    await resident.say("转人工")
    await resident.tap(f"city:{THERE}")
    ticket = await resident.ticket()
    assert ticket.city_id == THERE
    assert (ticket.owner_name == "陈明") is keeps
    assert (ticket.second_name == "陈明") is keeps
    assert bool(ticket.owner_desk) is not keeps
    assert ticket.responsible_name == "陈明"  # 首问负责


async def test_who_talks_with_them_keeps_them_and_is_told(
    resident: Resident, any_database: Engine
) -> None:
    ming = on_duty(any_database, "ming", city_id=HERE, name="陈明")
    await resident.operator(desk.claim, ming)
    answer = await resident.tap(f"city:{THERE}")
    assert answer["state"] == "operator"
    last: Message = await resident.read(
        lambda s, c: s.scalars(select(Message).order_by(Message.seq.desc())).first()
    )
    assert last.author == "system"
    assert "清远市" in last.body["text"]
    ticket = await resident.ticket()
    assert (ticket.city_id, ticket.owner_name, ticket.state) == (HERE, "陈明", "taken")
    assert (await events(resident))[-1][2] == "中山市 → 清远市；正在通话，工单没有转走"
    # given away, they wait here; one more tap, and they wait there
    await resident.operator(desk.transfer, ming, None)
    await resident.tap(f"city:{THERE}")
    assert (await resident.ticket()).city_id == THERE


async def test_an_open_ticket_stays_until_they_ask_for_a_person(resident: Resident) -> None:
    await resident.tap("do:back")
    await resident.tap(f"city:{THERE}")
    assert (await resident.ticket()).city_id == HERE
    assert (await events(resident))[-1][2] == "中山市 → 清远市；工单还在中山市"
    answer = await resident.say("转人工")
    assert answer["state"] == "waiting"
    assert (await resident.ticket()).city_id == THERE


async def test_where_nobody_is_they_do_not_wait_for_nobody(
    resident: Resident, any_database: Engine
) -> None:
    nobody_on_duty(any_database)
    on_duty(any_database, "ming", city_id=HERE)
    answer = await resident.tap(f"city:{THERE}")
    assert (answer["state"], answer["ticket"]["queue_position"]) == ("bot", None)
    assert "12348" in texts(answer)
    assert any(value.startswith("callback:") for value in values(answer))
    ticket = await resident.ticket()
    assert (ticket.city_id, ticket.state, ticket.waiting_since) == (THERE, "open", None)
    assert [kind for kind, *_ in await events(resident)][-2:] == ["city_changed", "nobody_there"]
    # back in the first city somebody is there
    await resident.tap(f"city:{HERE}")
    assert (await resident.say("转人工"))["state"] == "waiting"


async def test_danger_is_kept_before_their_eyes(
    gateway: Gateway, fake_engine: FakeEngine, any_database: Engine
) -> None:
    fake_engine.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("先保护自己")]
    resident = await Resident.arrives(gateway, HERE)
    await resident.say("他打我")
    await resident.say("转人工")
    answer = await resident.tap(f"city:{THERE}")
    assert first_call(answer) == "110"
    assert (await resident.ticket()).urgent == "violence"
    nobody_on_duty(any_database)
    assert first_call(await resident.tap(f"city:{HERE}")) == "110"


def first_call(answer: dict[str, Any]) -> str:
    cards = [card for message in answer["messages"] for card in message["cards"]]
    number: str = next(call["number"] for card in cards for call in card.get("calls") or ())
    return number


@pytest.mark.parametrize("full", [False, True])
async def test_a_call_that_was_booked_goes_along_where_it_fits(
    resident: Resident, any_database: Engine, full: bool
) -> None:
    with Session(any_database) as session:
        slot = with_room(session, HERE, utcnow())[-1].value
    await resident.tap(slot)
    await resident.say(PHONE)
    await resident.say("对")
    await resident.say("转人工")
    if full:
        await resident.gateway.store.run(lambda s: set_hours(s, THERE, None, 0, "zhou", utcnow()))
    answer = await resident.tap(f"city:{THERE}")
    assert answer["state"] == "waiting"
    booked = await callback(resident)
    assert (booked.city_id, booked.state) == ((HERE, "cancelled") if full else (THERE, "booked"))
    assert ("先取消了" in texts(answer)) is full
    assert "约满了" not in texts(answer)
    assert "点下面的时间" not in texts(answer)  # nothing fits there


async def test_who_loses_a_call_can_choose_another_one_there(
    resident: Resident, any_database: Engine
) -> None:
    with Session(any_database) as session:
        slot = with_room(session, HERE, utcnow())[-1]
    for step in (resident.tap(slot.value), resident.say(PHONE), resident.say("对")):
        await step
    await resident.say("转人工")
    await resident.gateway.store.run(lambda s: set_hours(s, THERE, None, 1, "zhou", utcnow()))
    other = await Resident.arrives(resident.gateway, THERE)
    await other.say(WAGES)
    await other.say("转人工")
    for step in (other.tap(slot.value), other.say("13900139000"), other.say("对")):
        await step
    answer = await resident.tap(f"city:{THERE}")
    assert "点下面的时间" in texts(answer)
    assert any(value.startswith("callback:") for value in values(answer))


async def test_a_place_of_the_old_city_does_not_come_back(
    resident: Resident, gateway: Gateway
) -> None:
    await resident.tap("do:back")

    def moved(ledger: Ledger, ticket: Ticket) -> None:
        # as a poster's code says it, with what was told before still known
        ledger.conversation.city_id = THERE
        assert (ledger.conversation.understood or {})["region"] == UNDERSTOOD["region"]

    await resident.operator(moved)
    await resident.say("转人工")
    ticket = await resident.ticket()
    assert (ticket.city_id, ticket.region_id) == (THERE, None)
    assert not any("中山" in line for line in ticket.summary)


async def test_without_a_ticket_the_old_place_is_forgotten_too(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    resident = await Resident.arrives(gateway, HERE)
    await resident.say(WAGES)
    await resident.tap(f"city:{THERE}")
    await resident.say("转人工")
    ticket = await resident.ticket()
    assert (ticket.city_id, ticket.region_id) == (THERE, None)
    assert await resident.read(lambda s, c: s.get_one(Conversation, c.id).city_id) == THERE
