"""A person takes over: first accept wins, the bot is silent, and knows afterwards what was said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger
from bot.gateway.states import WrongMove
from bot.gateway.sweep import Sweep
from bot.settings import Settings
from bot.tables import Message, Rating, Ticket, TicketEvent, Transition
from bot.tickets import desk
from bot.tickets.desk import Refused
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, WANG, Resident, texts, values
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

Deeds = tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...]


@pytest.fixture
async def waiting(gateway: Gateway, fake_engine: FakeEngine) -> Resident:
    """Has told a trouble and waits for a person."""
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    fake_engine.calls.clear()
    return resident


async def test_of_two_who_take_it_at_once_one_has_it_and_the_other_is_told_who(
    waiting: Resident,
) -> None:
    results = await asyncio.gather(
        waiting.operator(desk.claim, LI), waiting.operator(desk.claim, WANG), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, Refused)]
    assert len(refused) == 1
    ticket = await waiting.ticket()
    assert refused[0].values == {"owner": ticket.owner_name}
    assert ticket.state == "taken"
    assert ticket.owner_id in (LI.id, WANG.id)
    assert ticket.owner_desk is None
    winner = LI if ticket.owner_id == LI.id else WANG
    await waiting.operator(desk.claim, winner)  # a second click of the same person is no error
    moves = await waiting.read(
        lambda s, c: [
            (t.before, t.after, t.actor)
            for t in s.scalars(select(Transition).order_by(Transition.id))
        ]
    )
    assert moves == [("bot", "waiting", "resident"), ("waiting", "operator", winner.name)]


async def test_the_bot_is_silent_while_a_person_holds_the_conversation(
    waiting: Resident, fake_engine: FakeEngine
) -> None:
    await waiting.operator(desk.claim, LI)
    for text in ("你好", "转人工", "取消", "我在古镇", "26111234567", "不是这个意思", "再见"):
        answer = await waiting.say(text)
        assert answer["messages"] == []
        assert answer["state"] == "operator"
    assert (await waiting.send(location=(22.5, 113.4)))["messages"] == []
    assert (await waiting.send(media="photo"))["messages"] == []
    assert fake_engine.calls == []
    last = await waiting.read(
        lambda s, c: s.scalars(select(Message).order_by(Message.seq.desc())).first()
    )
    assert last.body["text"] == "[发来图片，这里看不到]"


async def test_an_operator_s_words_arrive_once(waiting: Resident) -> None:
    await waiting.operator(desk.claim, LI)
    first = await waiting.operator(desk.reply, LI, "c1", "您好，我看到您说的了。")
    again = await waiting.operator(desk.reply, LI, "c1", "您好，我看到您说的了。")
    assert (first.seq, first.body) == (again.seq, again.body)
    assert (first.author, first.author_name) == ("operator", "李莉")
    with pytest.raises(Refused):
        await waiting.operator(desk.reply, WANG, "c1", "我也来")


async def test_on_hand_back_the_bot_knows_what_was_said(
    waiting: Resident, fake_engine: FakeEngine
) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.say("我搬到古镇镇了")
    await waiting.operator(desk.reply, LI, "c1", "那您去古镇的司法所更近。")
    await waiting.say("押金也没退")
    await waiting.operator(desk.handback, LI, "已说明材料")
    answer = await waiting.say("最近的在哪里")
    assert answer["state"] == "bot"
    assert texts(answer) == "按下面的次序去找。"
    sender, slots = fake_engine.told[-1]
    assert sender == waiting.id
    assert slots["region_id"] == "442000105"
    assert (slots["matter"], slots["shown"]) == ("labor", None)
    assert "押金也没退" in slots["trouble"]
    ticket = await waiting.ticket()
    assert (ticket.state, ticket.owner_name) == ("open", "李莉")  # 首问负责
    await waiting.say("要带什么")
    assert len(fake_engine.told) == 1  # told once


async def test_what_was_said_before_a_transfer_is_known_too(
    waiting: Resident, fake_engine: FakeEngine
) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.say("我搬到古镇镇了")
    await waiting.operator(desk.transfer, LI, None)
    await waiting.operator(desk.claim, WANG)
    await waiting.say("押金也没退")
    await waiting.operator(desk.handback, WANG, None)
    await waiting.say("最近的在哪里")
    _, slots = fake_engine.told[-1]
    assert slots["region_id"] == "442000105"
    assert "押金也没退" in slots["trouble"]


async def test_an_engine_that_was_away_is_told_later(
    waiting: Resident, fake_engine: FakeEngine
) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.say("我搬到古镇镇了")
    await waiting.operator(desk.handback, LI, None)
    fake_engine.away = True
    assert "12348" in texts(await waiting.say("最近的在哪里"))
    fake_engine.away = False
    await waiting.say("最近的在哪里")
    assert [slots["region_id"] for _, slots in fake_engine.told] == ["442000105"] * 2


async def test_closing_asks_for_a_rating_and_the_next_word_opens_again(waiting: Resident) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.operator(desk.close, LI, "referred", "转劳动仲裁")
    closed = await waiting.read(
        lambda s, c: list(s.scalars(select(Message).order_by(Message.seq)))[-1]
    )
    scores = [choice["value"] for choice in closed.body["choices"]]
    answer = await waiting.tap(scores[0])
    assert answer["state"] == "closed"  # rating is no new conversation
    rating = await waiting.read(lambda s, c: s.scalar(select(Rating)))
    assert (rating.ending, rating.platform, rating.score) == ("person", "network", "satisfied")
    ticket = await waiting.ticket()
    assert (ticket.state, ticket.outcome, ticket.outcome_note) == (
        "closed",
        "referred",
        "转劳动仲裁",
    )
    assert rating.ticket_id == ticket.id
    assert "已办结（已转介到窗口）" in texts(await waiting.say("查进度"))
    answer = await waiting.say(WAGES)
    assert answer["state"] == "bot"
    assert answer["ticket"] is None
    again = await waiting.say("转人工")
    assert again["ticket"]["number"] != ticket.number  # one ticket a trouble


async def test_passing_on_puts_the_resident_first_in_line(waiting: Resident) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.operator(desk.transfer, LI, "涉及公证")
    ticket = await waiting.ticket()
    assert (ticket.state, ticket.owner_id) == ("waiting", None)
    assert ticket.owner_desk
    assert ticket.waiting_since == ticket.opened_at
    await waiting.operator(desk.claim, WANG)
    assert (await waiting.ticket()).owner_name == "王强"


async def test_only_who_holds_it_may_speak_or_give_it_away(waiting: Resident) -> None:
    speaking: Deeds = (
        (desk.reply, ("c", "好")),
        (desk.handback, (None,)),
        (desk.transfer, (None,)),
    )
    closing: Deeds = ((desk.close, ("answered", None)),)
    for deed, more in speaking:
        with pytest.raises(Refused):
            await waiting.operator(deed, LI, *more)
    await waiting.operator(desk.claim, LI)
    for deed, more in (*speaking, *closing):
        with pytest.raises(Refused):
            await waiting.operator(deed, WANG, *more)
    await waiting.operator(desk.close, LI, "answered", None)
    for deed, more in (*speaking, *closing, (desk.claim, ())):
        with pytest.raises(Refused):
            await waiting.operator(deed, LI, *more)


async def test_a_note_is_for_colleagues_only(waiting: Resident) -> None:
    before = await waiting.read(lambda s, c: c.seq)
    await waiting.operator(desk.note, LI, "先问清合同")
    assert await waiting.read(lambda s, c: c.seq) == before
    events = await waiting.read(
        lambda s, c: [(e.kind, e.text) for e in s.scalars(select(TicketEvent))]
    )
    assert ("noted", "先问清合同") in events


async def test_a_resident_who_leaves_is_not_written_to(waiting: Resident) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.gateway.leave(str(waiting.token))
    with pytest.raises(Refused) as refused:
        await waiting.operator(desk.reply, LI, "c1", "还在吗")
    assert refused.value.reason == "resident_left"
    await waiting.operator(desk.close, LI, "no_reply", None)
    assert (await waiting.ticket()).state == "closed"


async def test_a_resident_who_left_the_queue_is_not_waited_for(waiting: Resident) -> None:
    await waiting.gateway.leave(str(waiting.token))
    ticket = await waiting.ticket()
    assert (ticket.state, ticket.waiting_since) == ("open", None)
    with pytest.raises((Refused, WrongMove)):
        await waiting.operator(desk.claim, LI)


async def test_a_telephone_number_can_be_given_to_the_person(waiting: Resident) -> None:
    await waiting.tap("do:contact")
    await waiting.operator(desk.claim, LI)
    await waiting.tap("do:contact")
    answer = await waiting.say("13800138000")
    assert values(answer) == ["do:contact_yes", "do:contact_no"]
    await waiting.tap("do:contact_yes")
    assert (await waiting.ticket()).contact == "138 0013 8000"


async def test_a_ticket_closed_later_says_so_without_ending_the_conversation(
    waiting: Resident, fake_engine: FakeEngine
) -> None:
    await waiting.say("先不等了")
    await waiting.operator(desk.close, LI, "referred", None)
    assert await waiting.read(lambda s, c: c.state) == "bot"
    said_last = await waiting.read(
        lambda s, c: [m.body["text"] for m in s.scalars(select(Message).order_by(Message.seq))][-2]
    )
    assert "办结了：已转介到窗口" in said_last


async def test_closing_later_does_not_light_up_the_telephone_of_somebody_in_danger(
    waiting: Resident,
) -> None:
    await waiting.say("先不等了")

    def in_danger(ledger: Ledger) -> None:
        assert ledger.ticket is not None
        ledger.ticket.urgent = "violence"

    await waiting.gateway.write(waiting.id, in_danger)
    before = await waiting.read(lambda s, c: c.seq)
    await waiting.operator(desk.close, LI, "referred", None)
    assert await waiting.read(lambda s, c: c.seq) == before


async def test_an_old_ticket_cannot_be_taken_while_the_resident_waits_in_a_new_one(
    waiting: Resident,
) -> None:
    old = await waiting.ticket()
    await waiting.say("先不等了")
    await waiting.say("换一件事")
    await waiting.say(WAGES)
    await waiting.say("转人工")

    def take_old(ledger: Ledger) -> None:
        desk.claim(ledger, ledger.session.get_one(Ticket, old.id), LI)

    with pytest.raises(Refused) as refused:
        await waiting.gateway.write(waiting.id, take_old)
    assert refused.value.reason == "waits_elsewhere"
    await waiting.operator(desk.claim, LI)


async def minutes_pass(resident: Resident, minutes: int) -> None:
    by = timedelta(minutes=minutes)

    def older(ledger: Ledger) -> None:
        for message in ledger.session.scalars(select(Message)):
            message.created_at -= by
        ticket = ledger.ticket
        assert ticket is not None
        ticket.taken_at = ticket.taken_at - by if ticket.taken_at else None
        ticket.opened_at -= by

    await resident.gateway.write(resident.id, older)


async def test_nobody_is_left_with_an_operator_who_has_gone(waiting: Resident) -> None:
    await waiting.operator(desk.claim, LI)
    assert (await waiting.say("他拿刀了"))["messages"] == []
    await minutes_pass(waiting, 15)
    answer = await waiting.say("救命，还有人吗")
    assert answer["state"] == "waiting"
    assert "110" in texts(answer)
    ticket = await waiting.ticket()
    assert (ticket.state, ticket.owner_id) == ("waiting", None)
    assert ticket.owner_desk
    await waiting.operator(desk.claim, WANG)


async def test_an_operator_who_answers_keeps_the_conversation(waiting: Resident) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.say("我有合同")
    await waiting.operator(desk.reply, LI, "c1", "好，请稍等，我查一下。")
    await minutes_pass(waiting, 15)
    assert (await waiting.say("好的"))["state"] == "operator"


async def test_who_was_passed_on_is_not_given_up_at_once(waiting: Resident) -> None:
    await minutes_pass(waiting, 60)
    await waiting.operator(desk.claim, LI)
    await waiting.operator(desk.transfer, LI, None)
    await Sweep(waiting.gateway, Settings(), frozenset({"web"})).end_quiet()
    assert await waiting.read(lambda s, c: c.state) == "waiting"


async def test_a_ticket_is_nobody_s_in_person_when_the_resident_has_left(waiting: Resident) -> None:
    await waiting.operator(desk.claim, LI)
    await waiting.gateway.leave(str(waiting.token))
    assert (await waiting.ticket()).state == "open"
