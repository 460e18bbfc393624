"""By which day a desk has to have received a slip, finished it or said something about it.

Whole days on China's calendar, counted in working days; for staff only, never a promise to a
resident.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

import yaml

from bot.clock import china_day
from bot.slips.states import LIVE, SlipState
from knowledge.workdays import working_days_after

FILE = Path(__file__).parent / "deadlines.yml"


@dataclass(frozen=True)
class Deadlines:
    """Working days: from sending to receiving, and from the desk's last word to the next one."""

    receive: int
    speak: int


@cache
def deadlines() -> Deadlines:
    """What deadlines.yml says, read once a process."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Deadlines(int(content["receive"]), int(content["speak"]))


def due_on(
    state: SlipState, sent_at: datetime, said_at: datetime | None, limits: Deadlines
) -> date | None:
    """The last day on which the desk is in time; None when nothing is left to do.

    `said_at`: when the desk last said anything. Times are naive UTC.
    """
    if state not in LIVE:
        return None
    if state is SlipState.sent:
        return working_days_after(china_day(sent_at), limits.receive)
    return working_days_after(china_day(said_at or sent_at), limits.speak)


def is_overdue(due: date | None, today: date) -> bool:
    """Whether the last day in time has passed."""
    return due is not None and today > due
