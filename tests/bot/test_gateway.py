"""The one door: order, repeats, apologies, and what of a resident's words reaches the engine."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bot import gateway as gateway_module
from bot.gateway import Gateway, Inbound, UnknownSession
from bot.tables import Conversation
from bot.words import words
from tests.bot.conftest import FakeEngine, said


@pytest.fixture
def gateway(bare_database: Engine, fake_engine: FakeEngine) -> Gateway:
    return Gateway(bare_database, fake_engine)


async def opened(gateway: Gateway, region: str | None = None) -> str:
    token, _ = await gateway.open("zhongshan", region)
    return token


async def test_the_notice_stands_first(gateway: Gateway) -> None:
    _, notice = await gateway.open("zhongshan", None)
    assert "12348" in notice
    assert "不是律师意见" in notice
    assert notice == notice.strip()


async def test_a_token_has_128_bits_and_only_its_digest_is_stored(
    gateway: Gateway, bare_database: Engine
) -> None:
    tokens = {await opened(gateway) for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) * 6 >= 128 for token in tokens)
    with Session(bare_database) as session:
        rows = list(session.scalars(select(Conversation)))
    stored = {str(value) for row in rows for value in vars(row).values()}
    assert not any(token in value for token in tokens for value in stored)
    assert {row.token_digest for row in rows} == {
        hashlib.sha256(token.encode()).hexdigest() for token in tokens
    }
    # the engine's sender is an id of its own: neither the token nor its digest
    assert not {row.id for row in rows} & {row.token_digest for row in rows}


async def test_an_unknown_token_reaches_nobody(gateway: Gateway, fake_engine: FakeEngine) -> None:
    token = await opened(gateway)
    for wrong in ("", "x", token[:-1], token + "x", token.swapcase(), "'; drop table x; --"):
        with pytest.raises(UnknownSession):
            await gateway.handle(wrong, Inbound("1", text="您好"))
    assert fake_engine.calls == []


async def test_the_same_message_is_handled_once(gateway: Gateway, fake_engine: FakeEngine) -> None:
    token = await opened(gateway)
    first = await gateway.handle(token, Inbound("1", text="您好"))
    again = await gateway.handle(token, Inbound("1", text="换了句话"))
    assert again == first
    assert len(fake_engine.calls) == 1
    await gateway.handle(token, Inbound("2", text="您好"))
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
    first = asyncio.create_task(gateway.handle(token, Inbound("1", text="您好")))
    await began.wait()
    second = asyncio.create_task(gateway.handle(token, Inbound("1", text="您好")))
    await asyncio.sleep(0)
    go.set()
    assert await first == await second
    assert len(fake_engine.calls) == 1


async def test_the_same_id_in_another_conversation_is_another_message(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    for token in (await opened(gateway), await opened(gateway)):
        await gateway.handle(token, Inbound("1", text="您好"))
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
    answer = await gateway.handle(token, Inbound("1", text="您好"))
    assert [message["text"] for message in answer["messages"]] == [words("replies")["apology"]]
    assert "12348" in answer["messages"][0]["text"]
    assert answer["state"] == "bot"
    fake_engine.away = False
    answer = await gateway.handle(token, Inbound("2", text="您好"))
    assert [message["text"] for message in answer["messages"]] == ["好的。"]


@pytest.mark.parametrize(
    "payloads", [[{"kind": "later"}], [{"kind": "message"}], [{"text": "没有种类"}]]
)
async def test_payloads_without_a_message_become_an_apology(
    gateway: Gateway, fake_engine: FakeEngine, payloads: list[dict[str, str]]
) -> None:
    fake_engine.payloads = list(payloads)
    answer = await gateway.handle(await opened(gateway), Inbound("1", text="您好"))
    assert "12348" in answer["messages"][0]["text"]


async def test_an_answer_has_ids_choices_and_cards(
    gateway: Gateway, fake_engine: FakeEngine
) -> None:
    choice = {"title": "法律援助", "value": "service:legal_aid"}
    card = {"type": "notice", "text": "先保护自己"}
    fake_engine.payloads = [said("一", choices=[choice], cards=[card]), said("二")]
    answer = await gateway.handle(await opened(gateway), Inbound("1", text="您好"))
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
            Inbound("1", choice="request:human_handoff"),
            "/human_handoff",
            {"choice": "request:human_handoff"},
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
        (Inbound("1", text="/restart"), "／restart", {}),
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


async def test_memory_is_bounded_and_a_forgotten_conversation_goes_on(
    gateway: Gateway, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "OPEN_CONVERSATIONS", 3)
    monkeypatch.setattr(gateway_module, "REMEMBERED_ANSWERS", 2)
    tokens = [await opened(gateway) for _ in range(8)]
    for token in tokens:
        for number in range(5):
            await gateway.handle(token, Inbound(str(number), text="您好"))
    assert len(gateway._live) <= 3
    assert len(gateway._known) <= 3
    assert all(len(live.answers) <= 2 for live in gateway._live.values())
    fake_engine.calls.clear()
    answer = await gateway.handle(tokens[0], Inbound("9", text="我回来了"))
    assert answer["messages"][0]["text"] == "好的。"
    assert len(fake_engine.calls) == 1


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
        await gateway.handle(await opened(gateway), Inbound("1", text="您好"))
    again = asyncio.create_task(gateway.handle(slow, Inbound("1", text="慢")))
    await asyncio.sleep(0)
    go.set()
    assert await first == await again
    assert [message for _, message, _ in fake_engine.calls].count("慢") == 1


async def test_old_conversations_are_deleted(gateway: Gateway, bare_database: Engine) -> None:
    token = await opened(gateway)
    gateway.forget_older_than(datetime(2020, 1, 1))  # noqa: DTZ001
    await gateway.handle(token, Inbound("1", text="您好"))
    gateway.forget_older_than(datetime(2100, 1, 1))  # noqa: DTZ001
    with Session(bare_database) as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == 0
