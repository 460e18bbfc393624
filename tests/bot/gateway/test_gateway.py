"""The one door: order, repeats, apologies, and what of a resident's words reaches the engine."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bot.gateway import gateway as gateway_module
from bot.gateway.gateway import Gateway, UnknownSession
from bot.gateway.inbound import Inbound
from bot.gateway.inbox import UNANSWERED_AT_MOST, TooFast
from bot.tables import Conversation, Inbox, Message
from bot.words import words
from tests.bot.conftest import FakeEngine, said
from tests.bot.conversing import Resident, texts

WAGES = "老板拖欠工资"


async def opened(gateway: Gateway, region: str | None = None) -> str:
    return (await gateway.open("zhongshan", region)).conversation_id


async def test_the_notice_stands_first(gateway: Gateway) -> None:
    notice = (await gateway.open("zhongshan")).notice
    assert "12348" in notice
    assert "不是律师意见" in notice
    assert notice == notice.strip()


async def test_a_token_has_128_bits_and_only_its_digest_is_stored(
    gateway: Gateway, any_database: Engine
) -> None:
    tokens = {str((await gateway.open("zhongshan")).token) for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) * 6 >= 128 for token in tokens)
    with Session(any_database) as session:
        rows = list(session.scalars(select(Conversation)))
    stored = {str(value) for row in rows for value in vars(row).values()}
    assert not any(token in value for token in tokens for value in stored)
    assert {row.address for row in rows} == {
        hashlib.sha256(token.encode()).hexdigest() for token in tokens
    }
    # the engine's sender is an id of its own: neither the token nor its digest
    assert not {row.id for row in rows} & {row.address for row in rows}


async def test_an_unknown_token_reaches_nobody(gateway: Gateway, fake_engine: FakeEngine) -> None:
    token = str((await gateway.open("zhongshan")).token)
    assert await gateway.find(token)
    for wrong in ("", "x", token[:-1], token + "x", token.swapcase(), "'; drop table x; --"):
        with pytest.raises(UnknownSession):
            await gateway.find(wrong)
        with pytest.raises(UnknownSession):
            await gateway.handle(wrong, Inbound("1", text=WAGES))
    assert fake_engine.calls == []


async def test_the_same_message_is_handled_once(gateway: Gateway, fake_engine: FakeEngine) -> None:
    token = await opened(gateway)
    first = await gateway.handle(token, Inbound("1", text=WAGES))
    again = await gateway.handle(token, Inbound("1", text="换了句话"))
    assert again == first
    assert len(fake_engine.calls) == 1
    await gateway.handle(token, Inbound("2", text=WAGES))
    assert len(fake_engine.calls) == 2


async def test_the_same_message_twice_at_once_is_handled_once(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    token = await opened(gateway)
    began, go = asyncio.Event(), asyncio.Event()

    async def hold(_sender: str, _message: str) -> None:
        began.set()
        await go.wait()

    fake_engine.before = hold
    first = asyncio.create_task(gateway.handle(token, Inbound("1", text=WAGES)))
    await began.wait()
    second = asyncio.create_task(gateway.handle(token, Inbound("1", text=WAGES)))
    await asyncio.sleep(0)
    go.set()
    assert await first == await second
    assert len(fake_engine.calls) == 1


async def test_the_same_id_in_another_conversation_is_another_message(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    for token in (await opened(gateway), await opened(gateway)):
        await gateway.handle(token, Inbound("1", text=WAGES))
    assert len({sender for sender, _, _ in fake_engine.calls}) == 2


async def test_one_at_a_time_in_a_conversation_while_others_go_on(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    slow, other = await opened(gateway), await opened(gateway)
    began, go = asyncio.Event(), asyncio.Event()

    async def hold(_sender: str, message: str) -> None:
        if message == "慢":
            began.set()
            await go.wait()

    fake_engine.before = hold
    first = asyncio.create_task(gateway.handle(slow, Inbound("1", text="慢")))
    await began.wait()
    later = [
        asyncio.create_task(gateway.handle(slow, Inbound(str(number), text=f"第{number}句")))
        for number in (2, 3)
    ]
    # the other conversation is answered although the first is still waiting
    await gateway.handle(other, Inbound("1", text="别人"))
    assert [message for _, message, _ in fake_engine.calls] == ["慢", "别人"]
    go.set()
    await asyncio.gather(first, *later)
    assert [message for _, message, _ in fake_engine.calls] == ["慢", "别人", "第2句", "第3句"]


async def test_an_absent_engine_becomes_an_apology_with_the_hotline(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    token = await opened(gateway)
    fake_engine.away = True
    answer = await gateway.handle(token, Inbound("1", text=WAGES))
    assert [message["text"] for message in answer["messages"]] == [words("replies")["apology"]]
    assert "12348" in answer["messages"][0]["text"]
    assert answer["state"] == "bot"
    fake_engine.away = False
    answer = await gateway.handle(token, Inbound("2", text=WAGES))
    assert [message["text"] for message in answer["messages"]] == ["好的。"]


@pytest.mark.parametrize(
    "payloads", [[{"kind": "later"}], [{"kind": "message"}], [{"text": "没有种类"}]]
)
async def test_payloads_without_a_message_become_an_apology(
    gateway: Gateway, fake_engine: FakeEngine, payloads: list[dict[str, str]]
) -> None:
    fake_engine.payloads = list(payloads)
    answer = await gateway.handle(await opened(gateway), Inbound("1", text=WAGES))
    assert "12348" in answer["messages"][0]["text"]


async def test_an_answer_has_ids_choices_and_cards(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    choice = {"title": "法律援助", "value": "service:legal_aid"}
    card = {"type": "notice", "text": "先保护自己"}
    fake_engine.payloads = [said("一", choices=[choice], cards=[card]), said("二")]
    answer = await gateway.handle(await opened(gateway), Inbound("1", text=WAGES))
    assert answer["ticket"] is None
    assert [message["text"] for message in answer["messages"]] == ["一", "二"]
    assert answer["messages"][0]["choices"] == [choice]
    assert answer["messages"][0]["cards"] == [card]
    assert answer["messages"][1]["choices"] == answer["messages"][1]["cards"] == []
    assert len({message["id"] for message in answer["messages"]}) == 2


@pytest.mark.parametrize(
    ("inbound", "message", "more"),
    [
        (
            Inbound("1", choice="service:legal_aid"),
            "/legal_aid",
            {"choice": "service:legal_aid"},
        ),
        (
            Inbound("1", choice="request:find_place"),
            "/find_place",
            {"choice": "request:find_place"},
        ),
        (
            Inbound("1", choice="region:442000118"),
            "/find_place",
            {"choice": "region:442000118"},
        ),
        (
            Inbound("1", location=(22.5, 113.4)),
            "/find_place",
            {"location": {"lat": 22.5, "lng": 113.4}},
        ),
        (Inbound("1", text="/session_start"), "／session_start", {}),
        (Inbound("1", text='\x00 /inform{"a":1}'), '／inform{"a":1}', {}),
        (Inbound("1", text="service:legal_aid"), "service:legal_aid", {}),
    ],
)
async def test_taps_become_our_intents_and_words_never_do(
    gateway: Gateway, fake_engine: FakeEngine, inbound: Inbound, message: str, more: dict[str, str]
) -> None:
    token = await opened(gateway, "442000106")
    await gateway.handle(token, inbound)
    _, sent, metadata = fake_engine.calls[0]
    assert sent == message
    assert metadata == {"city": "zhongshan", "region": "442000106", **more}


async def test_what_was_said_is_kept_before_the_engine_is_asked(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    kept: list[tuple[str, bool]] = []

    async def look(_sender: str, _message: str) -> None:
        rows = await resident.read(lambda s, c: list(s.scalars(select(Inbox))))
        kept.extend((row.body["text"], row.answered_at is None) for row in rows)

    fake_engine.before = look
    await resident.say(WAGES)
    assert kept == [(WAGES, True)]


async def test_the_transcript_has_both_sides_in_order(gateway: Gateway) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.tap("service:legal_aid")
    await resident.send(location=(22.5, 113.4))
    await resident.send(media="voice")
    said_so_far = await resident.read(
        lambda s, c: [
            (row.author, row.body["text"])
            for row in s.scalars(select(Message).order_by(Message.seq))
        ]
    )
    assert said_so_far == [
        ("resident", WAGES),
        ("bot", "好的。"),
        ("resident", "法律援助"),  # what stood on the button, not its id
        ("bot", "好的。"),
        ("resident", "[共享了位置]"),
        ("bot", "好的。"),
        ("resident", "[发来语音，这里看不到]"),
        ("bot", words("replies")["media"]),
    ]


async def test_a_button_is_remembered_by_its_own_title(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    fake_engine.payloads = [said("哪一个？", choices=[{"title": "清新太平", "value": "region:1"}])]
    await resident.say("太平镇")
    await resident.tap("region:1")
    titles = await resident.read(
        lambda s, c: [row.body.get("title") for row in s.scalars(select(Inbox).order_by(Inbox.id))]
    )
    assert titles == [None, "清新太平"]


async def test_more_than_anybody_writes_is_refused_and_the_rest_is_answered(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    answered = await asyncio.gather(
        *(resident.say(f"{WAGES}{number}") for number in range(100)), return_exceptions=True
    )
    refused = [one for one in answered if isinstance(one, TooFast)]
    fine = [one for one in answered if isinstance(one, dict)]
    assert len(refused) + len(fine) == 100
    assert len(fine) >= UNANSWERED_AT_MOST
    assert all(texts(one) == "好的。" for one in fine)
    numbers = [int(message.removeprefix(WAGES)) for _, message, _ in fake_engine.calls]
    assert numbers == sorted(numbers)  # in the order in which they were kept
    assert len(numbers) == len(fine)
    assert texts(await resident.say(WAGES)) == "好的。"  # afterwards all is well


async def test_a_silent_engine_holds_up_a_resident_for_five_seconds_in_all(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "PATIENCE", 1.0)

    async def silence(_sender: str, _message: str) -> None:
        await asyncio.Event().wait()

    fake_engine.before = silence
    resident = await Resident.arrives(gateway)
    begun = asyncio.get_running_loop().time()
    answered = await asyncio.gather(*(resident.say(f"{WAGES}{number}") for number in range(8)))
    assert asyncio.get_running_loop().time() - begun < 6  # eight alone would be eight seconds
    assert all("12348" in texts(answer) for answer in answered)


async def test_a_browser_that_gives_up_is_answered_all_the_same(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    resident = await Resident.arrives(gateway)
    began, go = asyncio.Event(), asyncio.Event()

    async def hold(_sender: str, _message: str) -> None:
        began.set()
        await go.wait()

    fake_engine.before = hold
    first = asyncio.create_task(gateway.handle(resident.id, Inbound("1", text=WAGES)))
    await began.wait()
    first.cancel()
    go.set()
    again = await gateway.handle(resident.id, Inbound("1", text=WAGES))
    assert texts(again) == "好的。"


async def test_memory_is_bounded_and_a_forgotten_conversation_goes_on(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "OPEN_CONVERSATIONS", 3)
    residents = [await Resident.arrives(gateway) for _ in range(8)]
    for resident in residents:
        assert await gateway.find(str(resident.token)) == resident.id
        await resident.say(WAGES)
    assert len(gateway._live) <= 3
    assert len(gateway._known) <= 3
    assert await gateway.find(str(residents[0].token)) == residents[0].id
    assert texts(await residents[0].say("我回来了，老板还没给钱")) == "好的。"


async def test_a_conversation_that_is_being_answered_is_never_forgotten(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "OPEN_CONVERSATIONS", 1)
    began, go = asyncio.Event(), asyncio.Event()

    async def hold(_sender: str, message: str) -> None:
        if message == "慢":
            began.set()
            await go.wait()

    fake_engine.before = hold
    slow = await opened(gateway)
    first = asyncio.create_task(gateway.handle(slow, Inbound("1", text="慢")))
    await began.wait()
    for _ in range(3):
        await gateway.handle(await opened(gateway), Inbound("1", text=WAGES))
    again = asyncio.create_task(gateway.handle(slow, Inbound("1", text="慢")))
    await asyncio.sleep(0)
    go.set()
    assert await first == await again
    assert [message for _, message, _ in fake_engine.calls].count("慢") == 1


async def test_old_conversations_are_deleted_with_all_that_was_said(
    gateway: Gateway, any_database: Engine
) -> None:
    resident = await Resident.arrives(gateway)
    await resident.say(WAGES)
    await resident.tap("request:human_handoff")
    await gateway.forget_older_than(datetime(2020, 1, 1))  # noqa: DTZ001
    assert "记下了" in texts(await resident.say(WAGES))
    await gateway.forget_older_than(datetime(2100, 1, 1))  # noqa: DTZ001
    with Session(any_database) as session:
        for table in (Conversation, Inbox, Message):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    with pytest.raises(UnknownSession):
        await resident.say(WAGES)
