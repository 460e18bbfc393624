"""Every state and reason has its words, and no word promises a resident anything."""

from __future__ import annotations

import string
from datetime import date
from typing import Any

from bot.slips.states import LIVE, Reason, SlipState
from bot.slips.words import (
    WORDS,
    due_in_words,
    number_shown,
    reason_line,
    reason_name,
    state_name,
)

T = WORDS.words


def leaves(content: Any) -> list[str]:
    if isinstance(content, dict):
        return [text for value in content.values() for text in leaves(value)]
    assert isinstance(content, str), content
    return [content]


def test_every_state_and_reason_has_its_words() -> None:
    assert set(T["states"]) == set(T["resident"]["states"]) == set(SlipState)
    assert set(T["reasons"]) == set(Reason)
    assert len({state_name(state) for state in SlipState}) == len(SlipState)
    assert reason_line("other", None) == reason_name(Reason.other)
    assert reason_line("other", "搬走了") == "其他：搬走了"


def test_nothing_is_there_that_is_not_used() -> None:
    assert set(T) == {
        "states", "reasons", "reason_line", "sent_line", "due", "overdue", "day", "no_place",
        "resident",
    }  # fmt: skip
    assert set(T["resident"]) == {"sent", "done", "progress", "states", "others"}
    assert set(T["due"]) == set(T["overdue"]) == {"sent", "going"}


def test_a_resident_is_promised_nothing_and_hears_of_no_day() -> None:
    for text in leaves(T["resident"]):
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        assert names <= {"desk", "number", "state"}
        assert not any(word in text for word in ("保证", "一定", "工作日", "天内", "最晚"))
    for key in ("sent", "done"):
        assert "12348" in T["resident"][key]


def test_a_day_is_said_with_what_is_to_be_done() -> None:
    day = date(2026, 12, 1)
    for state in LIVE:
        for overdue in (False, True):
            text = due_in_words(state, day, overdue=overdue)
            assert text is not None
            assert "12月1日" in text
            assert text.startswith("已超期") is overdue
    assert due_in_words(SlipState.done, None, overdue=False) is None


def test_a_number_is_read_in_groups() -> None:
    assert number_shown("261103829174-12") == "2611 0382 9174-12"
