"""What is written into the question for a complaint: supervisors read it, and no operator does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.clock import utcnow
from bot.follow_ups import listing
from bot.follow_ups.complaining import LONGEST
from bot.follow_ups.listing import Wanted
from bot.follow_ups.tables import FollowUp
from bot.gateway.events import Event, Stream
from bot.gateway.gateway import Gateway
from bot.gateway.inbound import Inbound
from bot.hooks import passing
from bot.hooks.systems import System
from bot.tables import Conversation, Inbox, Message, Ticket, TicketEvent
from bot.tickets import board, desk
from bot.tickets.told import what_was_said
from bot.words import words
from knowledge.china import today
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident, texts, values
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

SAID = "话务员李莉骂我是骗子，还挂电话"
MORE = "她昨天也这样"
DANGER = {
    **UNDERSTOOD, "service": "complaint", "matter": "general", "urgent": "threat",
    "trouble": f"{WAGES}。{SAID}", "evidence": [SAID],
}  # fmt: skip
PATIENCE = 20.0


@pytest.fixture
async def resident(gateway: Gateway, fake_engine: FakeEngine) -> Resident:
    """Has told a trouble, waits for a person, and was asked what the complaint is."""
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    arrived = await Resident.arrives(gateway)
    await arrived.say(WAGES)
    await arrived.say("转人工")
    await arrived.tap("complain:hotline")
    return arrived


def lines() -> dict[str, str]:
    found: dict[str, str] = words("tickets")["withheld"]
    return found


async def operators_read(resident: Resident) -> str:
    """Everything that an operator of the city can get hold of, as one text."""
    gateway = resident.gateway

    def read(session: Session) -> list[Any]:
        conversation = session.get_one(Conversation, resident.id)
        ticket = session.get_one(Ticket, conversation.ticket_id)
        talk = board.Talk(conversation.id, ticket.number, 0, None)
        events = select(TicketEvent.text).where(TicketEvent.ticket_id == ticket.id)
        return [
            board.detail(session, gateway.catalogue, ticket, LI),
            board.page(session, gateway.catalogue, LI, None, None).lines,
            [board.operators_shape(message) for message in board.spoken(session, talk, 0)],
            [ticket.trouble, ticket.summary, *session.scalars(events)],
        ]

    found = await gateway.look(read)
    found.append(
        await resident.operator(lambda led, t: passing.body(led, t, System("12345"), None))
    )
    return json.dumps(found, ensure_ascii=False, default=str)


async def transcript(resident: Resident) -> list[str]:
    """The resident's messages as operators read them."""

    def read(session: Session, conversation: Conversation) -> list[str]:
        ticket = session.get_one(Ticket, conversation.ticket_id)
        shown = board.detail(session, resident.gateway.catalogue, ticket, LI)["transcript"]
        return [one["text"] for one in shown if one["author"] == "resident"]

    found: list[str] = await resident.read(read)
    return found


async def own_page(resident: Resident) -> list[str]:
    """The resident's messages as their own page shows them when it is opened again."""
    stream = Stream(resident.gateway, resident.id, None).events()
    count: int = await resident.read(lambda s, c: c.seq)
    async with asyncio.timeout(PATIENCE):
        events: list[Event] = [await anext(stream) for _ in range(count)]
    return [event.data["text"] for event in events if event.data.get("author") == "resident"]


async def complaints(resident: Resident) -> list[FollowUp]:
    found: list[FollowUp] = await resident.read(
        lambda s, c: list(s.scalars(select(FollowUp).order_by(FollowUp.id)))
    )
    return found


async def test_no_operator_reads_a_complaint_and_the_resident_still_does(
    resident: Resident,
) -> None:
    await resident.say(SAID)
    read = await operators_read(resident)
    assert "骗子" not in read
    assert (await transcript(resident))[-1] == lines()["made"]
    assert (await own_page(resident))[-1] == SAID


async def test_supervisors_read_it_in_the_complaint(resident: Resident) -> None:
    await resident.say(SAID)

    def shown(role: Role) -> list[str]:
        boss = StaffMember(
            "id", "ban", "周班", frozenset({role}), "zhongshan", None, None, None, "key"
        )
        return resident.gateway.store.run_now(
            lambda s: [
                line["text"]
                for line in listing.lines(s, resident.gateway.catalogue, boss, Wanted(), today())
            ]
        )

    assert shown(Role.SUPERVISOR) == [SAID]
    assert shown(Role.OPERATOR) == []


