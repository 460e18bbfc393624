"""The console's clocks, in duty hours: how long somebody waits, and when that is too long.

Moments are naive UTC, as stored; a city's hours are China's clock. `weekly` None: nobody has said
when the console is staffed, then every second counts. On a day of which nobody knows whether it is
worked, the hours of its weekday count: a wait must not hide behind a calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from knowledge.china import CHINA
from knowledge.hours import Weekly, spans_on

CONTENT = Path(__file__).parent / "content" / "sla.yml"
# longer than any holiday: after so many days without an hour of duty there will be none
IDLE_DAYS = 60
NEVER = timedelta(0)
OFFSET = CHINA.utcoffset(None)
LAST_MINUTE = time(23, 59)


class Standing(StrEnum):
    """How a wait stands to its allowance; people read its name and see its colour."""

    ok = "ok"
    soon = "soon"
    broken = "broken"


@dataclass(frozen=True)
class Allowance:
    """Of one kind of wait: when it is nearly too long, and when it is."""

    soon: timedelta
    broken: timedelta


@dataclass(frozen=True)
class Clocks:
    """Every internal clock; none is ever shown to a resident."""

    normal: Allowance
    urgent: Allowance
    # until the first answer, a person's as the bot's
    first_reply: timedelta

    def of(self, urgent: bool) -> Allowance:
        """The allowance of a wait for a person."""
        return self.urgent if urgent else self.normal


@cache
def clocks() -> Clocks:
    """content/sla.yml, read once a process. Raises KeyError, ValueError."""
    content = yaml.safe_load(CONTENT.read_text(encoding="utf-8"))
    return Clocks(
        _allowance(content["wait"]["normal"]),
        _allowance(content["wait"]["urgent"]),
        timedelta(seconds=content["first_reply"]),
    )


def elapsed(start: datetime, end: datetime, weekly: Weekly | None) -> timedelta:
    """The time of duty between two moments; nothing when `end` is not after `start`."""
    if end <= start:
        return NEVER
    if weekly is None:
        return end - start
    counted = NEVER
    for opens, shuts in _windows(weekly, start):
        if opens >= end:
            break
        counted += min(shuts, end) - opens
    return counted


def due(start: datetime, allowance: timedelta, weekly: Weekly | None) -> datetime | None:
    """The first moment at which `allowance` of duty time has passed; None: it never will."""
    if weekly is None or allowance <= NEVER:
        return start + max(allowance, NEVER)
    left = allowance
    for opens, shuts in _windows(weekly, start):
        if shuts - opens >= left:
            return opens + left
        left -= shuts - opens
    return None


def standing(
    urgent: bool, waiting_since: datetime, now: datetime, weekly: Weekly | None
) -> Standing:
    """How long somebody has waited for a person, held against the clocks."""
    waited, allowance = elapsed(waiting_since, now, weekly), clocks().of(urgent)
    if waited >= allowance.broken:
        return Standing.broken
    return Standing.soon if waited >= allowance.soon else Standing.ok


def on_duty(weekly: Weekly | None, moment: datetime) -> bool:
    """Whether the clocks run at a moment."""
    return elapsed(moment, moment + timedelta.resolution, weekly) > NEVER


def _windows(weekly: Weekly, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of duty from a moment on, in order; none overlaps the next."""
    day = (start + OFFSET).date()
    reached = start
    idle = 0
    while idle < IDLE_DAYS:
        idle += 1
        for opens, shuts in _of_day(weekly, day):
            if shuts > reached:
                yield max(opens, reached), shuts
                reached = shuts
                idle = 0
        day += timedelta(days=1)


def _of_day(weekly: Weekly, day: date) -> list[tuple[datetime, datetime]]:
    """A day's spans in UTC, by their beginning; they may overlap."""
    spans, _ = spans_on(weekly, day)
    if spans is None:
        spans = [span for span in weekly.spans if day.isoweekday() in span.days]
    return sorted((_utc(day, span.opens), _until(day, span.closes)) for span in spans)


def _until(day: date, clock: time) -> datetime:
    """Round the clock can only be written as 00:00 to 23:59: that goes on to midnight."""
    if clock >= LAST_MINUTE:
        return _utc(day + timedelta(days=1), time())
    return _utc(day, clock)


def _utc(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock) - OFFSET


def _allowance(given: dict[str, int]) -> Allowance:
    found = Allowance(timedelta(seconds=given["soon"]), timedelta(seconds=given["broken"]))
    if not NEVER < found.soon <= found.broken:
        raise ValueError(f"soon 不能晚于 broken：{given}")
    return found
