"""Which of the days in a story is the one from which a limit runs; where that is unsure, none."""

from __future__ import annotations

import re
from datetime import date

import pytest

from knowledge.time_limits.limits import TimeLimit, answer_day, hear_start
from knowledge.time_limits.reckoning import Length, Unit

TODAY = date(2026, 11, 26)
HEARD = (
    re.compile("(收到|拿到|送达).{0,8}(决定|罚单|处罚|判决)?"),
    re.compile("处罚|决定书|罚单|判决"),
)
LIMIT = TimeLimit(
    "any.limit", "申请复议", "收到那天", "哪天收到的？", Length(60, Unit.days),
    "六十日", "行政复议法", "第二十条", None, HEARD,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("10月15号收到罚单11月5号去复议", "2026-10-15"),
        ("处罚决定书落款9月1号，9月20号收到", "2026-09-20"),
        ("决定书上写着9月1号，我9月20号才拿到", "2026-09-20"),
        ("9月3号来查的，15号收到处罚决定书", "2026-09-15"),
        ("判决书11月20号收到。更正：11月10号收到", "2026-11-10"),
        ("11月20号收到判决，不对，11月10号收到的", "2026-11-10"),
        ("上个月3号查的车，20号收到处罚决定书，现在还来得及吗", "2026-10-20"),
    ],
)
def test_the_day_of_the_event(text: str, day: str) -> None:
    said = hear_start(LIMIT, text, TODAY)
    assert said
    assert said.exact
    assert said.first.isoformat() == day


@pytest.mark.parametrize(
    "text",
    [
        "昨天还没收到判决",
        "上个月20号开的庭，判决书还没下来",
        "9月28号还是29号收到处罚决定书",
        "自收到处罚决定书之日起十五日",
        "要求我收到决定书后12月10号之前缴纳罚款",
        "今天打电话问，说没有收到",
    ],
)
def test_no_day_where_none_is_sure(text: str) -> None:
    assert hear_start(LIMIT, text, TODAY) is None


@pytest.mark.parametrize("text", ["昨天还没收到", "不是昨天", "没拿到，昨天问的"])
def test_no_answer_to_the_question_for_the_day(text: str) -> None:
    assert answer_day(text, TODAY) is None


def test_where_it_stands_in_the_text() -> None:
    text = "车被扣了，9月20号收到处罚决定书"
    said = hear_start(LIMIT, text, TODAY)
    assert said
    assert text[said.start : said.end] == "9月20号"
