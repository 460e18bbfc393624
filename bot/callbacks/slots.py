"""The half-days in which somebody can be called back: pure. Moments are naive UTC, days China's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bot.duty import sla
from knowledge.china import CHINA
from knowledge.hours import Weekly
from knowledge.workdays import day_kind, next_working_day

WORKING_DAYS = 3  # after today
KIND = "callback"
# what is left of a half-day must hold a call
LEAST_LEFT = timedelta(hours=1)
OFFSET = CHINA.utcoffset(None)


class Half(StrEnum):
    """A half of a day."""

    am = "am"
    pm = "pm"


_SPANS = {Half.am: (time(8), time(12)), Half.pm: (time(12), time(18))}


@dataclass(frozen=True, order=True)
class Slot:
    """One half-day; its order is that of time."""

    day: date
    half: Half

    @property
    def value(self) -> str:
        """As the choice that means it."""
        return f"{KIND}:{self.day.isoformat()}:{self.half}"

    @property
    def starts(self) -> datetime:
        return datetime.combine(self.day, _SPANS[self.half][0]) - OFFSET

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.day, _SPANS[self.half][1]) - OFFSET

    @classmethod
    def read(cls, value: str) -> Slot | None:
        """From `<yyyy-mm-dd>:<am|pm>`; None for anything else."""
        day, _, half = value.partition(":")
        try:
            found = cls(date.fromisoformat(day), Half(half))
        except ValueError:
            return None
        # fromisoformat reads other spellings too: each half-day has one
        return found if found.day.isoformat() == day else None


def half_days(now: datetime, weekly: Weekly | None) -> list[Slot]:
    """Today while there is time, and the next three working days, in order.

    Where duty hours are set: only the half-days into which some of them fall.
    """
    today = (now + OFFSET).date()
    days = [] if day_kind(today).off else [today]
    day = today
    for _ in range(WORKING_DAYS):
        day = next_working_day(day + timedelta(days=1))
        days.append(day)
    slots = (Slot(day, half) for day in days for half in Half)
    return [slot for slot in slots if _can_hold_a_call(slot, now, weekly)]


def _can_hold_a_call(slot: Slot, now: datetime, weekly: Weekly | None) -> bool:
    begins = max(slot.starts, now)
    if slot.ends - begins < LEAST_LEFT:
        return False
    return weekly is None or sla.elapsed(begins, slot.ends, weekly) > timedelta(0)
