"""The words of slips, and times as people read them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.slips.states import Reason, SlipState
from bot.tickets.number import LENGTH, shown
from bot.web.pages import Pages

WORDS = Pages(Path(__file__).parent, "slips")


def state_name(state: str) -> str:
    """已发出, 已接收 …"""
    return str(WORDS.words["states"][SlipState(state)])


def reason_name(reason: str) -> str:
    """不归本台管, 材料不够 …"""
    return str(WORDS.words["reasons"][Reason(reason)])


def reason_line(reason: str, text: str | None) -> str:
    """Why a slip came back, with the desk's own words where there are any."""
    name = reason_name(reason)
    return str(WORDS.words["reason_line"]).format(reason=name, text=text) if text else name


def number_shown(number: str) -> str:
    """As people read it: 2611 0382 9174-1."""
    return shown(number[:LENGTH]) + number[LENGTH:]


def day_in_words(day: date) -> str:
    """11月30日."""
    return str(WORDS.words["day"]).format(month=day.month, day=day.day)


def due_in_words(state: SlipState, due: date | None, *, overdue: bool) -> str | None:
    """By when the desk is to do what, or that this day has passed; for staff only."""
    if due is None:
        return None
    lines = WORDS.words["overdue" if overdue else "due"]
    line = lines["sent" if state is SlipState.sent else "going"]
    return str(line).format(day=day_in_words(due))
