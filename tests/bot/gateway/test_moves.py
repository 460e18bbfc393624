"""Small talk, ways out, and asking for a person: what a resident meets beside the engine."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.clock import utcnow
from bot.gateway.gateway import Gateway, UnknownSession
from bot.gateway.ledger import Ledger
from bot.gateway.moves import phone_in
from bot.gateway.phrases import Phrase, recognise
from bot.tables import Rating, Ticket, TicketEvent, Transition
from bot.tickets.number import is_number, new_number
from bot.words import words
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident, texts, values

WAGES = "老板拖欠我三个月工资"
UNDERSTOOD = {
    "kind": "understood", "service": "legal_consultation", "matter": "labor", "urgent": "none",
    "region": "442000118", "trouble": WAGES, "told": ["劳动人事争议仲裁"],
    "ranking": [{"title": "法律援助", "value": "service:legal_aid"}],
}  # fmt: skip


@pytest.fixture
def answers(fake_engine: FakeEngine) -> FakeEngine:
    fake_engine.payloads = [UNDERSTOOD, said("按下面的次序去找。")]
    return fake_engine


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("你好", Phrase.greeting), ("您好，在吗？", Phrase.greeting),
        ("有冇人啊", Phrase.greeting), ("唔該晒", Phrase.thanks),
        ("好的，谢谢！", Phrase.thanks), ("没事了，谢谢", Phrase.goodbye),
        ("你是真人吗？", Phrase.who_are_you), ("转人工", Phrase.person),
        ("你好，转人工", Phrase.person),
        ("不是这个意思！", Phrase.not_this), ("算了", Phrase.cancel), ("換個問題", Phrase.restart),
        ("查進度", Phrase.progress), ("Hello", Phrase.greeting), ("？", Phrase.help),
    ],
)  # fmt: skip
def test_whole_messages_of_fixed_words(text: str, meaning: Phrase) -> None:
    assert recognise(text) is meaning


@pytest.mark.parametrize(
    "text",
    [
        "你好，老板欠我工资", "谢谢，那离婚呢", "我想取消合同", "不是我打的他", "他不让我走",
        "救命", "人工流产纠纷", "人工费没给", "重新开始上班老板不给钱", "拜托帮帮我", "", "。。。",
        "登记结婚", "进度款拖欠", "/restart", "／help", "好人被冤枉", "再见不到孩子",
    ],
)  # fmt: skip
def test_a_trouble_is_never_small_talk(text: str) -> None:
    assert recognise(text) is None


def test_no_phrase_means_two_things() -> None:
    from bot.gateway.phrases import _plain

    seen: dict[str, str] = {}
    for kind in Phrase:
        for text in words("small_talk")[kind]["phrases"]:
            plain = _plain(str(text))
            assert seen.setdefault(plain, kind) == kind, text


async def test_small_talk_needs_no_engine(gateway: Gateway, fake_engine: FakeEngine) -> None:
    fake_engine.away = True
    resident = await Resident.arrives(gateway)
    for text in ("你好", "你是谁", "怎么用", "谢谢", "再见", "取消", "重新开始", "好的"):
        answer = await resident.say(text)
        assert answer["messages"], text
        assert "没能答上来" not in texts(answer)
    assert fake_engine.calls == []


async def test_asking_for_a_person_works_while_the_engine_is_away(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    fake_engine.away = True
    resident = await Resident.arrives(gateway)
    apology = await resident.say(WAGES)
    assert "12348" in texts(apology)
    answer = await resident.tap(values(apology)[0])
    assert answer["state"] == "waiting"


@pytest.mark.parametrize("how", ["转人工", "tap", "engine"])
async def test_asking_for_a_person_makes_one_ticket(
    gateway: Gateway, answers: FakeEngine, how: str
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    if how == "engine":
        answers.payloads = [UNDERSTOOD, {"kind": "handoff"}]
        answer = await resident.say("有没有活人能跟我说说这个事情啊")
    elif how == "tap":
        answer = await resident.tap("request:human_handoff")
    else:
        answer = await resident.say(how)
    assert answer["state"] == "waiting"
    ticket = await resident.ticket()
    assert answer["ticket"] == {
        "number": ticket.number,
        "number_shown": f"{ticket.number[:4]} {ticket.number[4:8]} {ticket.number[8:]}",
        "queue_position": 0,
    }
    assert is_number(ticket.number)
    assert "12348" in texts(answer)
    assert "您排在最前面" in texts(answer)
    assert (ticket.matter, ticket.region_id, ticket.trouble) == ("labor", "442000118", WAGES)
    assert ticket.owner_desk == words("tickets")["duty_desk"]
    assert ticket.contact is None
    assert len(ticket.summary) == 5
    assert "劳动人事" in ticket.summary[0]
    assert "小榄镇" in ticket.summary[1]
    again = await resident.tap("request:human_handoff")
    assert again["ticket"]["number"] == ticket.number
    assert await resident.read(lambda s, c: len(list(s.scalars(select(Ticket))))) == 1


async def test_urgency_and_misunderstanding_only_offer(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    card = {"type": "notice", "tone": "urgent", "title": "先保护自己", "text": "", "calls": []}
    resident = await Resident.arrives(gateway)
    fake_engine.payloads = [
        {**UNDERSTOOD, "urgent": "violence"},
        said("", cards=[card]),
        said("要不要找人？", choices=[{"title": "我要人工", "value": "request:human_handoff"}]),
    ]
    answer = await resident.say("他打我")
    assert answer["state"] == "bot"
    assert answer["ticket"] is None
    assert answer["messages"][0]["cards"] == [card]
    answer = await resident.tap("request:human_handoff")
    assert (await resident.ticket()).urgent == "violence"


async def test_the_second_misunderstanding_offers_a_person_and_yes_is_enough(
    gateway: Gateway, answers: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    first = await resident.say("不是这个意思")
    assert values(first) == ["service:legal_aid", "request:human_handoff"]
    second = await resident.say("唔系呢個意思")
    assert "12348" in texts(second)
    assert second["state"] == "bot"
    assert (await resident.say("好的"))["state"] == "waiting"


async def test_misunderstandings_count_only_in_a_row(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    unsure = [UNDERSTOOD, said("是哪一个？"), {"kind": "misunderstood"}]
    sure = [UNDERSTOOD, said("好。")]
    resident = await Resident.arrives(gateway)
    for payloads, wanted in (
        (unsure, "哪一个"),
        (sure, "好"),
        (unsure, "哪一个"),
        (unsure, "12348"),
    ):
        fake_engine.payloads = payloads
        assert wanted in texts(await resident.say("那个那个事情"))


async def test_danger_is_answered_also_at_the_second_misunderstanding(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    card = {"type": "notice", "tone": "urgent", "title": "先保护自己", "text": "", "calls": []}
    fake_engine.payloads = [UNDERSTOOD, said("？", cards=[card]), {"kind": "misunderstood"}]
    resident = await Resident.arrives(gateway)
    await resident.say("他又来了")
    second = await resident.say("他又来了又来了")
    assert card in [card for message in second["messages"] for card in message["cards"]]


async def test_waiting_is_quiet_but_never_about_safety(
    gateway: Gateway, answers: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    await resident.say("我还有合同")
    card = {"type": "notice", "tone": "urgent", "title": "先保护自己", "text": "", "calls": []}
    answers.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("", cards=[card]), said("找谁")]
    answer = await resident.say("他冲进来打我了")
    assert [message["cards"] for message in answer["messages"]] == [[card]]
    assert answer["state"] == "waiting"
    assert (await resident.ticket()).urgent == "violence"


async def test_going_back_to_the_bot_keeps_the_ticket(
    gateway: Gateway, answers: FakeEngine
) -> None:
    for way_back in ("do:back", "先不等了", "取消", "重新开始"):
        resident = await Resident.arrives(gateway)
        await resident.say(WAGES)
        waiting = await resident.say("转人工")
        answer = await (
            resident.tap(way_back) if way_back.startswith("do:") else resident.say(way_back)
        )
        assert answer["state"] == "bot", way_back
        assert waiting["ticket"]["number_shown"] in texts(answer)
        assert answer["ticket"]["queue_position"] is None
        assert texts(await resident.say(WAGES)) == "按下面的次序去找。"
        causes = await resident.read(
            lambda s, c: [
                row.cause
                for row in s.scalars(
                    select(Transition)
                    .where(Transition.conversation_id == c.id)
                    .order_by(Transition.id)
                )
            ]
        )
        assert causes == ["asked_for_person", "went_back"]


async def test_the_queue_counts_who_is_before_and_lets_danger_pass(
    gateway: Gateway, answers: FakeEngine
) -> None:
    first, second, elsewhere = [
        await Resident.arrives(gateway, city) for city in ("zhongshan", "zhongshan", "qingyuan")
    ]
    for resident, position in ((first, 0), (second, 1), (elsewhere, 0)):
        await resident.say(WAGES)
        answer = await resident.say("转人工")
        assert answer["ticket"]["queue_position"] == position
    answers.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("先保护自己")]
    third = await Resident.arrives(gateway)
    await third.say("他打我")
    assert (await third.say("转人工"))["ticket"]["queue_position"] == 0
    assert (await first.say("转人工"))["ticket"]["queue_position"] == 1


async def test_a_number_without_a_person(gateway: Gateway, answers: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    assert "先用一两句话" in texts(await resident.say("给我个工单号"))
    await resident.say(WAGES)
    answer = await resident.say("给我个工单号")
    assert answer["state"] == "bot"
    assert answer["ticket"]["number_shown"] in texts(answer)
    assert (await resident.ticket()).state == "open"


async def test_progress_by_number_tells_the_state_and_nothing_that_was_said(
    gateway: Gateway, answers: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    number = (await resident.say("转人工"))["ticket"]["number"]
    assert "正在等接线员" in texts(await resident.say("查进度"))

    somebody = await Resident.arrives(gateway, "qingyuan")
    assert "12 位" in texts(await somebody.say("业务进展查询"))
    answer = await somebody.say(f"我的工单号是 {number[:4]}-{number[4:8]} {number[8:]}，办得怎样了")
    assert "正在等接线员" in texts(answer)
    assert "工资" not in texts(answer)
    assert answer["ticket"] is None
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    await somebody.say("查进度")
    assert "没有查到" in texts(await somebody.say(wrong))


async def test_numbers_cannot_be_tried_out(gateway: Gateway, fake_engine: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    said_to_guesses = [texts(await resident.say(new_number(utcnow()))) for _ in range(8)]
    assert "没有查到" in said_to_guesses[0]
    assert "过一会儿再试" in said_to_guesses[-1]
    await resident.say("重新开始")
    assert "过一会儿再试" in texts(await resident.say(new_number(utcnow())))
    assert fake_engine.calls == []


async def test_a_telephone_number_needs_two_yeses(gateway: Gateway, answers: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    assert (await resident.tap("do:contact"))["messages"]  # no ticket yet: says how
    await resident.say(WAGES)
    await resident.say("转人工")
    await resident.tap("do:contact")
    answer = await resident.say("１３８００１３８０００，晚上七点以后打")
    assert "138 0013 8000" in texts(answer)
    assert (await resident.ticket()).contact is None  # the second yes has not been said
    await resident.say("对")
    ticket = await resident.ticket()
    assert ticket.contact == "138 0013 8000"
    assert ticket.contact_at is not None
    await resident.say("删掉电话")
    assert (await resident.ticket()).contact is None
    kinds = await resident.read(lambda s, c: [e.kind for e in s.scalars(select(TicketEvent))])
    assert kinds == ["opened", "queued", "contact_kept", "contact_removed"]


@pytest.mark.parametrize("no", ["do:contact_no", "不对", "算了"])
async def test_no_is_no(gateway: Gateway, answers: FakeEngine, no: str) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    await resident.tap("do:contact")
    await resident.say("13800138000")
    await (resident.tap(no) if no.startswith("do:") else resident.say(no))
    assert (await resident.ticket()).contact is None
    assert (await resident.read(lambda s, c: c.state)) == "waiting"


async def test_nobody_is_caught_in_a_form(gateway: Gateway, answers: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("给我个工单号")
    await resident.tap("do:contact")
    assert texts(await resident.say("他又打我了")) == "按下面的次序去找。"
    assert "没看到电话号码" not in texts(await resident.say("我在小榄"))


async def test_another_trouble_is_another_ticket(gateway: Gateway, answers: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    first = (await resident.say("给我个工单号"))["ticket"]["number"]
    assert (await resident.say("换一件事"))["ticket"] is None
    await resident.say("邻居占了我家的地")
    assert answers.told[-1][1] == dict.fromkeys(
        (
            "region_id", "shown", "service", "matter", "party", "pending", "aid", "faq", "alarm",
            "trouble",
        )
    )  # fmt: skip
    second = (await resident.say("给我个工单号"))["ticket"]["number"]
    assert first != second


async def test_every_ending_with_the_bot_asks_once_by_the_city_s_own_words(
    gateway: Gateway, answers: FakeEngine
) -> None:
    for city, label in (("zhongshan", "一单一评"), ("lianyungang", "一事一评")):
        resident = await Resident.arrives(gateway, city)
        assert values(await resident.say("谢谢")) == []  # nothing was answered: nothing to rate
        await resident.say(WAGES)
        answer = await resident.say("谢谢")
        assert label in texts(answer)
        scores = [value for value in values(answer) if value.startswith("rate:")]
        assert [value.rpartition(":")[2] for value in scores] == [
            "satisfied",
            "fair",
            "dissatisfied",
        ]
        assert values(await resident.say("谢谢")) == []
        await resident.tap(scores[0])
        assert "已经评价过" in texts(await resident.tap(scores[2]))
        rating = await resident.read(
            lambda s, c: s.scalar(select(Rating).where(Rating.conversation_id == c.id))
        )
        assert (rating.score, rating.platform, rating.ending) == ("satisfied", "network", "bot")


async def test_nobody_rates_for_somebody_else(gateway: Gateway, answers: FakeEngine) -> None:
    resident, other = await Resident.arrives(gateway), await Resident.arrives(gateway)
    await resident.say(WAGES)
    score = values(await resident.say("谢谢"))[0]
    await other.tap(score)
    assert await resident.read(lambda s, c: s.scalar(select(Rating.score))) is None


async def test_the_city_can_be_changed(gateway: Gateway, answers: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    offered = values(await resident.say("换城市"))
    assert "city:qingyuan" in offered
    assert "清远市" in texts(await resident.tap("city:qingyuan"))
    await resident.say(WAGES)
    assert answers.calls[-1][2]["city"] == "qingyuan"
    assert answers.told[-1][1] == {"region_id": None, "shown": None}


async def test_who_waits_and_taps_is_answered(gateway: Gateway, answers: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    assert "记下了" in texts(await resident.say("我还有合同"))
    assert (await resident.say("还有聊天记录"))["messages"] == []  # said once is enough
    assert texts(await resident.tap("service:legal_aid")) == "按下面的次序去找。"
    assert texts(await resident.send(location=(22.6, 113.2))) == "按下面的次序去找。"


async def test_a_second_tab_shows_no_old_conversation_and_none_of_somebody_in_danger(
    gateway: Gateway, answers: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway, "qingyuan")
    await resident.say(WAGES)
    assert await gateway.joinable(str(resident.token)) == "qingyuan"
    assert await gateway.joinable("somebody else's") is None
    answers.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("先保护自己")]
    await resident.say("他打我")
    assert await gateway.joinable(str(resident.token)) is None
    old = await Resident.arrives(gateway)

    def an_hour_ago(ledger: Ledger) -> None:
        ledger.conversation.last_at -= timedelta(hours=1)

    await gateway.write(old.id, an_hour_ago)
    assert await gateway.joinable(str(old.token)) is None


async def in_danger(gateway: Gateway, engine: FakeEngine) -> Resident:
    engine.payloads = [{**UNDERSTOOD, "urgent": "self_harm"}, said("我听到了。")]
    resident = await Resident.arrives(gateway)
    await resident.say("不想活了")
    return resident


@pytest.mark.parametrize("words_said", ["我走了", "算了", "再见"])
async def test_nobody_in_danger_is_sent_off_cheerfully(
    gateway: Gateway, fake_engine: FakeEngine, words_said: str
) -> None:
    resident = await in_danger(gateway, fake_engine)
    answer = await resident.say(words_said)
    assert "110" in texts(answer)
    assert "12348" in texts(answer)
    assert values(answer) == ["request:human_handoff"]  # and no rating


async def test_another_trouble_does_not_bring_a_danger_to_light(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await in_danger(gateway, fake_engine)
    await resident.say("换一件事")
    assert await gateway.joinable(str(resident.token)) is None


async def test_a_form_never_swallows_a_cry_for_help(gateway: Gateway, answers: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    number = (await resident.say("转人工"))["ticket"]["number"]
    await resident.say("先不等了")
    await resident.tap("do:contact")
    asked = len(answers.calls)
    await resident.say("他又打我了，我在中山三路12345号后面，快救救我")
    await resident.say(f"我的工单{number}，他现在又在打我，快来救命啊")
    assert len(answers.calls) == asked + 2


async def test_a_danger_never_becomes_smaller(gateway: Gateway, answers: FakeEngine) -> None:
    resident = await Resident.arrives(gateway)
    for kind in ("violence", "deadline"):
        answers.payloads = [{**UNDERSTOOD, "urgent": kind}, said("好")]
        await resident.say(WAGES)
    await resident.say("转人工")
    assert (await resident.ticket()).urgent == "violence"


async def test_words_that_are_not_understood_are_no_new_trouble(
    gateway: Gateway, answers: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    answers.payloads = [{**UNDERSTOOD, "trouble": "快点啊"}, said("？"), {"kind": "misunderstood"}]
    await resident.say("快点啊快点啊")
    assert (await resident.ticket()).trouble == WAGES


async def test_who_waits_is_not_taken_out_of_the_queue_by_a_word(
    gateway: Gateway, answers: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    for text in ("没有了", "不用了", "不对", "再见"):
        assert (await resident.say(text))["state"] == "waiting"


async def test_who_has_left_is_not_answered_by_another_process_either(
    gateway: Gateway, answers: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await gateway.leave(str(resident.token))
    with pytest.raises(UnknownSession):  # as a process that still knows the token would ask
        await resident.say("你刚才说什么")


async def test_a_question_of_the_interview_is_not_lost_by_a_greeting(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    fake_engine.payloads = [said("有没有请律师？"), {"kind": "asking"}]
    await resident.tap("aid:begin")
    assert values(await resident.say("你好")) == ["aid:resume"]
    # a bare "没有了" or "是的" is an answer now, not small talk
    asked = len(fake_engine.calls)
    for short in ("没有了", "是的", "不是"):
        await resident.say(short)
    assert len(fake_engine.calls) == asked + 3
    fake_engine.payloads = [said("可能符合。")]
    await resident.say("没有")
    assert "aid:resume" not in values(await resident.say("谢谢"))


async def test_the_screening_stands_in_the_ticket(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    screening = {
        "outcome": "likely",
        "facts": [{"fact": "claim", "name": "要办的事", "value": "讨工资、劳动报酬"}],
        "articles": ["法律援助法第三十一条第五项"],
        "missing": [],
        "rules_version": "guangdong-2024-05-01",
        "day": "2026-11-26",
    }
    resident = await Resident.arrives(gateway)
    fake_engine.payloads = [{**UNDERSTOOD, "screening": screening}, said("可能符合。")]
    await resident.say(WAGES)
    await resident.say("转人工")
    ticket = await resident.ticket()
    line = next(line for line in ticket.summary if "法援初判" in line)
    for part in ("可能符合", "讨工资", "法律援助法第三十一条第五项", "2026-11-26"):
        assert part in line


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13800138000", "138 0013 8000"), ("0760 8888 1234", "0760 8888 1234"),
        ("+86 138 0013 8000", "138 0013 8000"), ("+853 6612 3456", "+853 6612 3456"),
        ("00852 9123 4567", "+852 9123 4567"), ("+1 202 555 0143", "+1 202-555-0143"),
    ],
)  # fmt: skip
def test_a_number_from_beyond_the_border_keeps_its_code(written: str, kept: str) -> None:
    assert phone_in(written) == kept


async def test_a_second_yes_asks_for_no_second_number(
    gateway: Gateway, answers: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    await resident.tap("do:contact")
    await resident.say("13800138000")
    await resident.tap("do:contact_yes")
    again = await resident.tap("do:contact_yes")
    assert "138 0013 8000" in texts(again)
    assert await resident.read(lambda s, c: c.awaiting) is None
    assert (await resident.ticket()).contact == "138 0013 8000"


@pytest.mark.parametrize("question", ["complain:lawyer", "do:write_down"])
async def test_who_writes_nothing_after_all_stays_in_line(
    gateway: Gateway, answers: FakeEngine, question: str
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.say("转人工")
    await resident.tap(question)
    answer = await resident.say("取消")
    assert answer["state"] == "waiting"
    assert texts(answer) == words("replies")["cancelled"]
    assert (await resident.say("取消"))["state"] == "bot"


async def test_who_is_in_danger_has_110_while_they_wait(
    gateway: Gateway, answers: FakeEngine
) -> None:
    answers.payloads = [{**UNDERSTOOD, "urgent": "violence"}, said("先保护自己")]
    resident = await Resident.arrives(gateway)
    await resident.say("他打我")
    for _ in range(2):  # asking, and asking again
        answer = await resident.say("转人工")
        assert answer["state"] == "waiting"
        cards = [card for message in answer["messages"] for card in message["cards"]]
        calls = [call["number"] for card in cards for call in card.get("calls") or ()]
        assert calls == ["110", "12348"]
