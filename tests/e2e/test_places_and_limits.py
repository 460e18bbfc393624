"""Where to go and by when, end to end: two conversations a city, in the page and over Telegram."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenChat
from tests.e2e.plays import play_in_page, play_over_telegram, read
from tests.fake_telegram import FakeTelegram
from tests.stack import ROOT, Stack
from tests.telegram_process import TOKEN, ScriptedEngine, prepared_home, telegram_process

pytestmark = pytest.mark.e2e
FILES = sorted((ROOT / "tests" / "scenarios" / "places_and_limits").glob("*.yml"))
CITIES = ("zhongshan", "qingyuan", "lianyungang")


def test_there_are_two_conversations_a_city() -> None:
    cities = [read(file)["city"] for file in FILES]
    assert {city: cities.count(city) for city in CITIES} == dict.fromkeys(CITIES, 2)


def test_one_of_each_city_is_by_a_shared_position() -> None:
    shared = {read(file)["city"] for file in FILES if any("at" in t for t in read(file)["turns"])}
    assert shared == set(CITIES)


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
        for chat, file in enumerate(FILES, 600):
            scenario = read(file)
            if scenario["city"] == city:
                play_over_telegram(telegram, chat, scenario["turns"])


def test_a_desk_with_ways_of_mediation_keeps_room_for_its_name(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask("隔壁装修把我家墙弄裂了，我在小榄，想找人调解")
    way = chat.page.locator("#log .referral .ways").first
    expect(way).to_be_visible()
    for box in (one.bounding_box() for one in chat.referrals.locator("h3").all()):
        assert box is not None
        assert box["width"] > box["height"]
