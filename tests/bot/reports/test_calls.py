"""The telephone's pasted table, as people copy it out of whatever they have."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reports.calls import MOST_ROWS, Day, read_table

TODAY = date(2026, 11, 27)
FIRST = Day(date(2026, 11, 1), 120, 117, 101)


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-01\t120\t117\t101",
        "2026-11-01 120 117 101",
        "  2026-11-01   120  117 101 ",
        "2026/11/1,120,117,101",
        "2026.11.01;120;117;101",
        "2026年11月1日、120、117、101",
        "２０２６－１１－０１\t１２０\t１１７\t１０１",
    ],
)
def test_a_day_however_it_is_written(line: str) -> None:
    table = read_table(line, TODAY)
    assert list(table.days.values()) == [FIRST]
    assert table.good
    assert not table.notices


@pytest.mark.parametrize("end", ["", "\t", ",", " "])
def test_the_last_column_may_be_missing(end: str) -> None:
    line = f"2026-11-01{end or ' '}120{end or ' '}117{end}"
    (day,) = read_table(line, TODAY).days.values()
    assert day == Day(date(2026, 11, 1), 120, 117, None)


def test_thousands_in_a_cell_are_one_number() -> None:
    (day,) = read_table("2026-11-01\t1,200\t1,100\t1,001", TODAY).days.values()
    assert (day.offered, day.answered, day.within_30) == (1200, 1100, 1001)
    assert not read_table("2026-11-01 1,200 1,100", TODAY).good  # which sign parts what?


@pytest.mark.parametrize("heading", ["日期\t呼入\t接通\t30秒内接通", "12348 电话 呼入 接通", "\n"])
def test_a_heading_is_passed_over(heading: str) -> None:
    assert read_table(f"{heading}\n2026-11-01 120 117 101", TODAY).good


def test_a_line_without_digits_further_down_is_no_heading() -> None:
    table = read_table("2026-11-01 120 117\n合计 一共 很多", TODAY)
    assert [(said.line, said.key) for said in table.problems] == [(2, "day")]


def test_a_day_given_twice_counts_as_it_was_given_last() -> None:
    table = read_table("2026-11-01 1 1\n2026-11-02 2 2\n2026-11-01 120 117 101", TODAY)
    assert table.days[FIRST.day] == FIRST
    assert [(said.line, said.values["before"]) for said in table.notices] == [(3, 1)]


def test_today_may_be_told_tomorrow_may_not() -> None:
    assert read_table("2026-11-27 1 1", TODAY).good
    assert [said.key for said in read_table("2026-11-28 1 1", TODAY).problems] == ["future"]


def test_there_is_an_end() -> None:
    lines = [f"{2000 + n // 336}-{n // 28 % 12 + 1}-{n % 28 + 1} 1 1" for n in range(MOST_ROWS + 9)]
    table = read_table("\n".join(lines), TODAY)
    assert [said.key for said in table.problems] == ["too_many"]
    assert read_table("\n".join(lines[:MOST_ROWS]), TODAY).good


COUNTS = st.integers(0, 10_000)


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), TODAY), COUNTS, COUNTS, st.none() | COUNTS)
def test_never_more_answered_than_offered(
    day: date, offered: int, answered: int, within: int | None
) -> None:
    cells = [str(day), str(offered), str(answered), *([] if within is None else [str(within)])]
    table = read_table("\t".join(cells), TODAY)
    fits = answered <= offered and (within is None or within <= answered)
    assert table.good == fits
    if fits:
        assert table.days == {day: Day(day, offered, answered, within)}


@settings(deadline=None)
@given(st.text(max_size=200))
def test_whatever_is_pasted_it_is_read_or_refused_line_by_line(text: str) -> None:
    table = read_table(text, TODAY)
    for day in table.days.values():
        assert day.answered <= day.offered
        assert day.day <= TODAY
    for said in table.problems:
        assert 1 <= said.line <= len(text.splitlines()) + 200
