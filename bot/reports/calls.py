"""The telephone's figures, pasted as a table: read row by row, all of them or none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.reports.tables import CallFigures

MOST_ROWS = 400
MOST_CALLS = 1_000_000
COLUMNS = (3, 4)  # day, offered, answered, and perhaps within thirty seconds
# the signs between cells: the first that a line has
_BETWEEN = ("\t", "、", ";", ",")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+", re.ASCII)
_DAY = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})\D?", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_FIRST = date(2000, 1, 1)


@dataclass(frozen=True)
class Day:
    """One day as the exchange counts it; `within_30` None: not told."""

    day: date
    offered: int
    answered: int
    within_30: int | None


@dataclass(frozen=True)
class Said:
    """Of a line: a key of `problems` or `notices`, and what fills its words."""

    line: int
    key: str
    values: dict[str, object] = field(default_factory=dict)


@dataclass
class Table:
    """What was pasted: the days, what stops them, what is worth knowing."""

    days: dict[date, Day] = field(default_factory=dict)
    problems: list[Said] = field(default_factory=list)
    notices: list[Said] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether it may be applied."""
        return bool(self.days) and not self.problems


def read_table(text: str, today: date) -> Table:
    """Lines of day, calls offered, answered, answered within 30 s; a heading is passed over."""
    table = Table()
    lines_of: dict[date, int] = {}
    plain = unicodedata.normalize("NFKC", text)
    for number, line in enumerate(plain.splitlines(), 1):
        if not line.strip() or (not lines_of and not table.problems and _is_heading(line)):
            continue
        if len(lines_of) >= MOST_ROWS:
            table.problems.append(Said(number, "too_many", {"most": MOST_ROWS}))
            break
        found = _row(line, today)
        if isinstance(found, Day):
            if found.day in lines_of:
                said = {"day": found.day, "before": lines_of[found.day]}
                table.notices.append(Said(number, "twice", said))
            lines_of[found.day] = number
            table.days[found.day] = found
        else:
            key, values = found
            table.problems.append(Said(number, key, values))
    return table


def known_days(session: Session, city_id: str, days: Sequence[date]) -> list[date]:
    """Those of the days of which there are figures already: they would be replaced."""
    query = select(CallFigures.day).where(CallFigures.city_id == city_id, CallFigures.day.in_(days))
    return sorted(session.scalars(query))


def apply(session: Session, city_id: str, days: Sequence[Day], by: str, now: datetime) -> None:
    """Write every day; one that is there is replaced."""
    for one in days:
        session.merge(
            CallFigures(
                city_id=city_id,
                day=one.day,
                offered=one.offered,
                answered=one.answered,
                within_30=one.within_30,
                imported_by=by,
                imported_at=now,
            )
        )


def _is_heading(line: str) -> bool:
    return not any(character.isdigit() for character in line.replace("30", "").replace("12348", ""))


def _row(line: str, today: date) -> Day | tuple[str, dict[str, object]]:
    """A day, or why it is none."""
    sign = next((sign for sign in _BETWEEN if sign in line), None)
    cells = [cell.strip() for cell in line.strip().split(sign)]
    if len(cells) == COLUMNS[-1] and not cells[-1]:
        cells.pop()
    if len(cells) not in COLUMNS:
        return "columns", {"n": len(cells)}
    day = _day(cells[0])
    if day is None:
        return "day", {"value": cells[0][:20]}
    if day > today:
        return "future", {"value": day}
    if day < _FIRST:
        return "day", {"value": cells[0][:20]}
    counts: list[int] = []
    for cell in cells[1:]:
        if _THOUSANDS.fullmatch(cell):
            cell = cell.replace(",", "")
        if not _COUNT.fullmatch(cell) or int(cell) > MOST_CALLS:
            return "count", {"value": cell[:20]}
        counts.append(int(cell))
    offered, answered, *rest = counts
    within = rest[0] if rest else None
    if answered > offered:
        return "answered", {"answered": answered, "offered": offered}
    if within is not None and within > answered:
        return "within", {"within": within, "answered": answered}
    return Day(day, offered, answered, within)


def _day(text: str) -> date | None:
    """2026-11-27, 2026/11/27, 2026.11.27, 2026年11月27日."""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None
