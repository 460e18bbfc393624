"""The article of a law as it stands on a day, and the lengths of time in a text."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import cn2an

from knowledge.law.library import laws

REVIEWED = date(2026, 11, 26)
AMOUNT = re.compile(r"(?:\d+|[一二两三四五六七八九十百]+)(?:个工作日|个月|日|天|年|小时)")


@cache
def article(law: str, number: str, day: date = REVIEWED) -> str | None:
    """Text of an article by the law's short name, in the version in force on `day`."""
    version = laws().in_force(law, day)
    found = laws().article(version, number) if version else None
    return found.text if found else None


def amounts(text: str) -> list[str]:
    """Every length of time in a text, in Chinese numerals: 60日 and 六十日 are both 六十日."""
    return [
        re.sub(r"\d+", lambda found: in_chinese(int(found[0])), amount)
        for amount in AMOUNT.findall(text)
    ]


def in_chinese(number: int) -> str:
    """A number in Chinese numerals, as laws write it: 十, not 一十."""
    return re.sub("^一十", "十", cn2an.an2cn(number))
