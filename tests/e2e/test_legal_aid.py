"""The legal-aid interview end to end: three conversations a city, in the page and over Telegram."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.chat_page import Chat
from tests.e2e.conftest import OpenChat
from tests.fake_telegram import Call, FakeTelegram
from tests.stack import ROOT, Stack
from tests.telegram_process import TOKEN, ScriptedEngine, prepared_home, telegram_process

pytestmark = pytest.mark.e2e
FILES = sorted((ROOT / "tests" / "scenarios" / "legal_aid").glob("*.yml"))
CITIES = ("zhongshan", "qingyuan", "lianyungang")
Scenario = dict[str, Any]


def read(file: Path) -> Scenario:
    """city, and turns of {say | press (the title of a button), sees: parts of the answer}."""
    content: Scenario = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def test_there_are_three_conversations_a_city() -> None:
    cities = [read(file)["city"] for file in FILES]
    assert {city: cities.count(city) for city in CITIES} == dict.fromkeys(CITIES, 3)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_in_the_page(open_chat: OpenChat, file: Path) -> None:
    scenario = read(file)
    chat = open_chat(f"/?city={scenario['city']}")
    for number, turn in enumerate(scenario["turns"], 1):
        said = chat.ask(turn["say"]) if "say" in turn else press(chat, turn["press"])
        missing = [part for part in turn["sees"] if part not in said]
        assert not missing, f"turn {number} {turn}: {missing} not in {said}"
        assert chat.overflow() == 0


def press(chat: Chat, title: str) -> str:
    button = chat.page.locator("#log button.choice:enabled", has_text=title).last
    return chat.after(button.click)


@pytest.mark.parametrize("city", CITIES)
def test_over_telegram(stack: Stack, tmp_path: Path, city: str) -> None:
    """The real process of the channel before a fake Bot API, with the real engine behind it."""
    home = prepared_home(tmp_path)
    engine = ScriptedEngine(port=stack.engine_port)
    with (
        FakeTelegram(TOKEN) as telegram,
        telegram_process(home, telegram, engine, WENFA_CITY=city),
    ):
        for chat, file in enumerate(FILES, 500):
            scenario = read(file)
            if scenario["city"] == city:
                for turn in scenario["turns"]:
                    play(telegram, chat, turn)


def play(telegram: FakeTelegram, chat: int, turn: dict[str, Any]) -> None:
    """Say or press, then wait until every part has been sent since, button titles included."""
    before = len(telegram.sent(chat))
    if "say" in turn:
        telegram.write(chat, turn["say"])
    else:
        telegram.wait(lambda: bool(_with_button(telegram, chat, turn["press"])))
        call = _with_button(telegram, chat, turn["press"])[-1]
        telegram.tap(chat, call.buttons[turn["press"]], call.message_id or 0)

    def said() -> str:
        since = telegram.sent(chat)[before:]
        return "\n".join([*(call.text for call in since), *(b for c in since for b in c.buttons)])

    try:
        telegram.wait(lambda: all(part in said() for part in turn["sees"]))
    except AssertionError:
        raise AssertionError(f"{turn}: {said()}") from None


def _with_button(telegram: FakeTelegram, chat: int, title: str) -> list[Call]:
    return [call for call in telegram.sent(chat) if title in call.buttons]
