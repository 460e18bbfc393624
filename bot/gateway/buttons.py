"""Buttons and cards of the gateway's own answers."""

from __future__ import annotations

from typing import Any

from bot.gateway.inbound import PERSON
from bot.words import words

HOTLINE = "12348"
POLICE = "110"
Card = dict[str, Any]
_VALUES = {"person": PERSON, "place": "request:find_place", "interview": "aid:resume"}


def buttons(*names: str) -> list[dict[str, str]]:
    """Choices by their names in replies.yml; what is not of the engine is a move of ours."""
    titles = words("replies")["buttons"]
    return [{"title": titles[name], "value": _VALUES.get(name, f"do:{name}")} for name in names]


def hotline() -> Card:
    """12348 as a call to tap."""
    return _notice(None, words("replies")["call"]["text"], "info", HOTLINE)


def danger() -> Card:
    """110, then 12348."""
    text = words("replies")["call"]
    return _notice(text["danger_title"], text["danger"], "urgent", POLICE, HOTLINE)


def first_call(in_danger: bool) -> Card:
    """Whom to call first: 110 for who is in danger, else 12348."""
    return danger() if in_danger else hotline()


def _notice(title: str | None, text: str, tone: str, *numbers: str) -> Card:
    label = words("replies")["call"]["label"]
    calls = [{"label": label.format(number=number), "number": number} for number in numbers]
    return {"type": "notice", "title": title, "text": text, "tone": tone, "calls": calls}
