"""Complaints where something goes wrong: bursts, an engine that is away, a person who comes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.follow_ups import complaining
from bot.follow_ups.complaining import LONGEST
from bot.follow_ups.tables import FollowUp
from bot.gateway.gateway import Gateway
from bot.gateway.inbound import Inbound
from bot.gateway.sweep import Sweep
from bot.settings import Settings
from bot.tables import Conversation, Inbox, Message
from bot.tickets import desk
from bot.words import words
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident, another_process, texts, values
from tests.bot.follow_ups.test_withheld import (
    DANGER,
    MORE,
    SAID,
    claimed_meanwhile,
    complaints,
    lines,
    operators_read,
    resident,
    sent_during,
    transcript,
)
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES
from tests.bot.gateway.test_recovery import WEB, killed_while_answering, time_passes

__all__ = ["resident"]
HEARD = [DANGER, said("先拨 110。")]
CALM = [UNDERSTOOD, said("按下面的次序去找。")]


async def kept_as(resident: Resident) -> list[str]:
    return [row.text for row in await complaints(resident)]


async def change(resident: Resident, work: Any) -> None:
    await resident.gateway.store.run(work)


@pytest.fixture
async def typist(gateway: Gateway, fake_engine: FakeEngine) -> Resident:
    """As `resident`, where messages can be changed after they are sent."""
    fake_engine.payloads = CALM
    arrived = await Resident.arrives(gateway, channel="telegram", address="42")
    await arrived.say(WAGES)
    await arrived.say("转人工")
    await arrived.tap("complain:hotline")
    return arrived


# ---------------------------------------------------------------- judged or not


async def test_a_complaint_that_the_engine_did_not_see_is_not_judged(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    assert (await resident.ticket()).urgent_judged
    fake_engine.away = True
    await resident.say(SAID)
    assert await kept_as(resident) == [SAID]
    assert not (await resident.ticket()).urgent_judged


async def test_a_complaint_alone_that_the_engine_saw_is_judged(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = CALM
    arrived = await Resident.arrives(gateway)
    await arrived.tap("complain:hotline")
    await arrived.say(SAID)
    ticket = await arrived.ticket()
    assert (ticket.urgent, ticket.urgent_judged) == ("none", True)


async def test_beside_a_person_a_complaint_that_the_engine_did_not_see_is_not_judged(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    async def claims(sender: str, message: str) -> None:
        await resident.operator(desk.claim, LI)
        fake_engine.away = True

    fake_engine.before = claims
    await resident.say(SAID)
    assert await kept_as(resident) == [SAID]
    assert not (await resident.ticket()).urgent_judged


async def test_an_answer_that_failed_was_judged_by_nobody(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_engine.payloads = CALM
    arrived = await Resident.arrives(gateway)
    await arrived.say(WAGES)

    def fails(*given: Any) -> None:
        raise RuntimeError("scripted")

    with monkeypatch.context() as broken:
        broken.setattr(complaining, "take", fails)
        assert texts(await arrived.say("他说要找人来")) == words("replies")["apology"]
    assert (await arrived.read(lambda s, c: c.understood))["judged"] is False


# ---------------------------------------------------------------- dangerous words reach somebody


@pytest.mark.parametrize("second", [CALM, HEARD])
async def test_what_follows_a_danger_at_once_is_registered_with_it(
    resident: Resident, fake_engine: FakeEngine, second: list[dict[str, Any]]
) -> None:
    fake_engine.payloads = HEARD

    async def again() -> dict[str, Any]:
        asking = asyncio.ensure_future(resident.say(MORE))
        await asyncio.sleep(0.3)
        return await asking

    async def then_the_second(sender: str, message: str) -> None:
        if message == MORE:
            fake_engine.payloads = second

    first_one = sent_during(resident, fake_engine, SAID, again)
    task = asyncio.ensure_future(first_one)
    while fake_engine.before is not None or not fake_engine.calls:
        await asyncio.sleep(0.01)
    fake_engine.before = then_the_second
    answers = await task
    assert values(answers[-1]) == ["complain:keep"]
    await resident.tap("complain:keep")
    assert await kept_as(resident) == [f"{SAID}\n{MORE}"]
    read = await operators_read(resident)
    assert "骗子" not in read
    assert MORE not in read


@pytest.mark.parametrize("way", ["say", "contact", "claim"])
async def test_a_danger_can_be_registered_after_something_else(
    resident: Resident, fake_engine: FakeEngine, way: str
) -> None:
    fake_engine.payloads = HEARD
    await resident.say(SAID)
    fake_engine.payloads = CALM
    if way == "claim":
        await resident.operator(desk.claim, LI)
    else:
        await (resident.say("要带什么") if way == "say" else resident.tap("do:contact"))
    made = texts(await resident.tap("complain:keep"))
    assert await kept_as(resident) == [SAID]
    assert (await resident.ticket()).number[:4] in made
    await resident.tap("complain:keep")
    assert len(await complaints(resident)) == 1


async def test_a_danger_beside_a_person_is_answered_and_can_be_registered(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    claimed_meanwhile(resident, fake_engine)
    fake_engine.payloads = HEARD
    answer = await resident.say(SAID)
    assert values(answer) == ["complain:keep"]
    assert [card["tone"] for one in answer["messages"] for card in one["cards"]] == ["urgent"]
    assert (await resident.ticket()).urgent == "threat"
    await resident.tap("complain:keep")
    assert await kept_as(resident) == [SAID]
    assert "骗子" not in await operators_read(resident)
    # other taps about complaints are for the person to read
    assert (await resident.tap("complain:begin"))["messages"] == []


async def test_nothing_of_a_danger_is_cut_off(resident: Resident, fake_engine: FakeEngine) -> None:
    first, more = "长" * (LONGEST - 3), "他说要来打我"

    async def heard(sender: str, message: str) -> None:
        if message == more:
            fake_engine.payloads = HEARD

    async def add() -> dict[str, Any]:
        fake_engine.before = heard
        return await resident.say(more)

    await sent_during(resident, fake_engine, first, add)
    assert await kept_as(resident) == [f"{first}\n{more}"]
    assert (await complaints(resident))[0].endangered


# ---------------------------------------------------------------- another version


async def registered_long_ago(resident: Resident) -> None:
    await resident.gateway.handle(resident.id, Inbound("m7", text=SAID))
    assert await kept_as(resident) == [SAID]
    ago = timedelta(minutes=31)

    def earlier(session: Session) -> None:
        row = session.scalars(select(Inbox).where(Inbox.channel_message_id == "m7")).one()
        asked = row.body["asked"]
        row.body = {**row.body, "asked": {**asked, "at": (utcnow() - ago).isoformat()}}

    await change(resident, earlier)


async def test_a_late_change_stays_in_the_complaint(typist: Resident) -> None:
    await registered_long_ago(typist)
    changed = f"{SAID}，周二的事"
    await typist.gateway.handle(typist.id, Inbound("e7", text=changed, edits="m7"))
    assert await kept_as(typist) == [f"{SAID}\n{changed}"]
    assert "骗子" not in await operators_read(typist)
    assert (await typist.read(lambda s, c: c.understood))["trouble"] == WAGES


@pytest.mark.parametrize("who", ["bot", "person"])
async def test_a_change_after_it_is_closed_is_read_by_nobody(typist: Resident, who: str) -> None:
    await registered_long_ago(typist)
    await change(typist, lambda s: s.execute(update(FollowUp).values(state="closed")))
    if who == "person":
        await typist.operator(desk.claim, LI)
    changed = f"{SAID}，周二的事"
    answer = await typist.gateway.handle(typist.id, Inbound("e7", text=changed, edits="m7"))
    assert words("replies")["complaint"]["edited_late"] in texts(answer)
    assert await kept_as(typist) == [SAID]
    assert "骗子" not in await operators_read(typist)
    assert (await transcript(typist))[-1] == lines()["writing"]


async def test_a_change_leaves_another_question_open(typist: Resident) -> None:
    await registered_long_ago(typist)
    await typist.tap("complain:lawyer")
    await typist.gateway.handle(typist.id, Inbound("e7", text=f"{SAID}。", edits="m7"))
    await typist.say("律师不接电话")
    assert await kept_as(typist) == [f"{SAID}\n{SAID}。", "律师不接电话"]


async def test_what_was_no_complaint_does_not_become_one_by_a_change(
    typist: Resident, fake_engine: FakeEngine
) -> None:
    def gone(session: Session) -> None:
        session.get_one(Conversation, typist.id).awaiting = None

    async def forget(sender: str, message: str) -> None:
        fake_engine.before = None
        await typist.gateway.store.run(gone)

    fake_engine.before = forget
    await typist.gateway.handle(typist.id, Inbound("m8", text="还有押金"))
    assert (await transcript(typist))[-1] == "还有押金"
    await typist.tap("complain:hotline")
    await typist.say(SAID)
    await typist.gateway.handle(typist.id, Inbound("e8", text="还有押金没退", edits="m8"))
    assert await kept_as(typist) == [SAID]
    assert (await transcript(typist))[-1] == "还有押金没退"


async def test_what_was_too_long_may_be_shortened_where_it_stands(typist: Resident) -> None:
    await typist.gateway.handle(typist.id, Inbound("m9", text=SAID + "长" * LONGEST))
    await typist.gateway.handle(typist.id, Inbound("e9", text=SAID, edits="m9"))
    assert await kept_as(typist) == [SAID]


# ---------------------------------------------------------------- a person comes


async def told(resident: Resident) -> list[str]:
    found: list[str] = await resident.read(
        lambda s, c: [
            m.body["text"]
            for m in s.scalars(select(Message).order_by(Message.seq))
            if m.author != "resident"
        ]
    )
    return found


async def test_who_is_about_to_complain_is_told_that_the_person_reads_it(
    resident: Resident,
) -> None:
    await resident.operator(desk.claim, LI)
    assert words("replies")["handoff"]["complaint_open"] in await told(resident)


@pytest.mark.parametrize("before", ["nothing", "cancelled", "registered", "on its way"])
async def test_who_is_not_is_told_nothing_of_it(
    resident: Resident, fake_engine: FakeEngine, before: str
) -> None:
    if before == "cancelled":
        await resident.tap("do:cancel")
    elif before == "registered":
        await resident.say(SAID)
    elif before == "on its way":
        claimed_meanwhile(resident, fake_engine)
        await resident.say(SAID)
    else:
        await resident.tap("do:cancel")
        await resident.say("要带什么")
    if before != "on its way":
        await resident.operator(desk.claim, LI)
    assert words("replies")["handoff"]["complaint_open"] not in await told(resident)


async def test_too_long_beside_a_person_is_not_asked_for_again(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    claimed_meanwhile(resident, fake_engine)
    answer = await resident.say(SAID + "长" * LONGEST)
    assert words("replies")["handoff"]["complaint_open"] in texts(answer)
    assert values(answer) == []
    assert "骗子" not in await operators_read(resident)


# ---------------------------------------------------------------- found too late


async def test_a_complaint_that_is_found_too_late_is_registered(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    await killed_while_answering(resident, fake_engine, SAID)
    await time_passes(resident, timedelta(minutes=40))
    await Sweep(another_process(resident.gateway, fake_engine), Settings(), WEB).recover()
    assert await kept_as(resident) == [SAID]
    assert (await transcript(resident))[-1] == lines()["made"]
    assert not (await resident.ticket()).urgent_judged
    assert await resident.read(lambda s, c: c.awaiting) is None
    assert "110" in (await told(resident))[-1]


async def test_a_complaint_in_time_is_one_also_when_its_answer_is_late(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    """The question was open when the message came, and is not any more."""

    def earlier(session: Session) -> None:
        conversation = session.get_one(Conversation, resident.id)
        asked = conversation.awaiting or {}
        conversation.awaiting = {**asked, "at": (utcnow() - timedelta(hours=1)).isoformat()}

    async def time_goes_by(sender: str, message: str) -> None:
        fake_engine.before = None
        await resident.gateway.store.run(earlier)

    fake_engine.before = time_goes_by
    await resident.say(SAID)
    assert await kept_as(resident) == [SAID]
    assert "骗子" not in await operators_read(resident)
