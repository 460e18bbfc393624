"""Three kinds of files become the same rows; what is broken is one line, in Chinese."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.triage_file import reading
from bot.triage_file.cells import ABSENT
from bot.triage_file.reading import Row, open_table
from bot.triage_file.refusal import Refusal


def refused(file: Path) -> Refusal:
    """The refusal, which is one line without a trace of English exceptions."""
    with pytest.raises(Refusal) as raised:
        open_table(file)
    assert len(str(raised.value).splitlines()) == 1
    assert "Error" not in str(raised.value)
    return raised.value


def csv_file(folder: Path, data: bytes) -> Path:
    file = folder / "a.csv"
    file.write_bytes(data)
    return file


def jsonl(folder: Path, *lines: str) -> Path:
    file = folder / "a.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


# ------------------------------------------------------------------------------------- csv


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_encodings_there_are(tmp_path: Path, encoding: str) -> None:
    text = "编号,诉求\r\n1,老板欠薪\r\n2,离婚\r\n"
    table = open_table(csv_file(tmp_path, text.encode(encoding)))
    assert table.columns == ("编号", "诉求")
    assert table.count == 2
    assert list(table.rows()) == [Row(2, ("1", "老板欠薪")), Row(3, ("2", "离婚"))]
    assert list(table.rows()) == list(table.rows())


def test_a_character_cut_by_the_block_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK", 1)
    for encoding in ("utf-8", "gb18030"):
        table = open_table(csv_file(tmp_path, "诉求\n老板欠薪\n".encode(encoding)))
        assert table.columns == ("诉求",)


@pytest.mark.parametrize(
    "data",
    [
        "诉求\n老板欠薪\n".encode("utf-16"),
        "text\nx\n".encode("utf-16-le"),
        b"\xff\xfe\xff",
        "诉求".encode()[:-1],
    ],
)
def test_another_encoding_is_said(tmp_path: Path, data: bytes) -> None:
    refusal = refused(csv_file(tmp_path, data))
    assert refusal.key in ("encoding", "no_rows")
    assert refusal.key == "encoding" or data == "诉求".encode()[:-1]


def test_a_row_is_named_by_the_line_where_it_begins(tmp_path: Path) -> None:
    table = open_table(csv_file(tmp_path, b'\n\ntext,b\n"one\ntwo",1\nthree,2\n'))
    assert [row.line for row in table.rows()] == [4, 6]
    assert table.columns == ("text", "b")


def test_empty_rows_between_others_are_rows_and_those_at_the_end_are_not(tmp_path: Path) -> None:
    table = open_table(csv_file(tmp_path, b'text,b\n,\n\n1,2\n"\n",\n,,\n\n\n'))
    rows = list(table.rows())
    assert [(row.line, row.cells) for row in rows] == [
        (2, (None, None)),
        (3, (None, None)),
        (4, ("1", "2")),
        (5, ("\n", None)),
    ]
    assert table.count == 4


def test_cells_beside_the_columns_are_kept(tmp_path: Path) -> None:
    table = open_table(csv_file(tmp_path, b"text,b\n1\n1,2,3,4,\n"))
    assert table.columns == ("text", "b", "", "")
    assert [row.cells for row in table.rows()] == [("1", None, None, None), ("1", "2", "3", "4")]


def test_a_cell_without_end_is_said_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST_IN_CSV", 50)
    refusal = refused(csv_file(tmp_path, b'text\n1\n"' + b"x\n" * 60))
    assert refusal.key == "broken_csv"
    assert "第 3 行" in str(refusal)


def test_a_cell_of_more_than_the_usual_limit_is_read(tmp_path: Path) -> None:
    table = open_table(csv_file(tmp_path, b"text\n" + b"x" * 200_000 + b"\n"))
    assert [len(str(row.cells[0])) for row in table.rows()] == [200_000]


# ------------------------------------------------------------------------------------ jsonl


def test_jsonl_keys_in_the_order_of_their_coming(tmp_path: Path) -> None:
    file = jsonl(tmp_path, '\ufeff{"text": "甲"}', '{"b": [1, null], "text": 5}', "{}")
    table = open_table(file)
    assert table.columns == ("text", "b")
    assert [row.cells for row in table.rows()] == [
        ("甲", ABSENT),
        (5, [1, None]),
        (ABSENT, ABSENT),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not_json"),
        ('{"text": "x"} {}', "not_json"),
        ('{"text": NaN}', "not_json"),
        ('{"text": 1e999}', "not_json"),
        ('{"text": ' + "9" * 5000 + "}", "not_json"),
        ("[" * 100_000, "not_json"),
        ("老板欠薪", "not_json"),
        ("[1]", "not_object"),
        ('"老板欠薪"', "not_object"),
        ("null", "not_object"),
    ],
)
def test_a_broken_line_is_a_row_of_its_own(tmp_path: Path, line: str, problem: str) -> None:
    table = open_table(jsonl(tmp_path, '{"text": "甲"}', line, '{"text": "乙"}'))
    first, broken, last = table.rows()
    assert broken == Row(2, (ABSENT,), problem, line)
    assert (first.cells, last.cells) == (("甲",), ("乙",))


def test_empty_lines_of_jsonl(tmp_path: Path) -> None:
    table = open_table(jsonl(tmp_path, "", '{"text": 1}', " ", "", '{"text": 2}', "", " "))
    assert table.count == 5
    assert [(row.line, row.cells[0]) for row in table.rows()] == [
        (1, ABSENT), (2, 1), (3, ABSENT), (4, ABSENT), (5, 2),
    ]  # fmt: skip


def test_jsonl_is_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(json.dumps({"text": "甲"}, ensure_ascii=False).encode("gb18030"))
    assert refused(file).key == "encoding"


def test_keys_without_end_are_refused(tmp_path: Path) -> None:
    lines = [json.dumps({f"{n}-{i}": 1 for i in range(5000)}) for n in range(4)]
    assert refused(jsonl(tmp_path, *lines)).key == "too_many_columns"


# ------------------------------------------------------------------------------------- xlsx


def xlsx(folder: Path, *rows: list[object]) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    file = folder / "a.XLSX"
    book.save(file)
    return file


def test_xlsx_values_keep_their_kind(tmp_path: Path) -> None:
    when = datetime(2025, 3, 1, 9, 5)  # noqa: DTZ001
    table = open_table(xlsx(tmp_path, ["编号", "诉求"], [1, "欠薪", when, 0.5, True], [None, None]))
    assert table.columns == ("编号", "诉求", "", "", "")
    assert list(table.rows()) == [Row(2, (1, "欠薪", when, 0.5, True))]
    assert (table.sheets, table.title) == (1, "Sheet")


def edited(file: Path, inside: str, pattern: str, new: str) -> Path:
    """The same workbook with something replaced in one of its parts."""
    made = file.with_name("edited.xlsx")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w") as out:
        for name in old.namelist():
            data = old.read(name).decode()
            if name == inside:
                data, count = re.subn(pattern, new, data)
                assert count
            out.writestr(name, data)
    return made


SHEET = "xl/worksheets/sheet1.xml"


def test_a_formula_is_read_as_the_value_it_had(tmp_path: Path) -> None:
    file = xlsx(tmp_path, ["text"], ["=1+1"])
    assert open_table(edited(file, SHEET, "<v ?/>|<v></v>", "<v>2</v>")).count == 1
    table = open_table(edited(file, SHEET, "<v ?/>|<v></v>", "<v>2</v>"))
    assert [row.cells for row in table.rows()] == [(2,)]


def test_a_wrong_size_hides_nothing(tmp_path: Path) -> None:
    file = xlsx(tmp_path, ["编号", "诉求"], [1, "欠薪"])
    table = open_table(edited(file, SHEET, 'ref="A1:B2"', 'ref="A1"'))
    assert [row.cells for row in table.rows()] == [(1, "欠薪")]


def test_a_row_beyond_all_sheets_is_broken(tmp_path: Path) -> None:
    file = xlsx(tmp_path, ["text"], ["欠薪"])
    assert refused(edited(file, SHEET, 'r="2"', 'r="1048577"')).key == "broken_xlsx"


def test_the_first_sheet_that_can_be_seen(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.sheet_state = "hidden"
    for title in ("一月", "二月"):
        book.create_sheet(title).append(["text"])
        book[title].append([title])
    file = tmp_path / "a.xlsx"
    book.save(file)
    table = open_table(file)
    assert (table.title, table.sheets) == ("一月", 2)
    assert [row.cells for row in table.rows()] == [("一月",)]


def test_broken_workbooks(tmp_path: Path) -> None:
    rows: list[list[object]] = [[f"欠薪{n}"] for n in range(500)]
    whole = xlsx(tmp_path, ["text"], *rows).read_bytes()
    file = tmp_path / "broken.xlsx"
    for data in (b"", b"text\nx\n", b"PK\x03\x04", whole[: len(whole) // 2], whole[200:]):
        file.write_bytes(data)
        assert refused(file).key == "broken_xlsx"
    good = xlsx(tmp_path, ["text"], ["欠薪"])
    for inside in (SHEET, "xl/workbook.xml", "[Content_Types].xml"):
        assert refused(edited(good, inside, "(?s)^.*$", "<x")).key == "broken_xlsx"


# ------------------------------------------------------------------------------ what is none


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".jsonl"])
def test_what_is_not_there_and_what_is_no_file(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a{ending}"
    assert refused(file).key == "no_file"
    file.mkdir()
    assert refused(file).key == "no_plain_file"


@pytest.mark.parametrize("name", ["a.xls", "a", "a.json", "a.csv.gz"])
def test_an_unknown_ending(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert ".xlsx、.csv、.jsonl" in str(refused(tmp_path / name))


@pytest.mark.parametrize("data", [b"", b"text\n", b"\n\n,,\n", b"\xef\xbb\xbf"])
def test_nothing_but_a_header(tmp_path: Path, data: bytes) -> None:
    assert refused(csv_file(tmp_path, data)).key == "no_rows"


def test_nothing_at_all(tmp_path: Path) -> None:
    assert refused(xlsx(tmp_path)).key == "no_rows"
    assert refused(xlsx(tmp_path, ["text"])).key == "no_rows"
    assert refused(jsonl(tmp_path, "", "")).key == "no_rows"
