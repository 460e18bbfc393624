"""Conversations as data with what the resident sees, played in the page and over Telegram.

A file has city, and turns of {say | press (the title of a button) | at: [lat, lng] (a shared
position), sees: parts of the answer, never: what must not stand in it}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.e2e.chat_page import Chat
from tests.fake_telegram import Call, FakeTelegram

Turn = dict[str, Any]


def read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def play_in_page(chat: Chat, turns: list[Turn]) -> None:
    """Every part is seen in the answer of its turn, and the page never grows wider."""
    for number, turn in enumerate(turns, 1):
        said = _do(chat, turn)
        missing = [part for part in turn["sees"] if part not in said]
        assert not missing, f"turn {number} {turn}: {missing} not in {said}"
        there = [part for part in turn.get("never", ()) if part in said]
        assert not there, f"turn {number} {turn}: {there} in {said}"
        assert chat.overflow() == 0


def _do(chat: Chat, turn: Turn) -> str:
    if "say" in turn:
        return chat.ask(turn["say"])
    if "press" in turn:
        button = chat.page.locator("#log button.choice:enabled", has_text=turn["press"]).last
        return chat.after(button.click)
    latitude, longitude = turn["at"]
    chat.page.context.grant_permissions(["geolocation"])
    chat.page.context.set_geolocation({"latitude": latitude, "longitude": longitude})
    return chat.after(chat.page.locator("#locate").click)


def play_over_telegram(telegram: FakeTelegram, chat: int, turns: list[Turn]) -> None:
    for turn in turns:
        _play(telegram, chat, turn)


def _play(telegram: FakeTelegram, chat: int, turn: Turn) -> None:
    """Say or press, then wait until every part has been sent since, button titles included."""
    before = len(telegram.sent(chat))
    if "say" in turn:
        telegram.write(chat, turn["say"])
    elif "press" in turn:
        telegram.wait(lambda: bool(_with_button(telegram, chat, turn["press"])))
        call = _with_button(telegram, chat, turn["press"])[-1]
        telegram.tap(chat, call.buttons[turn["press"]], call.message_id or 0)
    else:
        latitude, longitude = turn["at"]
        telegram.message(chat, location={"latitude": latitude, "longitude": longitude})

    def said() -> str:
        since = telegram.sent(chat)[before:]
        return "\n".join([*(call.text for call in since), *(b for c in since for b in c.buttons)])

    try:
        telegram.wait(lambda: all(part in said() for part in turn["sees"]))
    except AssertionError:
        raise AssertionError(f"{turn}: {said()}") from None
    there = [part for part in turn.get("never", ()) if part in said()]
    assert not there, f"{turn}: {there} in {said()}"


def _with_button(telegram: FakeTelegram, chat: int, title: str) -> list[Call]:
    return [call for call in telegram.sent(chat) if title in call.buttons]
