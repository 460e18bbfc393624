"""Every word of the board, the reports and the quality checks is used, and can be filled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.reports import words as report_words_module
from bot.supervise.site import HERE
from tests.bot.test_page import leaves

ROOM = HERE.parent
FILES = {
    "board": HERE / "content" / "board.yml",
    "reports": HERE / "content" / "reports.yml",
    "quality": HERE / "content" / "quality.yml",
    "figures": Path(report_words_module.__file__).parent / "content" / "figures.yml",
}
# found by a value: a count's id, a state, a table, a criterion …
BY_VALUE = re.compile(
    r"ratings\.(columns|rated_)|counts\.|marks\.|standings\.|asked\.kinds\.|operators\.presences\.|calls\.(problems|notices)"
    r"\.|figures\.|platforms\.|sheets\.|sample\.(columns|waits)\.|columns\.|criteria\."
)
SOURCES = "\n".join(
    file.read_text(encoding="utf-8")
    for folder in (HERE, ROOM / "reports")
    for file in sorted(folder.rglob("*"))
    if file.suffix in (".py", ".html", ".js")
)


def content(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILES[name].read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", FILES)
def test_no_word_is_left_over(name: str) -> None:
    unused = [
        path
        for path in leaves(content(name))
        if not BY_VALUE.match(path)
        and not re.search(rf"\b{re.escape(path.rpartition('.')[2])}\b", SOURCES)
    ]
    assert not unused


@pytest.mark.parametrize("name", FILES)
def test_each_line_says_something_and_promises_nothing(name: str) -> None:
    for path, text in leaves(content(name)).items():
        assert isinstance(text, str), path
        assert text.strip(), path
        assert not any(word in text for word in ("保证", "一定能", "肯定能", "承诺")), path


def test_what_is_found_by_a_value_is_there() -> None:
    from bot.duty.presence import Presence
    from bot.duty.sla import Standing
    from bot.reports.quality import MARKS
    from bot.reports.sheets import BY
    from bot.supervise import board

    text = content("board")
    assert set(text["standings"]) == set(Standing)
    assert set(text["operators"]["presences"]) == {*Presence, "lost"}
    assert set(text["counts"]) >= board.BAD | board.LOOK | set(board.LINKS)
    assert set(content("quality")["marks"]) == set(MARKS)
    assert set(content("figures")["sheets"]) == {*BY, "town_matter"}
