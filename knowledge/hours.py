"""Is a place open: weekly hours, public holidays, made-up working days, closures of staff.

Hours that are known only as words, or not at all, are never computed with: the answer is then
"not known". Times are China's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from knowledge.china import CHINA
from knowledge.workdays import Day, day_kind, holiday_name

LOOK_AHEAD_DAYS = 14
WORKING_WEEK = frozenset(range(1, 6))


@dataclass(frozen=True)
class Span:
    """Open from `opens` to `closes` on these days of the week (1 Monday … 7 Sunday)."""

    days: frozenset[int]
    opens: time
    closes: time


@dataclass(frozen=True)
class Weekly:
    """A place's hours as data. On public holidays it is closed, open, or nobody knows."""

    spans: tuple[Span, ...]
    on_holidays: bool | None


@dataclass(frozen=True)
class Closure:
    """Staff said that nobody is there: from one moment to another (China's time), and why."""

    id: int
    point_id: str
    starts: datetime
    ends: datetime
    reason: str | None


class Why(StrEnum):
    """What decided whether it is open."""

    closure = "closure"
    holiday = "holiday"
    made_up = "made_up"
    weekly = "weekly"
    not_announced = "not_announced"
    no_hours = "no_hours"


@dataclass(frozen=True)
class Opening:
    """Open or not, or None: not known; when it opens next; the closure or holiday behind it."""

    now: bool | None
    why: Why
    opens_next: datetime | None = None
    closure: Closure | None = None
    holiday: str | None = None


def read_weekly(opening: dict[str, Any]) -> Weekly:
    """From {weekly: [{days, from, to}], holidays: closed | open | null}.

    Raises KeyError, ValueError: a field is missing, an hour is none, a span ends before it begins.
    """
    spans = []
    for item in opening["weekly"]:
        span = Span(
            frozenset(item["days"]),
            time.fromisoformat(item["from"]),
            time.fromisoformat(item["to"]),
        )
        if not span.days or not span.days <= set(range(1, 8)):
            raise ValueError(f"days 要写 1 到 7：{item['days']}")
        if span.opens >= span.closes:
            raise ValueError(f"from 要早于 to：{item['from']}")
        spans.append(span)
    return Weekly(tuple(spans), {"closed": False, "open": True, None: None}[opening["holidays"]])


def opening_at(weekly: Weekly | None, closures: Sequence[Closure], moment: datetime) -> Opening:
    """What a resident at `moment` (with its offset) is to be told of a place."""
    here = moment.astimezone(CHINA)
    closed = _closed_by(closures, here)
    if closed:
        return Opening(False, Why.closure, _next(weekly, closures, closed.ends), closed)
    if weekly is None:
        return Opening(None, Why.no_hours)
    spans, why = spans_on(weekly, here.date())
    if spans is None:
        return Opening(None, why, holiday=holiday_name(here.date()))
    now = any(span.opens <= here.time() < span.closes for span in spans)
    opens_next = None if now else _next(weekly, closures, here)
    return Opening(now, why, opens_next, holiday=holiday_name(here.date()))


def closed_today(closures: Sequence[Closure], moment: datetime) -> Closure | None:
    """A closure that reaches into what is left of the day."""
    here = moment.astimezone(CHINA)
    tomorrow = datetime.combine(here.date() + timedelta(days=1), time(), CHINA)
    return next((c for c in closures if c.ends > here and c.starts < tomorrow), None)


def _closed_by(closures: Sequence[Closure], moment: datetime) -> Closure | None:
    """The closure that holds `moment`, the one that ends last."""
    holding = [closure for closure in closures if closure.starts <= moment < closure.ends]
    return max(holding, key=lambda closure: closure.ends, default=None)


def spans_on(weekly: Weekly, day: date) -> tuple[list[Span] | None, Why]:
    """The spans of a day and what decided; None when it is not known whether it opens."""
    kind = day_kind(day)
    if kind is Day.unknown:
        return None, Why.not_announced
    if kind is Day.holiday and weekly.on_holidays is not True:
        return (None, Why.holiday) if weekly.on_holidays is None else ([], Why.holiday)
    if kind is Day.made_up and weekly.on_holidays is False:
        # who rests on the holiday works on the day that is made up for it, if all days are alike
        usual = [span for span in weekly.spans if span.days >= WORKING_WEEK]
        mixed = any(span.days & WORKING_WEEK and span not in usual for span in weekly.spans)
        return (None, Why.made_up) if mixed else (usual, Why.made_up)
    return [span for span in weekly.spans if day.isoweekday() in span.days], Why.weekly


def _next(weekly: Weekly | None, closures: Sequence[Closure], after: datetime) -> datetime | None:
    """The first opening after a moment; None when a day between is not known, or none comes."""
    if weekly is None:
        return None
    for ahead in range(LOOK_AHEAD_DAYS + 1):
        day = after.astimezone(CHINA).date() + timedelta(days=ahead)
        spans, _ = spans_on(weekly, day)
        if spans is None:
            return None
        for span in sorted(spans, key=lambda span: span.opens):
            opens = datetime.combine(day, span.opens, CHINA)
            shuts = datetime.combine(day, span.closes, CHINA)
            begin = max(opens, after)
            while closed := _closed_by(closures, begin):
                begin = closed.ends
            if begin < shuts:
                return begin
    return None
