"""The days that residents say, and the numbers that only look like days."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text import normalise
from knowledge.time_limits.said import Said, read_dates

FILE = Path(__file__).parents[1] / "said_dates.yml"
CASES: list[dict[str, Any]] = [
    case
    for section in yaml.safe_load(FILE.read_text(encoding="utf-8")).values()
    for case in section
]
TODAY = date(2026, 11, 26)
DAYS = st.dates(date(2004, 1, 1), date(2035, 12, 31))


def _wanted(case: dict[str, Any]) -> list[tuple[date, date]]:
    if "days" in case:
        return [tuple(one) if isinstance(one, list) else (one, one) for one in case["days"]]
    if "from" in case:
        return [(case["from"], case["to"])]
    return [(case["day"], case["day"])] if "day" in case else []


def said(text: str, today: date = TODAY) -> tuple[Said, ...]:
    return read_dates(normalise(text), today)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_a_day_as_it_is_said(case: dict[str, Any]) -> None:
    found = said(case["text"], case.get("today", TODAY))
    assert [(one.first, one.last) for one in found] == _wanted(case)


def test_there_are_enough_ways_of_saying() -> None:
    assert len({(case["text"], case.get("today")) for case in CASES}) == len(CASES) >= 100


@given(day=DAYS, today=DAYS)
def test_a_full_date_is_that_day_whenever_it_is_said(day: date, today: date) -> None:
    (found,) = said(f"{day.year}年{day.month}月{day.day}日收到的", today)
    assert (found.first, found.last) == (day, day)


@given(today=DAYS, back=st.integers(1, 99))
def test_days_ago_are_counted_back(today: date, back: int) -> None:
    (found,) = said(f"{back}天前收到的", today)
    assert found.first == found.last == today - timedelta(days=back)


@given(today=DAYS, back=st.integers(0, 27))
def test_a_day_without_its_month_is_the_nearest_past_one(today: date, back: int) -> None:
    day = today - timedelta(days=back)
    (found,) = said(f"{day.day}号收到的", today)
    assert found.first == day


@given(
    today=DAYS,
    text=st.text(
        alphabet="0123456789年月日号周前天上个十一二三廿卅百千多半左右.-/零内 ", max_size=24
    ),
)
def test_any_text_gives_days_in_order_inside_it(today: date, text: str) -> None:
    plain = normalise(text)
    found = read_dates(plain, today)
    assert all(0 <= one.start < one.end <= len(plain) for one in found)
    assert all(one.first <= one.last for one in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
