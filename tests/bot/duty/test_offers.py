"""The rounds: what waits is offered to who is there, goes on when it is not taken, is told once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.duty import offers
from bot.duty.offers import Offers
from bot.duty.presence import Presence
from bot.duty.tables import Duty
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor
from bot.tables import Message, Ticket, TicketEvent
from bot.tickets import desk
from bot.tickets.taken_down import take_down
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident, another_process, nobody_on_duty, on_duty
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

LATE = timedelta(seconds=31)


@pytest.fixture
def rounds(gateway: Gateway) -> Offers:
    return Offers(gateway)


@pytest.fixture
def team(any_database: Engine, gateway: Gateway) -> dict[str, Actor]:
    """Two operators of Zhongshan and nobody else."""
    people = {
        name: on_duty(any_database, name, city_id="zhongshan", name=shown)
        for name, shown in (("li", "李莉"), ("wang", "王强"))
    }
    change(any_database, state=Presence.off, only="account-zhiban")
    return people


def change(database: Engine, only: str | None = None, **values: Any) -> None:
    """Rewrite rows of duty."""
    query = update(Duty).values(**values)
    if only:
        query = query.where(Duty.account_id == only)
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        session.execute(query)


async def waits(
    gateway: Gateway, engine: FakeEngine, city: str = "zhongshan", **understood: Any
) -> Resident:
    """Somebody stands in line."""
    engine.payloads = [{**UNDERSTOOD, **understood}, said("好。")]
    resident = await Resident.arrives(gateway, city)
    await resident.say(WAGES)
    assert (await resident.say("转人工"))["state"] == "waiting"
    return resident


async def offered(resident: Resident) -> str | None:
    return (await resident.ticket()).offered_to


async def kinds(resident: Resident) -> list[str]:
    number = (await resident.ticket()).id
    found: list[str] = await resident.read(
        lambda s, c: list(
            s.scalars(
                select(TicketEvent.kind)
                .where(TicketEvent.ticket_id == number)
                .order_by(TicketEvent.id)
            )
        )
    )
    return found


async def seconds_pass(gateway: Gateway, much: timedelta = LATE) -> None:
    """What was offered or queued is older now."""

    def older(session: Session) -> None:
        for column in (Ticket.offered_at, Ticket.waiting_since, Ticket.taken_at, TicketEvent.at):
            table = column.class_
            for row in session.scalars(select(table).where(column.is_not(None))):
                before: datetime = getattr(row, column.key)
                setattr(row, column.key, before - much)

    await gateway.store.run(older)


async def last_said(resident: Resident) -> Message:
    found: Message = await resident.read(
        lambda s, c: s.scalars(
            select(Message).where(Message.conversation_id == c.id).order_by(Message.seq.desc())
        ).first()
    )
    return found


async def nobody_takes_it(
    gateway: Gateway, rounds: Offers, resident: Resident, people: int
) -> None:
    """Offered to each of them, and let pass."""
    for _ in range(people):
        await rounds.round()
        assert await offered(resident)
        await seconds_pass(gateway)
        await rounds.round()


async def test_one_ticket_goes_to_one_operator_and_on_when_it_is_not_taken(
    gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor], rounds: Offers
) -> None:
    resident = await waits(gateway, fake_engine)
    await rounds.round()
    first = await offered(resident)
    assert first in {one.id for one in team.values()}
    await rounds.round()
    assert await offered(resident) == first  # not before its time
    await seconds_pass(gateway)
    await rounds.round()
    await rounds.round()
    second = await offered(resident)
    assert second in {one.id for one in team.values()} - {first}
    assert await kinds(resident) == ["opened", "queued", "offered", "not_taken", "offered"]
    # first claim wins, also of somebody to whom it is not offered; the offer is over
    other = next(one for one in team.values() if one.id == first)
    await resident.operator(desk.claim, other)
    ticket = await resident.ticket()
    assert (ticket.offered_to, ticket.owner_id) == (None, first)
    await rounds.round()
    assert await offered(resident) is None


async def test_when_all_have_let_it_pass_the_resident_is_told_once_and_it_begins_anew(
    gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor], rounds: Offers
) -> None:
    resident = await waits(gateway, fake_engine)
    await nobody_takes_it(gateway, rounds, resident, len(team))
    message = await last_said(resident)
    assert "腾不开" in message.body["text"]
    assert "12348" in message.body["text"]
    assert message.body["cards"][0]["calls"][0]["number"] == "12348"
    assert any(one["value"].startswith("callback:") for one in message.body["choices"])
    assert (await resident.read(lambda s, c: c.state)) == "waiting"
    assert await offered(resident) is None  # it rests a while
    assert (await resident.ticket()).passed_by == []
    await seconds_pass(gateway)
    await nobody_takes_it(gateway, rounds, resident, len(team))
    assert (await last_said(resident)).seq == message.seq  # once a wait


async def test_declining_hands_it_to_the_next_at_once(
    gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor], rounds: Offers
) -> None:
    resident = await waits(gateway, fake_engine)
    await rounds.round()
    first = await offered(resident)
    who = next(one for one in team.values() if one.id == first)
    await resident.operator(offers.pass_on, who)
    await rounds.round()
    assert await offered(resident) not in (None, first)


async def test_capacity_city_skill_and_town(
    gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor], any_database: Engine,
    rounds: Offers,
) -> None:  # fmt: skip
    change(any_database, at_once=1)
    change(any_database, only=team["wang"].id, skills=["notarization"])
    elsewhere = Resident(gateway, (await gateway.open("qingyuan")).conversation_id, None)
    fake_engine.payloads = [UNDERSTOOD, said("好。")]
    await elsewhere.say(WAGES)
    on_duty(any_database, "qing", city_id="qingyuan", skills=["notarization"])
    await elsewhere.say("转人工")
    first, second = [await waits(gateway, fake_engine) for _ in range(2)]
    deed = await waits(gateway, fake_engine, service="notarization", region="442000106")
    for _ in range(3):
        await rounds.round()
    assert await offered(first) == team["li"].id
    assert await offered(second) is None  # li has room for one, wang does other things
    assert await offered(deed) == team["wang"].id
    assert await offered(elsewhere) is None  # nobody there does that
    change(any_database, only=team["wang"].id, skills=[], regions=["442000106"], at_once=2)
    await rounds.round()
    assert await offered(second) is None  # another town
    change(any_database, only=team["wang"].id, regions=["442000118"])
    await rounds.round()
    assert await offered(second) == team["wang"].id


async def test_a_call_that_waits_for_its_end_takes_no_room(
    rounds: Offers, gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor],
    any_database: Engine,
) -> None:  # fmt: skip
    change(any_database, state=Presence.off, only=team["wang"].id)
    change(any_database, at_once=1, only=team["li"].id)

    def by_telephone(session: Session) -> None:
        ledger, _ = take_down(
            session, gateway.catalogue, channel="phone", city_id="zhongshan", understood={},
            said="欠薪", operator=team["li"], now=utcnow(),
        )  # fmt: skip
        ledger.save()

    await gateway.store.run(by_telephone)
    resident = await waits(gateway, fake_engine)
    await rounds.round()
    assert await offered(resident) == team["li"].id


async def test_danger_is_offered_first(
    gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor], any_database: Engine,
    rounds: Offers,
) -> None:  # fmt: skip
    change(any_database, at_once=1)
    change(any_database, only=team["wang"].id, state=Presence.away)
    calm = await waits(gateway, fake_engine)
    urgent = await waits(gateway, fake_engine, urgent="violence")
    await rounds.round()
    assert await offered(calm) is None
    assert await offered(urgent) == team["li"].id


async def test_an_operator_who_goes_away_loses_what_was_offered(
    gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor], any_database: Engine,
    rounds: Offers,
) -> None:  # fmt: skip
    resident = await waits(gateway, fake_engine)
    await rounds.round()
    first = await offered(resident)
    change(any_database, only=first, seen_at=utcnow() - timedelta(minutes=5))
    await rounds.round()
    await rounds.round()
    assert await offered(resident) not in (None, first)


async def test_who_waits_where_nobody_is_any_more_is_told(
    gateway: Gateway, fake_engine: FakeEngine, any_database: Engine, rounds: Offers
) -> None:
    resident = await waits(gateway, fake_engine, urgent="violence")
    nobody_on_duty(any_database)
    await rounds.tell()
    before = await last_said(resident)
    assert "腾不开" not in before.body["text"]  # not at once
    await seconds_pass(gateway)
    await rounds.tell()
    await rounds.tell()
    after = await last_said(resident)
    assert after.seq == before.seq + 1
    numbers = [call["number"] for card in after.body["cards"] for call in card["calls"]]
    assert numbers == ["110", "12348"]


async def test_two_processes_offer_a_ticket_once_and_nobody_beyond_their_room(
    gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor], any_database: Engine
) -> None:
    change(any_database, at_once=2)
    residents = [await waits(gateway, fake_engine) for _ in range(7)]
    both = [Offers(gateway), Offers(another_process(gateway, fake_engine))]
    for _ in range(3):
        await asyncio.gather(*(one.round() for one in both))
    given = [await offered(resident) for resident in residents]
    for one in team.values():
        assert given.count(one.id) == 2
    events = [await kinds(resident) for resident in residents]
    assert sum(found.count("offered") for found in events) == 4


async def test_an_offer_is_decided_again_when_it_is_made(
    gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor], any_database: Engine
) -> None:
    resident = await waits(gateway, fake_engine)
    li, wang = team["li"].id, team["wang"].id

    async def give(operator: str | None) -> bool:
        return bool(await gateway.write(resident.id, lambda led: offers.give(led, operator or "")))

    change(any_database, only=li, state=Presence.away)
    assert not await give(li)
    change(any_database, only=wang, at_once=1)
    busy = await waits(gateway, fake_engine)
    await busy.operator(desk.claim, team["wang"])
    assert not await give(wang)
    assert not await give("nobody")
    change(any_database, only=li, state=Presence.on)
    assert await give(li)
    assert not await give(li)  # twice
    await resident.say("先不等了")
    assert await offered(resident) is None
    assert not await give(li)


async def test_a_full_team_costs_three_small_looks(
    gateway: Gateway, fake_engine: FakeEngine, team: dict[str, Actor], any_database: Engine,
    rounds: Offers,
) -> None:  # fmt: skip
    change(any_database, at_once=1)
    residents = [await waits(gateway, fake_engine) for _ in range(4)]
    await rounds.round()
    seen: list[str] = []

    def count(_c: Any, _k: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(any_database, "before_cursor_execute", count)
    await rounds.round()
    event.remove(any_database, "before_cursor_execute", count)
    assert len([one for one in seen if one.lstrip().upper().startswith("SELECT")]) <= 4
    assert len([one for one in residents if await offered(one)]) == 2
