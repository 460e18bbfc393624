"""The legal-aid interview end to end: three conversations a city, in the page and over Telegram."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import OpenChat
from tests.e2e.plays import play_in_page, play_over_telegram, read
from tests.fake_telegram import FakeTelegram
from tests.stack import ROOT, Stack
from tests.telegram_process import TOKEN, ScriptedEngine, prepared_home, telegram_process

pytestmark = pytest.mark.e2e
FILES = sorted((ROOT / "tests" / "scenarios" / "legal_aid").glob("*.yml"))
CITIES = ("zhongshan", "qingyuan", "lianyungang")


def test_there_are_three_conversations_a_city() -> None:
    cities = [read(file)["city"] for file in FILES]
    assert {city: cities.count(city) for city in CITIES} == dict.fromkeys(CITIES, 3)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_in_the_page(open_chat: OpenChat, file: Path) -> None:
    scenario = read(file)
    play_in_page(open_chat(f"/?city={scenario['city']}"), scenario["turns"])


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
                play_over_telegram(telegram, chat, scenario["turns"])