async def test_nobody_reads_it_while_it_is_being_answered(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    seen: list[str] = []

    async def look(sender: str, message: str) -> None:
        seen.append(await operators_read(resident))

    fake_engine.before = look
    await resident.say(SAID)
    assert len(seen) == 1
    assert "骗子" not in seen[0]
    assert lines()["writing"] in seen[0]


async def test_what_the_engine_took_for_the_trouble_is_taken_back(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    await resident.say(SAID)
    await resident.say("先不等了")
    await resident.say("要带什么")
    _, slots = fake_engine.told[-1]
    assert (slots["trouble"], slots["service"], slots["matter"]) == (
        WAGES,
        "legal_consultation",
        "labor",
    )


async def test_a_hand_over_does_not_bring_it_back(resident: Resident) -> None:
    await resident.say(SAID)
    await resident.operator(desk.claim, LI)
    slots = await resident.operator(what_was_said)
    assert "骗子" not in str(slots)
    assert lines()["made"] not in str(slots)


async def test_what_tells_of_a_danger_is_urgent_without_its_words(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [DANGER, said("先拨 110。")]
    answer = await resident.say(SAID)
    assert "110" in texts(answer)
    ticket = await resident.ticket()
    assert (ticket.urgent, ticket.trouble, ticket.service) == (
        "threat",
        WAGES,
        "legal_consultation",
    )
    assert "骗子" not in await operators_read(resident)
    assert (await transcript(resident))[-1] == lines()["danger"]
    assert (await own_page(resident))[-1] == SAID
    # it can be registered also by who waits
    assert values(answer) == ["complain:keep"]
    await resident.tap("complain:keep")
    assert [(row.text, row.endangered) for row in await complaints(resident)] == [(SAID, True)]
    assert "骗子" not in await operators_read(resident)


async def test_what_is_too_long_is_not_read_either(resident: Resident) -> None:
    await resident.say(SAID + "长" * LONGEST)
    assert await complaints(resident) == []
    assert "骗子" not in await operators_read(resident)
    assert (await transcript(resident))[-1] == lines()["writing"]


@pytest.mark.parametrize("text", ["取消", "转人工", "查进度"])
async def test_a_way_out_stands_as_it_was_said(resident: Resident, text: str) -> None:
    await resident.say(text)
    assert (await transcript(resident))[-1] == text


async def test_what_is_said_afterwards_stands_as_it_was_said(resident: Resident) -> None:
    await resident.say(SAID)
    await resident.say("还有押金")
    assert (await transcript(resident))[-2:] == [lines()["made"], "还有押金"]


async def test_who_comes_back_later_writes_for_everybody(resident: Resident) -> None:
    def earlier(session: Session) -> None:
        conversation = session.get_one(Conversation, resident.id)
        at = (utcnow() - timedelta(hours=1)).isoformat()
        conversation.awaiting = {**(conversation.awaiting or {}), "at": at}

    await resident.gateway.store.run(earlier)
    await resident.say("还有押金")
    assert (await transcript(resident))[-1] == "还有押金"


async def sent_during(
    resident: Resident, engine: FakeEngine, first: str, then: Callable[[], Any]
) -> list[dict[str, Any]]:
    """Say one thing, and while the engine reads it let another thing happen."""
    going: list[asyncio.Task[dict[str, Any]]] = []

    async def meanwhile(sender: str, message: str) -> None:
        engine.before = None
        going.append(asyncio.ensure_future(then()))
        for _ in range(100):
            await asyncio.sleep(0.01)
            if going[0].done() or await resident.read(_unanswered) > 1:
                return

    engine.before = meanwhile
    answers = [await resident.say(first)]
    answers += [await task for task in going]
    return answers


def claimed_meanwhile(resident: Resident, engine: FakeEngine) -> None:
    """An operator takes the ticket while the engine looks at the next message."""

    async def claims(sender: str, message: str) -> None:
        engine.before = None
        await resident.operator(desk.claim, LI)

    engine.before = claims


def _unanswered(session: Session, conversation: Conversation) -> int:
    open_ones = select(Inbox.id).where(
        Inbox.conversation_id == conversation.id, Inbox.answered_at.is_(None)
    )
    return len(session.scalars(open_ones).all())


async def test_two_messages_in_a_row_are_one_complaint(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    _, second = await sent_during(resident, fake_engine, SAID, lambda: resident.say(MORE))
    assert texts(second) == words("replies")["complaint"]["added"]
    assert [row.text for row in await complaints(resident)] == [f"{SAID}\n{MORE}"]
    read = await operators_read(resident)
    assert "骗子" not in read
    assert MORE not in read
    assert (await own_page(resident))[-2:] == [SAID, MORE]


async def test_what_comes_after_a_cancelled_question_is_shown(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    """It came in while the question still stood, and was none of it."""
    await resident.tap("do:cancel")
    await resident.tap("complain:hotline")

    def gone(session: Session) -> None:
        session.get_one(Conversation, resident.id).awaiting = None

    async def forget(sender: str, message: str) -> None:
        await resident.gateway.store.run(gone)

    fake_engine.before = forget
    await resident.say("还有押金")
    assert (await transcript(resident))[-1] == "还有押金"
    assert await complaints(resident) == []


async def test_a_person_who_comes_meanwhile_does_not_read_it(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    claimed_meanwhile(resident, fake_engine)
    await resident.say(SAID)
    assert [row.text for row in await complaints(resident)] == [SAID]
    assert "骗子" not in await operators_read(resident)


async def test_words_before_the_question_was_told_are_withheld_when_they_are_taken(
    resident: Resident,
) -> None:
    """Written so fast that the tap before was still being answered."""
    await resident.tap("do:cancel")
    gateway = resident.gateway
    tap = Inbound("fast-1", choice="complain:hotline")
    answers = await asyncio.gather(
        gateway.handle(resident.id, tap), gateway.handle(resident.id, Inbound("fast-2", text=SAID))
    )
    assert len(answers) == 2
    assert [row.text for row in await complaints(resident)] == [SAID]
    assert "骗子" not in await operators_read(resident)


async def test_a_complaint_that_is_changed_where_it_was_written_stays_one(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    resident = await Resident.arrives(gateway, channel="telegram", address="42")
    await resident.say(WAGES)
    await resident.say("转人工")
    await resident.tap("complain:hotline")
    await gateway.handle(resident.id, Inbound("m7", text="话务员态度差"))
    await gateway.handle(resident.id, Inbound("e7.1", text=SAID, edits="m7"))
    assert [row.text for row in await complaints(resident)] == [f"话务员态度差\n{SAID}"]
    read = await operators_read(resident)
    assert "骗子" not in read
    assert "态度差" not in read
    bodies = await resident.read(
        lambda s, c: [m.body["text"] for m in s.scalars(select(Message)) if m.author == "resident"]
    )
    assert SAID not in bodies
