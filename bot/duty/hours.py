"""Duty hours as people write them, as the table keeps them, and back."""

from __future__ import annotations

from typing import Any

from knowledge.editing import reading
from knowledge.editing.frame import Frame
from knowledge.editing.words import Misread, editing_words

# the end of a day cannot be written into a span: bot.duty.sla takes its last minute for it
END_OF_DAY, LAST_MINUTE = "24:00", "23:59"
ROUND_THE_CLOCK = {
    "weekly": [{"days": [*range(1, 8)], "from": "00:00", "to": LAST_MINUTE}],
    "holidays": "open",
}
LONGEST = 600
HOLIDAYS = ("closed", "open", "unknown")


class BadHours(ValueError):
    """A line of the hours is none. `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def read(text: str, holidays: str, frame: Frame) -> dict[str, Any] | None:
    """From 周一至周五 9:00-12:00 14:30-17:30, a line for each group of days; None: nothing said.

    Raises BadHours.
    """
    if not text.strip():
        return None
    for sign in (END_OF_DAY, END_OF_DAY.replace(":", "：")):
        text = text.replace(sign, LAST_MINUTE)
    try:
        weekly = reading.spans(text, frame)
    except Misread as error:
        raise BadHours(int(str(error.values.get("line", 1)))) from None
    return {"weekly": weekly, "holidays": None if holidays == "unknown" else holidays}


def written(weekly: dict[str, Any] | None, frame: Frame) -> str:
    """The lines again; empty when nothing was said."""
    if not weekly:
        return ""
    return reading.written_spans(weekly["weekly"], frame).replace(f"-{LAST_MINUTE}", "-24:00")


def holidays_of(weekly: dict[str, Any] | None) -> str:
    """closed | open | unknown."""
    return str((weekly or {}).get("holidays") or "unknown")


def holiday_names() -> dict[str, str]:
    """The three answers by their names."""
    names: dict[str, str] = editing_words()["choices"]["holidays"]
    return names
