"""The real Telegram process: a resident's whole story, and kill -9 at the worst moments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.engine_client import EngineClient
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor, Ledger
from bot.gateway.store import Store
from bot.tables import Conversation, Outbox, Rating, Ticket
from bot.tickets import desk
from bot.words import words
from knowledge.boundaries import Boundaries
from knowledge.catalogue import LiveCatalogue
from knowledge.database import connect
from tests.fake_telegram import FakeTelegram, lost, too_many
from tests.stack import free_port
from tests.telegram_process import (
    TOKEN,
    ScriptedEngine,
    TelegramProcess,
    prepared_home,
    scripted_engine,
    telegram_process,
)

pytestmark = pytest.mark.e2e
LI = Actor("li", "account-li", "李莉")
CHAT = 7
CHATS = range(101, 113)
NOTICE = words("replies")["notice"].strip()
LATE = 120.0  # a lease of the killed process must run out first


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return prepared_home(tmp_path)


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram(TOKEN) as server:
        yield server


@pytest.fixture
def engine() -> Iterator[ScriptedEngine]:
    with scripted_engine() as scripted:
        yield scripted


def operator(home: Path, deed: Callable[..., Any], *more: Any) -> None:
    """An operator, in another process than Telegram's, does something with the only ticket."""
    database = connect(f"sqlite:///{home / 'wenfa.sqlite3'}")
    store = Store(database)
    engine = EngineClient("http://127.0.0.1:9", 1)
    gateway = Gateway(store, engine, LiveCatalogue(database, Boundaries.none()))

    def held(ledger: Ledger) -> None:
        assert ledger.ticket is not None
        deed(ledger, ledger.ticket, *more)

    async def act() -> None:
        query = select(Ticket.conversation_id)
        conversation_id = await store.run(lambda session: session.scalars(query).one())
        assert conversation_id is not None
        await gateway.write(conversation_id, held)
        await engine.close()

    # in a thread: the browser's event loop is there already in this one
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, act()).result()
    store.close()
    database.dispose()


def look(home: Path, work: Callable[[Session], Any]) -> Any:
    database = connect(f"sqlite:///{home / 'wenfa.sqlite3'}")
    with Session(database) as session:
        found = work(session)
    database.dispose()
    return found


def test_a_resident_s_whole_story(
    home: Path, telegram: FakeTelegram, engine: ScriptedEngine
) -> None:
    with telegram_process(home, telegram, engine) as process:
        telegram.write(CHAT, "/start")
        telegram.wait_for_text(CHAT, words("telegram")["start"])
        assert telegram.texts(CHAT)[0] == NOTICE
        telegram.write(CHAT, "老板拖欠我三个月工资")
        telegram.wait_for_text(CHAT, "答：老板拖欠我三个月工资")

        telegram.write(CHAT, "转人工")
        telegram.wait_for_text(CHAT, "工单号")
        operator(home, desk.claim, LI)
        telegram.wait_for_text(CHAT, "接线员李莉来了")
        operator(home, desk.reply, LI, "1", "您好，<b>欠条</b>在手里吗？")
        telegram.wait_for_text(CHAT, "接线员李莉：您好，<b>欠条</b>在手里吗？")
        asked = len(engine.asked)
        telegram.write(CHAT, "在的")
        operator(home, desk.reply, LI, "2", "那先去劳动仲裁。")
        telegram.wait_for_text(CHAT, "那先去劳动仲裁。")

        operator(home, desk.close, LI, "answered", None)
        rating = telegram.wait_for_text(CHAT, "有帮助吗")
        telegram.tap(CHAT, rating.buttons["满意"], rating.message_id or 0)
        telegram.wait_for_text(CHAT, words("replies")["rating"]["thanks"]["satisfied"])
        telegram.wait(lambda: bool(telegram.calls("editMessageReplyMarkup", CHAT)))
        assert len(engine.asked) == asked  # the bot was silent
        assert process.stop() == 0
    assert look(home, lambda s: s.scalars(select(Rating.score)).one()) == "satisfied"
    assert telegram.texts(CHAT).count(NOTICE) == 1


def test_a_poster_media_and_a_place(
    home: Path, telegram: FakeTelegram, engine: ScriptedEngine
) -> None:
    with telegram_process(home, telegram, engine):
        telegram.message(CHAT, contact={"phone_number": "13800000000", "first_name": "陈"})
        telegram.wait_for_text(CHAT, words("replies")["media"][:10])
        telegram.message(CHAT, location={"latitude": 22.67, "longitude": 113.25})
        telegram.wait_for_text(CHAT, "答：/find_place")
        telegram.write(CHAT, "长" * 2100)
        telegram.wait_for_text(CHAT, "2100")
        telegram.write(-100, "/start")
        telegram.wait(lambda: bool(telegram.calls("leaveChat")))
        commands = telegram.calls("setMyCommands")[0].params["commands"]
        assert {"command": "human", "description": "转人工"} in commands


