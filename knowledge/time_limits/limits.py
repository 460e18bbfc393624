"""A time limit as data, and what it comes to on a day that a resident said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import pairwise

from knowledge.text import normalise
from knowledge.time_limits.reckoning import LastDay, Length, last_day
from knowledge.time_limits.said import Said, read_dates, said_words

SOON_DAYS = 7
_CLAUSE = re.compile("[，。；！？,;!?\n]")
# besides a date, a message that only answers "哪天" says no more than this
LONGEST_ANSWER = 12  # characters


@dataclass(frozen=True)
class TimeLimit:
    """One limit: what has to be done, counted from what, and the article that says so.

    `heard` are the words that name the event from which it runs; `ask` is None where nobody
    should be asked for a day; `exception` is None only where the law knows none.
    """

    id: str
    act: str
    starts: str
    ask: str | None
    length: Length
    text: str
    law: str
    article: str
    exception: str | None
    heard: tuple[re.Pattern[str], ...]

    @property
    def basis(self) -> str:
        return f"{self.law}{self.article}"


class Standing(StrEnum):
    """How a limit stands today."""

    running = "running"
    soon = "soon"  # within its last seven days
    over = "over"


@dataclass(frozen=True)
class Reckoned:
    """A limit with its last day, counted from the earliest day that fits what was said.

    `days_left` to that day; `at_most` to the last day when the latest fitting day is the true one.
    """

    limit: TimeLimit
    start: Said
    last: LastDay
    days_left: int
    at_most: int

    @property
    def certain(self) -> bool:
        """One day was said, the law knows no exception, and the calendar is known."""
        return self.start.exact and self.limit.exception is None and self.last.announced

    @property
    def standing(self) -> Standing:
        if self.at_most < 0:
            return Standing.over
        return Standing.soon if self.days_left <= SOON_DAYS else Standing.running


def reckon(limit: TimeLimit, start: Said, today: date) -> Reckoned | None:
    """The limit from that day on; None when the day is still to come or beyond the calendar."""
    if start.first > today:
        return None
    try:
        last = last_day(start.first, limit.length)
        latest = last_day(min(start.last, today), limit.length)
    except OverflowError:
        return None
    return Reckoned(limit, start, last, (last.day - today).days, (latest.day - today).days)


def hear_start(limit: TimeLimit, text: str, today: date) -> Said | None:
    """The day in a text from which the limit runs: one said beside the words of its event.

    What has not happened yet, what was corrected afterwards, and one of two days are no start; the
    day of receiving comes before the day that stands on the paper.
    """
    plain, choosing = normalise(text), _choosing()
    dates = read_dates(plain, today)
    corrected = max((found.start() for found in choosing["corrected"].finditer(plain)), default=-1)
    heard: list[tuple[bool, Said]] = []
    for begin, clause in _clauses(plain):
        end = begin + len(clause)
        here = [said for said in dates if begin <= said.start < end]
        if not here or end <= corrected:
            continue
        if choosing["not_yet"].search(clause) or choosing["written"].search(clause):
            continue
        event = _event(limit, clause)
        said = _beside(plain, begin + event.start(), begin + event.end(), here) if event else None
        if said:
            heard.append((bool(choosing["received"].search(clause)), said))
    return min(heard, key=lambda one: not one[0], default=(False, None))[1]


def answer_day(text: str, today: date) -> Said | None:
    """The day of a message that is nothing but a day: "上个月15号", "是10月8号收到的"."""
    plain = normalise(text)
    dates = read_dates(plain, today)
    if len(dates) != 1 or _choosing()["not_yet"].search(plain):
        return None
    rest = plain[: dates[0].start] + plain[dates[0].end :]
    return dates[0] if sum(map(str.isalnum, rest)) <= LONGEST_ANSWER else None


def _event(limit: TimeLimit, clause: str) -> re.Match[str] | None:
    """The words of the limit's event; those of receiving before others."""
    found = [match for pattern in limit.heard for match in pattern.finditer(clause)]
    received = _choosing()["received"]
    return min(found, key=lambda m: (not received.search(m[0]), m.start()), default=None)


def _beside(text: str, begin: int, end: int, dates: list[Said]) -> Said | None:
    """The day nearest to the words from `begin` to `end`; None for one day or another."""
    for one, other in pairwise(dates):
        if _choosing()["either"].fullmatch(text[one.end : other.start]):
            return None
    return min(dates, key=lambda said: max(begin - said.end, said.start - end, 0))


@cache
def _choosing() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in said_words()["choosing"].items()}


def _clauses(text: str) -> list[tuple[int, str]]:
    """The clauses of a text with the place where each begins."""
    begins = [0, *(found.end() for found in _CLAUSE.finditer(text))]
    ends = [*(found.start() for found in _CLAUSE.finditer(text)), len(text)]
    return [(begin, text[begin:end]) for begin, end in zip(begins, ends, strict=True)]
