"""By when a follow-up wants its result: our own clock, in China's working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from bot.follow_ups.states import Kind, State

FILE = Path(__file__).parent / "content" / "terms.yml"


class Standing(StrEnum):
    """How a deadline stands today."""

    running = "running"
    today = "today"  # the last day
    overdue = "overdue"
    settled = "settled"  # closed: no clock runs any more


@dataclass(frozen=True)
class Clock:
    """`days` (of the calendar) until the deadline, or since it; 0 on the last day, or settled."""

    standing: Standing
    days: int


@cache
def working_days(kind: Kind) -> int:
    """How many there are for a kind."""
    content: dict[str, dict[str, int]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return content["working_days"][kind]


def clock(state: State, due: date, today: date) -> Clock:
    """How a follow-up stands."""
    if state is State.closed:
        return Clock(Standing.settled, 0)
    if due < today:
        return Clock(Standing.overdue, (today - due).days)
    if due == today:
        return Clock(Standing.today, 0)
    return Clock(Standing.running, (due - today).days)
