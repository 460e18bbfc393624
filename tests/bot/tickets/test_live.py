"""The live list: every console hears of every change once, of its own city, and nobody's words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clock import iso, utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor, Ledger
from bot.tables import Ticket
from bot.tickets import aside, board, colleagues, desk, live
from bot.tickets.live import LiveBoard
from bot.tickets.states import Event
from bot.tickets.stream import ConsoleEvent, ConsoleStream
from bot.tickets.summary import NOT_URGENT
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, WANG, Resident, another_process
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

SECONDS = 5


async def admitted() -> bool:
    return True


class Console:
    """One operator's stream, read event by event; nothing more may come than is asked for."""

    def __init__(self, gateway: Gateway, operator: Actor, city: str | None = None) -> None:
        catalogue = gateway._catalogue.current()
        self.stream = ConsoleStream(gateway, catalogue, operator, city, admitted)
        self.events: AsyncIterator[ConsoleEvent] = self.stream.events()

    async def next(self, kind: str | None = None) -> ConsoleEvent:
        """The next event (of a kind)."""
        async with asyncio.timeout(SECONDS):
            while True:
                event = await anext(self.events)
                if kind in (None, event.kind):
                    return event

    async def hears(self, of: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next changed line that fits."""
        while True:
            event = await self.next("changes")
            for line in event.data["lines"]:
                if of(line):
                    found: dict[str, Any] = line
                    return found


@pytest.fixture
async def living(gateway: Gateway, fake_engine: FakeEngine) -> AsyncIterator[Gateway]:
    """A gateway whose list is kept."""
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    task = asyncio.create_task(gateway.live.run())
    yield gateway
    task.cancel()


async def waits(gateway: Gateway, city: str = "zhongshan") -> tuple[Resident, str]:
    resident = await Resident.arrives(gateway, city)
    await resident.say(WAGES)
    answer = await resident.say("转人工")
    return resident, answer["ticket"]["number"]


async def test_the_whole_list_comes_first_and_then_only_what_changed(living: Gateway) -> None:
    _, first = await waits(living)
    await living.live.look()
    zhou = Console(living, LI)
    whole = await zhou.next()
    assert whole.kind == "tickets"
    assert [line["number"] for line in whole.data["tickets"]] == [first]
    resident, second = await waits(living)
    line = await zhou.hears(lambda line: line["number"] == second)
    assert line["state"] == "waiting"
    await resident.operator(desk.claim, WANG)
    line = await zhou.hears(lambda line: line["number"] == second and line["state"] == "taken")
    assert line["owner"] == {"kind": "person", "name": "王强", "mine": False}
    await resident.operator(desk.close, WANG, "answered", None)
    while not (event := await zhou.next("changes")).data["gone"]:
        pass
    assert event.data["gone"] == [second]


async def test_an_operator_of_one_city_never_hears_of_another(living: Gateway) -> None:
    _, ours = await waits(living, "qingyuan")
    await waits(living, "zhongshan")
    await living.live.look()
    console = Console(living, LI, "qingyuan")
    whole = await console.next()
    assert [line["number"] for line in whole.data["tickets"]] == [ours]
    await waits(living, "zhongshan")
    _, later = await waits(living, "qingyuan")
    event = await console.next("changes")
    assert {line["number"] for line in event.data["lines"]} == {later}


async def test_words_arrive_once_in_order_and_only_with_whom_they_were_said_to(
    living: Gateway,
) -> None:
    one, first = await waits(living)
    other, second = await waits(living)
    await living.live.look()
    li, wang = Console(living, LI), Console(living, WANG)
    await li.next("tickets")
    await wang.next("tickets")
    await one.operator(desk.claim, LI)
    await other.operator(desk.claim, WANG)
    # said before either console has heard that the ticket is theirs
    wanted = [f"第{n}句" for n in range(12)]
    for text in wanted:
        await one.say(text)
        await other.say(text + "。")
    for console, number, end in ((li, first, ""), (wang, second, "。")):
        heard: list[str] = []
        while len(heard) < len(wanted):
            event = await console.next("message")
            assert event.data["number"] == number
            if event.data["message"]["author"] == "resident":
                heard.append(event.data["message"]["text"])
        assert heard == [text + end for text in wanted]


async def test_what_another_process_does_is_heard_at_the_next_look(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    await gateway.live.look(everything=True)
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    elsewhere = another_process(gateway, fake_engine)
    _, number = await waits(elsewhere)
    await gateway.live.look()
    changes = gateway.live.since(0)
    assert [entry.ticket.number for entry in changes.entries] == [number]


async def test_a_burst_larger_than_a_look_is_seen_whole(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "OVERLAP", 4)
    monkeypatch.setattr(live, "AT_ONCE", 3)
    await gateway.live.look(everything=True)
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    numbers = {(await waits(gateway))[1] for _ in range(12)}
    await gateway.live.look()
    assert {entry.ticket.number for entry in gateway.live.since(0).entries} == numbers


@pytest.mark.parametrize(
    "asked", ["suspended", "escalated", "second", "urgent", "unjudged", "unjudged, had", "nothing"]
)
async def test_old_tickets_that_somebody_is_to_look_at_stay_in_the_list(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr(live, "OPEN_SHOWN", 1)
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    old, first = await waits(gateway)
    await old.operator(desk.claim, LI)
    await old.operator(desk.handback, LI, None)
    if asked == "suspended":
        await old.operator(aside.suspend, LI, utcnow() + timedelta(days=2), None)
    elif asked == "escalated":
        await old.operator(colleagues.escalate, LI, "请看一下")
    elif asked == "second":

        def look(ledger: Ledger, ticket: Ticket, operator: Actor) -> None:
            ticket.second_id, ticket.second_name = WANG.id, WANG.display

        await old.operator(look, LI)
    elif asked in ("urgent", "unjudged", "unjudged, had"):

        def danger(ledger: Ledger, ticket: Ticket, operator: Actor) -> None:
            ticket.urgent = "violence" if asked == "urgent" else NOT_URGENT
            ticket.urgent_judged = asked == "urgent"
            if asked == "unjudged":
                ledger.owned_by_desk(ticket)

        await old.operator(danger, LI)
    newer = []
    for _ in range(2):
        resident, number = await waits(gateway)
        await resident.tap("do:back")
        newer.append(number)
    await gateway.live.look(everything=True)
    listed = {entry.ticket.number for entry in gateway.live.since(0).entries}
    assert listed == {newer[-1], *([first] if asked not in ("nothing", "unjudged, had") else [])}


async def stands_open(gateway: Gateway, city: str = "zhongshan") -> tuple[Resident, str]:
    """Nobody waits, nobody has it."""
    resident, number = await waits(gateway, city)
    await resident.tap("do:back")
    return resident, number


async def page(
    gateway: Gateway, after: str | None, city: str | None = None, limit: int = 1
) -> tuple[list[str], str | None]:
    """The next of the open tickets, as a console reads on."""
    found = await gateway.look(
        lambda s: board.page(
            s, gateway.catalogue, LI, city, "open", newest=True, limit=limit, after=after
        )
    )
    return [line["number"] for line in found.lines], found.next


async def test_what_is_not_in_the_list_is_counted_and_can_be_read_on(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "OPEN_SHOWN", 2)
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    numbers = [(await stands_open(gateway))[1] for _ in range(5)]
    await stands_open(gateway, "qingyuan")
    await gateway.live.look(everything=True)
    whole = await Console(gateway, WANG, "zhongshan").next("tickets")
    assert whole.data["open"] == 5
    read = [line["number"] for line in whole.data["tickets"]]
    assert set(read) == {numbers[-1]}  # the other one of the two is another city's
    older = whole.data["older"]
    while older:
        more, older = await page(gateway, older, "zhongshan")
        read += more
    assert sorted(read) == sorted(numbers)


async def test_who_has_a_ticket_keeps_it_in_sight(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "OPEN_SHOWN", 1)
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    old, number = await waits(gateway)
    await old.operator(desk.claim, LI)
    await old.operator(desk.handback, LI, None)
    _, newest = await stands_open(gateway)
    await gateway.live.look(everything=True)
    for operator, listed in ((LI, {number, newest}), (WANG, {newest})):
        whole = await Console(gateway, operator).next("tickets")
        assert {line["number"] for line in whole.data["tickets"]} == listed
        assert whole.data["open"] == 2


async def test_newer_tickets_push_none_away_that_a_console_has(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "OPEN_SHOWN", 1)
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    old, first = await stands_open(gateway)
    await gateway.live.look(everything=True)
    console = Console(gateway, WANG)
    assert len((await console.next("tickets")).data["tickets"]) == 1
    _, second = await stands_open(gateway)
    await gateway.live.look(everything=True)
    event = await console.next("changes")
    assert ([line["number"] for line in event.data["lines"]], event.data["gone"]) == ([second], [])
    assert event.data["open"] == 2
    # not in the list any more, and heard of all the same: by whoever has read it page by page too
    assert {entry.ticket.number for entry in gateway.live.since(0).entries} == {second}

    def goes_on(ledger: Ledger, ticket: Ticket) -> None:
        ticket.trouble = "还有一件事"
        ledger.note(ticket, Event.noted, LI)

    await old.operator(goes_on)
    await gateway.live.look()
    assert [line["number"] for line in (await console.next("changes")).data["lines"]] == [first]
    late = Console(gateway, WANG)
    await gateway.live.look(everything=True)
    assert len((await late.next("tickets")).data["tickets"]) == 1
    await old.operator(desk.close, LI, "answered", None)
    await gateway.live.look()
    for one in (console, late):
        event = await one.next("changes")
        assert (event.data["gone"], event.data["open"]) == ([first], 1)


async def test_who_goes_to_another_city_is_lost_there_and_found_here(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    resident, number = await waits(gateway)
    await waits(gateway)  # who was behind
    _, ahead = await waits(gateway, "qingyuan")
    await gateway.live.look(everything=True)
    before, after, both = (Console(gateway, WANG, city) for city in ("zhongshan", "qingyuan", None))
    for console in (before, after, both):
        await console.next("tickets")
    await resident.tap("city:qingyuan")
    await gateway.live.look()
    event = await before.next("changes")
    assert (event.data["lines"], event.data["gone"]) == ([], [number])
    for console in (after, both):
        event = await console.next("changes")
        assert event.data["gone"] == []
        (line,) = event.data["lines"]
        assert (line["number"], line["city"], line["place"]) == (number, "qingyuan", None)
    assert [gateway.live.ahead_of(one) for one in (number, ahead)] == [0, 1]  # waits longer


async def test_a_console_that_reads_on_loses_what_goes_to_another_city(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "OPEN_SHOWN", 1)
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    resident, number = await stands_open(gateway)
    await stands_open(gateway)
    await gateway.live.look(everything=True)
    before, elsewhere = (Console(gateway, WANG, city) for city in ("zhongshan", "qingyuan"))
    assert number not in str((await before.next("tickets")).data)
    await elsewhere.next("tickets")
    await resident.tap("city:qingyuan")
    await resident.say("转人工")
    await gateway.live.look()
    event = await before.next("changes")
    assert (event.data["gone"], event.data["open"]) == ([number], 1)
    event = await elsewhere.next("changes")
    assert ([line["number"] for line in event.data["lines"]], event.data["gone"]) == ([number], [])


async def test_who_has_been_away_too_long_begins_anew(
    living: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident, _ = await waits(living)
    await living.live.look()
    known = living.live.since(0).version
    assert not living.live.since(known).entries
    monkeypatch.setattr(living.live, "_oldest_gone", known + 1)
    changes = living.live.since(known)
    assert changes.anew
    assert len(changes.entries) == 1
    await resident.operator(desk.claim, LI)


DEEDS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["claim", "transfer", "handback", "close", "back", "ask"]),
    ),
    max_size=14,
)


@given(deeds=DEEDS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_list_kept_is_the_list_read_anew_and_places_are_true(
    deeds: list[tuple[int, str]],
    gateway: Gateway,
    fake_engine: FakeEngine,
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]

    async def play() -> None:
        residents = [(await waits(gateway))[0] for _ in range(4)]
        kept = LiveBoard(gateway.store, gateway.hub)
        await kept.look(everything=True)
        for which, deed in deeds:
            resident = residents[which]
            try:
                if deed == "ask":
                    await resident.say("转人工")
                elif deed == "back":
                    await resident.tap("do:back")
                elif deed == "close":
                    await resident.operator(desk.close, LI, "answered", None)
                elif deed == "claim":
                    await resident.operator(desk.claim, LI)
                else:
                    await resident.operator(getattr(desk, deed), LI, None)
            except desk.Refused:
                pass
            await kept.look()
        fresh = LiveBoard(gateway.store, gateway.hub)
        await fresh.look(everything=True)

        def lines(board: LiveBoard) -> dict[str, tuple[object, ...]]:
            return {entry.ticket.number: entry.values for entry in board.since(0).entries}

        assert lines(kept) == lines(fresh)
        for entry in kept.since(0).entries:
            conversation_id = entry.ticket.conversation_id
            assert conversation_id

            def place(ledger: Ledger, id_: int = entry.ticket.id) -> int | None:
                return ledger.queue_position(ledger.session.get_one(Ticket, id_))

            assert kept.ahead_of(entry.ticket.number) == await gateway.write(conversation_id, place)

    asyncio.run(play())


async def test_who_is_passed_on_is_not_late_at_once(living: Gateway) -> None:
    """The old place in the queue is kept; the clock of the wait begins anew."""
    resident, number = await waits(living)
    await resident.operator(desk.claim, LI)
    await living.live.look()
    console = Console(living, WANG)
    await console.next("tickets")
    await resident.operator(desk.transfer, LI, None)
    line = await console.hears(lambda line: line["number"] == number and line["sla"])
    ticket = await resident.ticket()
    assert ticket.taken_at is not None
    assert line["waiting_since"] == iso(ticket.opened_at)
    assert line["sla"]["broken_at"] > iso(ticket.taken_at)
