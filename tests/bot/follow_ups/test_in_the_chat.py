"""What a resident says of a service: a rating of 不满意, a few words, a complaint."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.clock import china_day, utcnow
from bot.follow_ups.complaining import LONGEST, is_tap
from bot.follow_ups.providers import providers
from bot.follow_ups.states import Kind
from bot.follow_ups.tables import FollowUp
from bot.follow_ups.terms import working_days
from bot.gateway.gateway import Gateway
from bot.gateway.sweep import Sweep
from bot.settings import Settings
from bot.tables import Conversation, Message, Rating, Ticket, TicketEvent
from bot.tickets import board, desk
from bot.words import words
from knowledge.workdays import working_days_after
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import LI, Resident, texts, values
from tests.bot.follow_ups.conftest import told_by_phone
from tests.bot.gateway.test_moves import UNDERSTOOD, WAGES

COMPLAINT = {
    "kind": "understood", "service": "complaint", "matter": "general", "urgent": "none",
    "trouble": "律师收了钱不办事", "ranking": [], "told": [],
}  # fmt: skip
DANGER = {**UNDERSTOOD, "urgent": "violence", "trouble": "他又打我"}
BAD_LAWYER = "收了我五千块，半年不接电话，案子也没立"
LARGEST_DATA = 64


@pytest.fixture
async def resident(gateway: Gateway, fake_engine: FakeEngine) -> Resident:
    """Has told a trouble and got an answer."""
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    arrived = await Resident.arrives(gateway)
    await arrived.say(WAGES)
    return arrived


async def follow_ups(resident: Resident) -> list[FollowUp]:
    found: list[FollowUp] = await resident.read(
        lambda s, c: list(s.scalars(select(FollowUp).order_by(FollowUp.id)))
    )
    return found


async def rating_choices(resident: Resident) -> list[str]:
    """The buttons of the rating that was offered last; none."""
    bodies = await resident.read(
        lambda s, c: [m.body for m in s.scalars(select(Message).order_by(Message.seq))]
    )
    taps = [choice["value"] for body in bodies for choice in body.get("choices") or ()]
    return [tap for tap in taps if tap.startswith("rate:")][-3:]


async def rate(resident: Resident, score: str) -> dict[str, Any]:
    (tap,) = [tap for tap in await rating_choices(resident) if tap.endswith(f":{score}")]
    return await resident.tap(tap)


async def closed_by_li(resident: Resident) -> None:
    await resident.say("转人工")
    await resident.operator(desk.claim, LI)
    await resident.operator(desk.close, LI, "answered", None)


# ---------------------------------------------------------------- 不满意


@pytest.mark.parametrize("score", ["satisfied", "fair"])
async def test_who_is_content_is_not_followed_up(resident: Resident, score: str) -> None:
    await resident.say("谢谢")
    answer = await rate(resident, score)
    assert await follow_ups(resident) == []
    assert values(answer) == []


async def test_not_satisfied_with_the_bot_goes_to_the_duty_desk(resident: Resident) -> None:
    await resident.say("谢谢")
    answer = await rate(resident, "dissatisfied")
    (row,) = await follow_ups(resident)
    rating = await resident.read(lambda s, c: s.scalar(select(Rating)))
    assert (row.kind, row.state, row.rating_id) == ("dissatisfied", "open", rating.id)
    assert (row.platform, row.city_id, row.ticket_id) == ("network", "zhongshan", None)
    assert (row.owner_id, row.owner_name) == (None, words("tickets")["duty_desk"])
    days = working_days(Kind.dissatisfied)
    assert row.due_on == working_days_after(china_day(row.opened_at), days)
    assert values(answer) == [f"complain:why:{rating.id}", "request:human_handoff"]
    # nobody is told a time
    assert str(row.due_on) not in texts(answer)
    assert "工作日" not in texts(answer)


async def test_not_satisfied_with_a_person_goes_to_whoever_was_asked_first(
    resident: Resident,
) -> None:
    await closed_by_li(resident)
    await rate(resident, "dissatisfied")
    (row,) = await follow_ups(resident)
    ticket = await resident.ticket()
    assert (row.ticket_id, row.owner_id, row.owner_name) == (ticket.id, LI.id, "李莉")
    events = await resident.read(lambda s, c: [e.kind for e in s.scalars(select(TicketEvent))])
    assert events[-2:] == ["rated", "followed_up"]


async def test_a_second_tap_opens_no_second_one(resident: Resident) -> None:
    await resident.say("谢谢")
    await rate(resident, "dissatisfied")
    assert "已经评价过" in texts(await rate(resident, "dissatisfied"))
    assert len(await follow_ups(resident)) == 1


async def test_the_words_are_asked_for_once_and_only_by_the_button(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    await resident.say("谢谢")
    (why, _) = values(await rate(resident, "dissatisfied"))
    # without the tap it is a message like any other
    assert texts(await resident.say("说了半天没用")) == "按下面的次序去找。"
    answer = await resident.tap(why)
    assert values(answer) == ["do:cancel"]
    # elsewhere these words mean that an answer is to be given again
    answer = await resident.say("答非所问")
    assert words("replies")["complaint"]["thanks"] == texts(answer)
    (row,) = await follow_ups(resident)
    assert row.text == "答非所问"
    # what was taken is no new trouble
    understood = await resident.read(lambda s, c: c.understood)
    assert understood["trouble"] == WAGES
    assert texts(await resident.say("要带什么")) == "按下面的次序去找。"
    assert words("replies")["complaint"]["why_done"] in texts(await resident.tap(why))
    (row,) = await follow_ups(resident)
    assert row.text == "答非所问"


@pytest.mark.parametrize("how", ["do:cancel", "取消", "算了"])
async def test_nobody_has_to_write(resident: Resident, how: str) -> None:
    await resident.say("谢谢")
    (why, _) = values(await rate(resident, "dissatisfied"))
    await resident.tap(why)
    answer = await (resident.tap(how) if how.startswith("do:") else resident.say(how))
    assert words("replies")["cancelled"] in texts(answer)
    assert texts(await resident.say("要带什么")) == "按下面的次序去找。"
    assert [row.text for row in await follow_ups(resident)] == [""]


async def test_the_words_of_another_s_rating_are_nobody_s(
    gateway: Gateway, resident: Resident
) -> None:
    await resident.say("谢谢")
    (why, _) = values(await rate(resident, "dissatisfied"))
    other = await Resident.arrives(gateway)
    await other.tap(why)
    await other.say("不是我写的")
    assert [row.text for row in await follow_ups(resident)] == [""]


async def test_a_danger_is_heard_where_words_were_asked_for(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    await resident.say("谢谢")
    (why, _) = values(await rate(resident, "dissatisfied"))
    await resident.tap(why)
    fake_engine.payloads = [DANGER, said("先保护自己，马上拨 110。")]
    answer = await resident.say("他又打我")
    assert "110" in texts(answer)
    assert [row.text for row in await follow_ups(resident)] == [""]
    understood = await resident.read(lambda s, c: c.understood)
    assert understood["urgent"] == "violence"


async def test_who_comes_back_later_has_something_else_to_say(resident: Resident) -> None:
    await resident.say("谢谢")
    (why, _) = values(await rate(resident, "dissatisfied"))
    await resident.tap(why)

    def earlier(session: Any) -> None:
        conversation = session.get_one(Conversation, resident.id)
        at = utcnow() - timedelta(hours=1)
        conversation.awaiting = {**conversation.awaiting, "at": at.isoformat()}

    await resident.gateway.store.run(earlier)
    assert texts(await resident.say("要带什么")) == "按下面的次序去找。"
    assert [row.text for row in await follow_ups(resident)] == [""]


# ---------------------------------------------------------------- nobody in danger is asked


async def test_nobody_in_danger_is_asked_for_a_rating(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [DANGER, said("先保护自己")]
    resident = await Resident.arrives(gateway)
    await resident.say("他又打我")
    await closed_by_li(resident)
    assert await rating_choices(resident) == []
    assert await resident.read(lambda s, c: list(s.scalars(select(Rating)))) == []


async def test_a_danger_told_after_the_question_is_remembered_in_the_follow_up(
    resident: Resident, fake_engine: FakeEngine
) -> None:
    await resident.say("谢谢")
    fake_engine.payloads = [DANGER, said("先保护自己")]
    await resident.say("他又打我")
    answer = await rate(resident, "dissatisfied")
    (row,) = await follow_ups(resident)
    assert row.endangered
    assert not [tap for tap in values(answer) if tap.startswith("complain:")]


@pytest.mark.parametrize("ending", ["left", "waited too long"])
async def test_endings_without_a_question(resident: Resident, ending: str) -> None:
    """Who has left cannot be asked; who waited in vain is asked when the conversation ends."""
    await resident.say("转人工")
    if ending == "left":
        await resident.gateway.leave(str(resident.token))
    else:
        sweep = Sweep(resident.gateway, Settings(), frozenset({"web"}))
        long_ago = utcnow() - timedelta(hours=5)

        def older(session: Any) -> None:
            session.execute(update(Ticket).values(waiting_since=long_ago, queued_at=long_ago))

        await resident.gateway.store.run(older)
        await sweep.end_quiet()
        assert await resident.read(lambda s, c: c.state) == "bot"
    assert await rating_choices(resident) == []


async def test_where_there_is_no_chat_nothing_is_asked_in_one(
    gateway: Gateway, catalogue: Any
) -> None:
    def close(session: Any) -> None:
        ledger, ticket = told_by_phone(session, catalogue)
        desk.close(ledger, ticket, LI, "answered", None)
        ledger.save()

    await gateway.store.run(close)
    assert await gateway.look(lambda s: list(s.scalars(select(Rating)))) == []


# ---------------------------------------------------------------- complaints


@pytest.fixture
async def complaining(gateway: Gateway, fake_engine: FakeEngine) -> Resident:
    """Was told where one complains."""
    fake_engine.payloads = [COMPLAINT, said("向司法局投诉。")]
    arrived = await Resident.arrives(gateway)
    answer = await arrived.say("律师收了钱不办事，我要投诉")
    assert texts(answer) == "向司法局投诉。"
    assert values(answer) == ["complain:begin"]
    return arrived


async def test_a_complaint_is_registered_with_its_number(complaining: Resident) -> None:
    answer = await complaining.tap("complain:begin")
    assert values(answer) == [*(f"complain:{key}" for key in providers()), "do:cancel"]
    await complaining.tap("complain:lawyer")
    answer = await complaining.say(BAD_LAWYER)
    ticket = await complaining.ticket()
    assert ticket.number[:4] in texts(answer)
    assert "12348" in texts(answer)
    assert [card["type"] for message in answer["messages"] for card in message["cards"]] == [
        "ticket",
        "notice",
    ]
    (row,) = await follow_ups(complaining)
    assert (row.kind, row.provider, row.text) == ("complaint", "lawyer", BAD_LAWYER)
    assert (row.ticket_id, row.platform, row.upheld) == (ticket.id, "network", None)
    assert row.owner_name == words("tickets")["duty_desk"]
    assert row.due_on == working_days_after(china_day(row.opened_at), working_days(Kind.complaint))
    assert ticket.service == "complaint"
    events = await complaining.read(lambda s, c: [e.kind for e in s.scalars(select(TicketEvent))])
    assert events == ["opened", "complained"]
    assert values(answer) == ["do:contact", "request:human_handoff"]


async def test_the_resident_can_ask_how_far_it_is(complaining: Resident, gateway: Gateway) -> None:
    text = words("replies")["complaint"]
    await complaining.tap("complain:lawyer")
    await complaining.say(BAD_LAWYER)
    assert text["in_hand"] in texts(await complaining.say("查进度"))
    # whoever has the number alone does not learn that somebody has complained
    other = await Resident.arrives(gateway)
    told = texts(await other.say((await complaining.ticket()).number))
    assert "已登记" in told
    assert "投诉" not in told
    before = await complaining.read(lambda s, c: c.seq)

    def close(session: Any) -> None:
        row = session.scalar(select(FollowUp))
        row.state, row.result, row.upheld = "closed", "内部的话", True

    await gateway.store.run(close)
    # nothing is sent by itself; who asks is told where to ask for more
    assert await complaining.read(lambda s, c: c.seq) == before
    told = texts(await complaining.say("查进度"))
    assert text["settled"] in told
    assert "内部的话" not in told


async def test_a_complaint_of_who_answers_is_not_theirs_to_settle(resident: Resident) -> None:
    await resident.say("转人工")
    await resident.operator(desk.claim, LI)
    await resident.operator(desk.handback, LI, None)
    await resident.tap("complain:hotline")
    await resident.say("话务员态度很差")
    (row,) = await follow_ups(resident)
    assert (row.owner_id, row.owner_name) == (None, words("tickets")["duty_desk"])
    assert (await resident.ticket()).trouble == WAGES  # the ticket's own trouble stays


async def test_other_answers_have_no_button_for_it(resident: Resident) -> None:
    assert values(await resident.say("要带什么")) == []


async def test_somebody_in_danger_is_not_sent_to_complain(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.payloads = [{**COMPLAINT, "urgent": "violence"}, said("马上拨 110。")]
    resident = await Resident.arrives(gateway)
    assert values(await resident.say("律师打我")) == []


async def test_what_sounds_like_danger_is_answered_and_can_still_be_registered(
    complaining: Resident, fake_engine: FakeEngine
) -> None:
    await complaining.tap("complain:lawyer")
    fake_engine.payloads = [{**COMPLAINT, "urgent": "threat"}, said("先拨 110。")]
    answer = await complaining.say("律师威胁要打我")
    assert "110" in texts(answer)
    assert await follow_ups(complaining) == []
    assert values(answer) == ["complain:keep"]
    await complaining.tap("complain:keep")
    (row,) = await follow_ups(complaining)
    assert (row.text, row.provider, row.endangered) == ("律师威胁要打我", "lawyer", True)
    # once
    assert words("replies")["complaint"]["gone"] in texts(await complaining.tap("complain:keep"))
    assert len(await follow_ups(complaining)) == 1


async def test_after_a_danger_the_next_message_is_free_again(
    complaining: Resident, fake_engine: FakeEngine
) -> None:
    await complaining.tap("complain:lawyer")
    fake_engine.payloads = [DANGER, said("先拨 110。")]
    await complaining.say("他又打我")
    fake_engine.payloads = [UNDERSTOOD, said("去派出所。")]
    assert texts(await complaining.say("我在哪里报警")) == "去派出所。"
    assert await follow_ups(complaining) == []


async def test_a_deadline_in_a_complaint_is_no_danger(
    complaining: Resident, fake_engine: FakeEngine
) -> None:
    await complaining.tap("complain:notary")
    fake_engine.payloads = [{**COMPLAINT, "urgent": "deadline"}, said("抓紧。")]
    await complaining.say("公证处拖着不办，明天就到期了")
    assert len(await follow_ups(complaining)) == 1


async def test_while_the_engine_is_away_the_words_are_kept_and_110_is_named(
    complaining: Resident, fake_engine: FakeEngine
) -> None:
    await complaining.tap("complain:lawyer")
    fake_engine.away = True
    answer = await complaining.say(BAD_LAWYER)
    assert "110" in texts(answer)
    assert [row.text for row in await follow_ups(complaining)] == [BAD_LAWYER]


async def test_too_long_is_said_and_may_be_written_again(complaining: Resident) -> None:
    await complaining.tap("complain:lawyer")
    answer = await complaining.say("长" * (LONGEST + 1))
    assert str(LONGEST) in texts(answer)
    assert await follow_ups(complaining) == []
    await complaining.say("短" * LONGEST)
    assert [row.text for row in await follow_ups(complaining)] == ["短" * LONGEST]


@pytest.mark.parametrize(
    ("text", "expected"), [("取消", "cancelled"), ("转人工", "handoff"), ("查进度", "ticket")]
)
async def test_ways_out_work_where_words_are_asked_for(
    complaining: Resident, text: str, expected: str
) -> None:
    await complaining.tap("complain:lawyer")
    answer = await complaining.say(text)
    assert await follow_ups(complaining) == []
    assert answer["messages"]
    if expected == "cancelled":
        assert words("replies")["cancelled"] in texts(answer)
    if expected == "handoff":
        assert answer["state"] == "waiting"


async def test_while_a_person_is_there_taps_are_theirs_to_read(complaining: Resident) -> None:
    await complaining.say("转人工")
    await complaining.operator(desk.claim, LI)
    assert (await complaining.tap("complain:lawyer"))["messages"] == []
    assert (await complaining.say(BAD_LAWYER))["messages"] == []
    assert await follow_ups(complaining) == []


async def test_who_has_complained_is_not_asked_for_a_rating_as_well(complaining: Resident) -> None:
    await complaining.tap("complain:lawyer")
    await complaining.say(BAD_LAWYER)
    await complaining.say("谢谢")
    assert await rating_choices(complaining) == []


def test_every_button_fits_into_telegram_and_nothing_else_is_one() -> None:
    taps = ["begin", "keep", f"why:{'a' * 16}", *providers()]
    for tap in taps:
        assert is_tap(tap)
        assert len(f"complain:{tap}".encode()) <= LARGEST_DATA
    for other in ("", "why:", "why:x", f"why:{'a' * 17}", "lawyers", "begin:", "why:" + "٣" * 16):
        assert not is_tap(other)


async def test_a_complaint_is_not_in_the_list_that_every_operator_reads(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    """Whom it is about reads that list too."""
    fake_engine.payloads = [{**COMPLAINT, "trouble": ""}, said("可以投诉。")]
    resident = await Resident.arrives(gateway)
    await resident.say("我要投诉")
    await resident.tap(f"complain:{next(iter(providers()))}")
    await resident.say("接线员李莉骂我是骗子")
    (row,) = await follow_ups(resident)
    assert row.text == "接线员李莉骂我是骗子"
    lines = await gateway.look(lambda s: board.page(s, gateway.catalogue, LI, None, None).lines)
    assert [line["number"] for line in lines] == [(await resident.ticket()).number]
    assert "骗子" not in str(lines)
