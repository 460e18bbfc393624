"""What is written can be read again, holds no formula, and appears only when it is whole."""

from __future__ import annotations

import csv
import errno
import json
import os
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.triage_file.cells import ABSENT, executable, for_csv, for_xlsx, from_xlsx
from bot.triage_file.reading import Table, open_table
from bot.triage_file.refusal import Refusal
from bot.triage_file.writing import Output, check_fit, check_output

ODD = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n", "=", "＝1", "'=1", '"', '"",\r\n', ",",
    "#N/A", "#REF!", "TRUE", "0012", "1e5", "2025-03-01", "_x000D_",
    "<b>&amp;</b>", "]]>", " 前后 ",
    "\x00", "\x1b[31m", "\ud800", "\ufeff", "\ufffe", "\u2028", "😀", "𠮷", "{=1+1}",
    '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0", "%0A", "长" * 3000,
]  # fmt: skip
texts = st.sampled_from(ODD) | st.text(alphabet=st.characters(codec=None), max_size=30)
tables = st.lists(st.lists(texts, min_size=2, max_size=2), min_size=1, max_size=8)
every_odd_one = [[text, "末"] for text in ODD]


def write(file: Path, rows: list[list[object]], columns: tuple[str, ...] = ("text", "b")) -> None:
    with Output(file, columns) as output:
        for row in rows:
            output.append(row)
        output.finish()
        output.publish()


def kept(rows: list[list[str]]) -> list[list[str]]:
    """With something in the last cell: empty ends are not kept."""
    return [[first, last or "末"] for first, last in rows]


@given(tables)
@example(every_odd_one)
@settings(deadline=None)
def test_csv_comes_back_and_nothing_in_it_can_be_computed(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.csv"
        write(file, [list(row) for row in kept(rows)])
        assert file.read_bytes().startswith(b"\xef\xbb\xbf")
        back = [row.cells for row in open_table(file).rows()]
        with file.open(encoding="utf-8-sig", newline="") as opened:
            assert not any(executable(cell) for row in csv.reader(opened) for cell in row)
    wanted = [[for_csv(cell) or None for cell in row] for row in kept(rows)]
    assert [[cell or None for cell in row] for row in back] == wanted


@given(tables)
@example(every_odd_one)
@settings(deadline=None, max_examples=40)
def test_xlsx_comes_back_and_holds_no_formula(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.xlsx"
        write(file, [list(row) for row in kept(rows)])
        back = [row.cells for row in open_table(file).rows()]
        book = load_workbook(file, data_only=False)
        assert book.active is not None
        for row in book.active.iter_rows():
            for cell in row:
                assert cell.data_type == "s" or cell.value is None
                if isinstance(cell.value, str) and executable(cell.value):
                    assert cell.quotePrefix
        book.close()
    wanted = [[from_xlsx(for_xlsx(cell)) or None for cell in row] for row in kept(rows)]
    assert [[cell or None for cell in row] for row in back] == wanted


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(["text", "", "服务"]), values), max_size=8))
@settings(deadline=None)
def test_jsonl_comes_back_as_it_was(rows: list[dict[str, object]]) -> None:
    columns = ("text", "", "服务")
    cells = [[row.get(column, ABSENT) for column in columns] for row in rows]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.jsonl"
        write(file, cells, columns)
        back = [json.loads(line) for line in file.read_text("utf-8").split("\n")[:-1]]
    assert back == [{key or "第 2 列": row[key] for key in columns if key in row} for row in rows]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".jsonl"])
def test_every_kind_of_cell_fits_everywhere(tmp_path: Path, ending: str) -> None:
    when = datetime(2025, 3, 1, 9, 5)  # noqa: DTZ001
    row: list[object] = [1, 0.5, True, None, ABSENT, when, when.time(), [1], {"a": "=1"}, 10**20]
    columns = tuple(f"列{n}" for n in range(len(row)))
    file = tmp_path / f"a{ending}"
    write(file, [row], columns)
    table = open_table(file)
    (back,) = table.rows()
    assert len(back.cells) == len(table.columns)
    assert str(back.cells[-1]) == "1" + "0" * 20


def test_a_header_is_no_formula_either(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", [["1", "2"]], ("=1+1", "b"))
    assert open_table(tmp_path / "a.csv").columns == ("'=1+1", "b")


def test_what_a_sheet_has_no_room_for_is_counted(tmp_path: Path) -> None:
    with Output(tmp_path / "a.xlsx", ["text"]) as output:
        output.append(["长" * 32767])
        assert output.shortened == 0
        output.append(["长" * 32768])
        assert output.shortened == 1
        output.finish()
        output.publish()
    assert [len(str(row.cells[0])) for row in open_table(tmp_path / "a.xlsx").rows()] == [32767] * 2


# ------------------------------------------------------------------------- whole or not at all


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".jsonl"])
@pytest.mark.parametrize("finished", [True, False])
def test_what_is_not_published_leaves_nothing(tmp_path: Path, ending: str, finished: bool) -> None:
    file = tmp_path / f"a{ending}"
    file.write_bytes(b"old")

    def stopped() -> None:
        with Output(file, ["text"]) as output:
            output.append(["欠薪"])
            if finished:
                output.finish()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == b"old"


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".jsonl"])
def test_a_full_disk_is_one_line(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refusal, match="磁盘满了"):
        write(tmp_path / f"a{ending}", [["欠薪"]], ("text",))
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_full_already_is_one_line() -> None:
    with pytest.raises(Refusal, match="写不了") as raised:
        Output(Path("/proc/a.csv"), ["text"])
    assert len(str(raised.value).splitlines()) == 1


def test_nobody_else_s_file_is_written_through(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("其他")
    (tmp_path / f".wenfa-{os.getpid()}.part").symlink_to(other)
    with pytest.raises(Refusal):
        Output(tmp_path / "a.csv", ["text"])
    assert other.read_text() == "其他"


# ------------------------------------------------------------------------------- what may not be


def key_of(source: Path, output: Path, force: bool = False) -> str:
    with pytest.raises(Refusal) as raised:
        check_output(source, output, force)
    return raised.value.key


def test_outputs_that_are_refused(tmp_path: Path) -> None:
    source, there, link = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv"
    source.write_text("x")
    there.write_text("x")
    link.symlink_to(source)
    (tmp_path / "d.csv").mkdir()
    (tmp_path / "e.csv").hardlink_to(source)
    assert key_of(source, source, force=True) == "same_file"
    assert key_of(source, tmp_path / ".." / tmp_path.name / "a.csv") == "same_file"
    assert key_of(source, link, force=True) == "same_file"
    assert key_of(source, tmp_path / "e.csv", force=True) == "same_file"
    assert key_of(source, there) == "exists"
    check_output(source, there, force=True)
    assert key_of(source, tmp_path / "d.csv", force=True) == "no_plain_file"
    assert key_of(source, tmp_path / "none" / "b.csv") == "no_folder"
    assert key_of(source, tmp_path / "b.txt") == "unknown_ending"
    assert key_of(source, tmp_path / ("长" * 200 + ".csv")) == "unwritable"
    check_output(source, tmp_path / "new.csv", force=False)


def test_what_a_sheet_cannot_hold_is_said_before_anything_is_judged() -> None:
    long = Table(("text",), 1_048_576, lambda: iter(()))
    wide = Table(("text",) * 16_384, 1, lambda: iter(()))
    for table, key in ((long, "too_many_rows"), (wide, "too_many_columns")):
        with pytest.raises(Refusal) as raised:
            check_fit(table, 11, Path("a.xlsx"))
        assert raised.value.key == key
        check_fit(table, 11, Path("a.csv"))
