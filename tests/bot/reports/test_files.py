"""A report opened in a spreadsheet: texts stay texts, numbers numbers, and all is explained."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.reports.files import as_csv, as_xlsx
from bot.reports.sheets import Sheet

ATTACKS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", " =1", '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
]  # fmt: skip


def sheet(*rows: tuple[str | int, ...]) -> Sheet:
    return Sheet("x", "按事由", "怎么算的", 7, ("事由", "件数"), rows, "少于 5 件的不写")


@pytest.mark.parametrize("text", ATTACKS)
def test_no_cell_becomes_a_formula(text: str) -> None:
    written = sheet((text, 3))
    (page,) = load_workbook(io.BytesIO(as_xlsx([written], text)))
    for row in page.iter_rows():
        for cell in row:
            assert cell.data_type in ("s", "n")
    last = list(page.iter_rows())[-1]
    assert (last[0].data_type, last[0].quotePrefix) == ("s", True)
    assert last[1].value == 3
    lines = list(csv.reader(io.StringIO(as_csv(written, text).decode("utf-8-sig"), newline="")))
    assert lines[-1][0].startswith("'")
    assert lines[2][0].startswith("'")


def test_above_each_table_stands_what_it_is() -> None:
    written = sheet(("劳动", 7))
    assert as_csv(written, "十一月").startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(as_csv(written, "十一月").decode("utf-8-sig"))))
    assert lines == [
        ["按事由"], ["怎么算的"], ["十一月"], ["n = 7"], ["少于 5 件的不写"], [], ["事由", "件数"],
        ["劳动", "7"],
    ]  # fmt: skip
    (page,) = load_workbook(io.BytesIO(as_xlsx([written], "十一月")))
    assert [row[0] for row in page.iter_rows(values_only=True)] == [
        line[0] if line else None for line in lines
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.integers(0, 10**9)), max_size=5))
def test_whatever_stands_in_it_the_files_open(rows: list[tuple[str, int]]) -> None:
    written = sheet(*rows)
    (page,) = load_workbook(io.BytesIO(as_xlsx([written], "x")))
    assert [row[1] for row in page.iter_rows(min_row=8, max_col=2, values_only=True)] == [
        n for _, n in rows
    ]
    lines = list(csv.reader(io.StringIO(as_csv(written, "x").decode("utf-8-sig"), newline="")))
    assert [line[-1] for line in lines[7:]] == [str(n) for _, n in rows]
