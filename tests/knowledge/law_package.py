"""The article of a law as it stands on a day."""

from __future__ import annotations

from datetime import date
from functools import cache

from knowledge.law.amounts import AMOUNT, amounts, in_chinese
from knowledge.law.library import laws

__all__ = ["AMOUNT", "REVIEWED", "amounts", "article", "in_chinese"]
REVIEWED = date(2026, 11, 26)


@cache
def article(law: str, number: str, day: date = REVIEWED) -> str | None:
    """Text of an article by the law's short name, in the version in force on `day`."""
    version = laws().in_force(law, day)
    found = laws().article(version, number) if version else None
    return found.text if found else None
