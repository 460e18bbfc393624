"""Why it was 不满意: who follows it up reads it there, and nobody in the transcript."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.follow_ups.complaining import LONGEST
from bot.follow_ups.tables import FollowUp
from bot.gateway.gateway import Gateway
from bot.gateway.inbound import Inbound
from bot.tables import Message, Rating
from bot.tickets import desk
from bot.words import words
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident, texts, values
from tests.bot.follow_ups.test_in_the_chat import closed_by_li, rate
from tests.bot.follow_ups.test_withheld import lines, operators_read, sent_during, transcript
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

SAID = "李莉说话像吵架，问什么都不耐烦"
DANGER = {**UNDERSTOOD, "urgent": "violence", "evidence": ["又打我"]}


@pytest.fixture
async def resident(gateway: Gateway, fake_engine: FakeEngine) -> Resident:
    """Was answered by a person, was not satisfied, and was asked why; messages can be changed."""
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    arrived = await Resident.arrives(gateway, channel="telegram", address="42")
    await arrived.say(WAGES)
    await closed_by_li(arrived)
    (why,) = values(await rate(arrived, "dissatisfied"))
    await arrived.tap(why)
    return arrived


async def write(resident: Resident, text: str, message: str = "m7", **more: Any) -> dict[str, Any]:
    return await resident.gateway.handle(resident.id, Inbound(message, text=text, **more))


async def kept_as(resident: Resident) -> list[str]:
    found: list[str] = await resident.read(
        lambda s, c: list(s.scalars(select(FollowUp.text).order_by(FollowUp.id)))
    )
    return found


async def own_words(resident: Resident) -> list[str]:
    """What the resident's own page shows in place of the neutral line."""

    def read(session: Session, _: object) -> list[str]:
        rows = session.scalars(select(Message).order_by(Message.seq))
        return [row.body["own_words"] for row in rows if "own_words" in row.body]

    found: list[str] = await resident.read(read)
    return found


async def test_no_operator_reads_why(resident: Resident) -> None:
    answer = await write(resident, SAID)
    assert texts(answer) == words("replies")["complaint"]["thanks"]
    assert await kept_as(resident) == [SAID]
    assert "吵架" not in await operators_read(resident)
    assert (await transcript(resident))[-1] == lines()["why"]
    assert await own_words(resident) == [SAID]


async def test_nobody_reads_it_when_a_person_comes_again(resident: Resident) -> None:
    await write(resident, SAID)
    await resident.say("转人工")
    await resident.operator(desk.claim, LI)
    assert "吵架" not in await operators_read(resident)


async def test_a_danger_right_after_it_is_read_by_whoever_comes(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [DANGER, said("先保护自己，马上拨 110。")]
    await sent_during(resident, fake_engine, "他又打我", lambda: resident.say("我躲在楼下小卖部"))
    read = await operators_read(resident)
    assert "他又打我" in read
    assert "我躲在楼下小卖部" in read


async def test_without_the_engine_it_is_kept_too(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    fake_engine.away = True
    answer = await write(resident, SAID)
    assert words("replies")["complaint"]["thanks"] in texts(answer)
    assert await kept_as(resident) == [SAID]
    assert "吵架" not in await operators_read(resident)


async def test_who_would_rather_not_say_writes_for_everybody_again(resident: Resident) -> None:
    await resident.tap("do:cancel")
    await write(resident, "押金不退怎么办")
    assert (await transcript(resident))[-1] == "押金不退怎么办"
    assert await kept_as(resident) == [""]


async def test_after_a_long_change_the_next_trouble_is_answered(resident: Resident) -> None:
    await write(resident, "态度差")
    await write(resident, "长" * (LONGEST + 1), "e7", edits="m7")
    await write(resident, SAID, "e8", edits="m7")
    assert await kept_as(resident) == [SAID]
    answer = await write(resident, "押金不退怎么办", "m9")
    assert texts(answer) == "按下面的次序去找。"


async def test_a_button_of_long_ago_promises_no_reader(resident: Resident) -> None:
    await resident.tap("do:cancel")
    await resident.gateway.store.run(lambda s: s.execute(update(FollowUp).values(state="closed")))
    rating = await resident.read(lambda s, c: s.scalar(select(Rating.id)))
    answer = await resident.tap(f"complain:why:{rating}")
    assert texts(answer) == words("replies")["complaint"]["why_late"]


async def test_what_is_said_afterwards_stands_as_it_was_said(resident: Resident) -> None:
    await write(resident, SAID)
    await resident.say("还有押金")
    assert (await transcript(resident))[-1] == "还有押金"


async def test_a_change_where_it_stands_is_the_new_reason(resident: Resident) -> None:
    await write(resident, "态度差")
    await resident.say("转人工")
    await resident.operator(desk.claim, LI)
    answer = await write(resident, SAID, "e7", edits="m7")
    assert words("replies")["complaint"]["thanks"] in texts(answer)
    assert await kept_as(resident) == [SAID]
    read = await operators_read(resident)
    assert "吵架" not in read
    assert "态度差" not in read


async def test_what_somebody_has_settled_stays_as_it_was(resident: Resident) -> None:
    await write(resident, "态度差")
    await resident.gateway.store.run(lambda s: s.execute(update(FollowUp).values(state="closed")))
    answer = await write(resident, SAID, "e7", edits="m7")
    assert texts(answer) == words("replies")["complaint"]["why_late"]
    assert await kept_as(resident) == ["态度差"]
    assert "吵架" not in await operators_read(resident)


async def test_too_long_is_asked_for_again_and_read_by_nobody(resident: Resident) -> None:
    answer = await write(resident, SAID + "长" * LONGEST)
    assert values(answer) == ["do:cancel"]
    assert "吵架" not in await operators_read(resident)
    await write(resident, SAID, "m8")
    assert await kept_as(resident) == [SAID]
    await write(resident, SAID + "长" * LONGEST, "e8", edits="m8")
    await write(resident, SAID + "，就这样", "m9")
    assert await kept_as(resident) == [SAID + "，就这样"]
    assert "吵架" not in await operators_read(resident)


async def test_a_danger_is_for_whoever_comes(resident: Resident, fake_engine: FakeEngine) -> None:
    """Also in what was changed: safety comes before whose words they are."""
    await write(resident, SAID)
    fake_engine.payloads = [DANGER, said("先保护自己，马上拨 110。")]
    answer = await write(resident, "他又打我", "e7", edits="m7")
    assert "110" in texts(answer)
    assert "他又打我" in await operators_read(resident)
    assert await kept_as(resident) == [SAID]
