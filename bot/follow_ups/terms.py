"""By when a follow-up wants its result: our own clock, in China's working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from bot.follow_ups.states import Kind, State
from knowledge.workdays import SATURDAY, day_kind

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


def due_on(day: date, days: int) -> date:
    """The last of so many working days after `day`, which itself does not count.

    Where the holidays of a year are not announced yet, only its weekends are off.
    """
    for _ in range(days):
        day += timedelta(days=1)
        while not _worked(day):
            day += timedelta(days=1)
    return day


def clock(state: State, due: date, today: date) -> Clock:
    """How a follow-up stands."""
    if state is State.closed:
        return Clock(Standing.settled, 0)
    if due < today:
        return Clock(Standing.overdue, (today - due).days)
    if due == today:
        return Clock(Standing.today, 0)
    return Clock(Standing.running, (due - today).days)


def _worked(day: date) -> bool:
    off = day_kind(day).off
    return day.weekday() < SATURDAY if off is None else not off
