"""A city's figures of economic hardship, each from a day on: the newest one of a day holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

# the source's own words at the line itself
INCLUDED = "不超过"
EXCLUDED = "低于"


@dataclass(frozen=True)
class Standard:
    """A city's figures from a day on: yuan a head and month. `full` is the whole mean income.

    `at_line` 不超过: who earns exactly the line is within it; 低于: is not.
    """

    city_id: str
    from_: date
    line: float
    at_line: str
    full: float | None
    source: str
    as_of: str
    verified: bool


def in_force(standards: Iterable[Standard], day: date) -> Standard | None:
    """The figures of a day; None when none is known for it."""
    known = [standard for standard in standards if standard.from_ <= day]
    return max(known, key=lambda standard: standard.from_, default=None)