def test_killed_between_fetch_and_handling(
    home: Path, telegram: FakeTelegram, engine: ScriptedEngine
) -> None:
    engine.go.clear()
    with telegram_process(home, telegram, engine) as process:
        for number in range(3):
            for chat in CHATS:
                last = telegram.write(chat, f"{chat}的第{number}句欠薪")
        telegram.wait(lambda: telegram.confirmed > last["update_id"])  # kept, and hardly begun
        process.kill()
        assert not any("答：" in call.text for call in telegram.sent())
        engine.go.set()
        process.start()
        telegram.wait(lambda: len(answers(telegram)) >= 3 * len(CHATS), LATE)
    for chat in CHATS:
        said = [text for text in telegram.texts(chat) if text != NOTICE]
        assert said == [f"答：{chat}的第{number}句欠薪" for number in range(3)]


def answers(telegram: FakeTelegram) -> list[str]:
    return [call.text for call in telegram.sent() if call.text.startswith("答：")]


def test_killed_after_handling_before_sending(
    home: Path, telegram: FakeTelegram, engine: ScriptedEngine
) -> None:
    with telegram_process(home, telegram, engine) as process:
        for chat in CHATS:
            telegram.script("sendMessage", lost(30.0), chat=chat)  # arrives, is never confirmed
        for number in range(2):
            for chat in CHATS:
                telegram.write(chat, f"{chat}的第{number}句欠薪")
        telegram.wait(lambda: len(telegram.sent()) == len(CHATS))  # the notices, in flight
        telegram.wait(lambda: len(engine.asked) == 2 * len(CHATS))
        process.kill()
        in_flight = {(call.chat, call.text) for call in telegram.sent()}
        process.start()
        telegram.wait(lambda: len(answers(telegram)) >= 2 * len(CHATS), LATE)
        assert process.stop() == 0
    for chat in CHATS:
        said = telegram.texts(chat)
        assert list(dict.fromkeys(said)) == [
            NOTICE, *(f"答：{chat}的第{number}句欠薪" for number in range(2))
        ]  # fmt: skip
        repeated = {(chat, text) for text in said if said.count(text) > 1}
        assert repeated <= in_flight
    pending = select(Outbox.id).where(Outbox.settled_at.is_(None))
    assert look(home, lambda s: list(s.scalars(pending))) == []


def test_flood_control_is_waited_out(
    home: Path, telegram: FakeTelegram, engine: ScriptedEngine
) -> None:
    telegram.script("sendMessage", too_many(2), too_many(1))
    with telegram_process(home, telegram, engine):
        telegram.write(CHAT, "欠薪")
        telegram.wait_for_text(CHAT, "答：欠薪")
    assert telegram.texts(CHAT) == [NOTICE, "答：欠薪"]


def test_by_webhook(home: Path, telegram: FakeTelegram, engine: ScriptedEngine) -> None:
    port = free_port()
    given = {
        "WENFA_TELEGRAM_WEBHOOK_URL": "https://wenfa.example/telegram",
        "WENFA_TELEGRAM_WEBHOOK_SECRET": "abc-DEF_123",
        "WENFA_TELEGRAM_WEBHOOK_PORT": str(port),
    }
    with telegram_process(home, telegram, engine, **given) as process:
        telegram.wait(lambda: telegram.webhook is not None)
        assert telegram.webhook is not None
        assert telegram.webhook["url"] == given["WENFA_TELEGRAM_WEBHOOK_URL"]
        assert telegram.webhook["drop_pending_updates"] == "false"
        secret = {"X-Telegram-Bot-Api-Secret-Token": telegram.webhook["secret_token"]}
        update = telegram.write(CHAT, "欠薪")
        with httpx.Client(trust_env=False) as client:
            address = f"http://127.0.0.1:{port}/telegram"
            assert client.post(address, json=update).status_code == 403
            assert client.post(address, json=update, headers=secret).status_code == 200
            assert client.post(address, json=update, headers=secret).status_code == 200
        telegram.wait_for_text(CHAT, "答：欠薪")
        assert process.stop() == 0
    assert telegram.texts(CHAT) == [NOTICE, "答：欠薪"]


def test_a_token_that_telegram_does_not_know_is_one_line(
    home: Path, telegram: FakeTelegram, engine: ScriptedEngine
) -> None:
    process = TelegramProcess(home, telegram.url, engine.port, token="123456789:" + "wrong" * 4)
    process.start()
    assert process.wait() == 1
    [line] = process.words().splitlines()
    assert line.startswith("停下了：")
    assert "TELEGRAM_BOT_TOKEN" in line
    assert "wrongwrong" not in line


def test_telegram_that_is_away_at_the_start_is_waited_for(
    home: Path, engine: ScriptedEngine
) -> None:
    port = free_port()
    process = TelegramProcess(home, f"http://127.0.0.1:{port}", engine.port)
    process.start()
    try:
        with FakeTelegram(TOKEN, port) as telegram:
            telegram.write(CHAT, "欠薪")
            telegram.wait_for_text(CHAT, "答：欠薪", LATE)
        assert process.stop() == 0
    finally:
        process.kill()
    assert look(home, lambda s: s.scalars(select(Conversation.channel)).one()) == "telegram"
