"""The lengths of time that stand in a text, as laws write them."""

from __future__ import annotations

import re

import cn2an

AMOUNT = re.compile(r"(?:\d+|[一二两三四五六七八九十百]+)(?:个工作日|个月|日|天|年|小时)")


def amounts(text: str) -> list[str]:
    """Every length of time in a text, in Chinese numerals: 60日 and 六十日 are both 六十日."""
    return [
        re.sub(r"\d+", lambda found: in_chinese(int(found[0])), amount)
        for amount in AMOUNT.findall(text)
    ]


def in_chinese(number: int) -> str:
    """A number in Chinese numerals, as laws write it: 十, not 一十."""
    return re.sub("^一十", "十", str(cn2an.an2cn(number)))
