"""Files that are no workbook of ours, and cells that are no text: refused, and said where."""

from __future__ import annotations

import struct
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.words import words
from bot.workbook import merges, package, reading
from bot.workbook.package import OLE
from bot.workbook.reading import SheetRow, read_workbook
from bot.workbook.refusal import Refusal
from bot.workbook.verdicts import Current
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from tests.bot.workbook.books import (
    PERSON,
    WAGES,
    XIAOLAN,
    Formula,
    book_of,
    repacked,
    row_of,
    saved,
)

PEOPLE = "人员"


@pytest.fixture
def plain(frame: Frame, tmp_path: Path) -> Path:
    """One good row."""
    return saved(book_of({Kind.person: [PERSON]}, frame), tmp_path / "plain.xlsx")


def refusal_of(file: Path, frame: Frame) -> str:
    with pytest.raises(Refusal) as caught:
        read_workbook(file, frame)
    return str(caught.value)


def said(key: str, **values: object) -> str:
    return str(words("workbook")["refusal"][key]).format(**values)


def rows_of(book: Any, frame: Frame, folder: Path) -> list[SheetRow]:
    return read_workbook(saved(book, folder / "rows.xlsx"), frame).rows


# ---------------------------------------------------------------------------- the package


def test_what_is_no_workbook(plain: Path, frame: Frame, tmp_path: Path) -> None:
    file = tmp_path / "other.xlsx"
    for content, why in (
        (b"", "empty"),
        (b"name,phone\n", "not_xlsx"),
        (OLE + b"\0" * 600, "old_xls"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "locked"),
        (plain.read_bytes()[:-30], "not_xlsx"),
    ):
        file.write_bytes(content)
        assert refusal_of(file, frame) == said(why)


def test_a_package_that_is_broken_inside(plain: Path, frame: Frame, tmp_path: Path) -> None:
    whole = plain.read_bytes()
    half = bytearray(whole)
    half[40:900] = b"x" * 860
    file = tmp_path / "broken.xlsx"
    file.write_bytes(bytes(half))
    assert refusal_of(file, frame) == said("broken")
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("xl/workbook.xml", "<workbook/>")
    assert refusal_of(file, frame) == said("broken")
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("word/document.xml", "<document/>")
    assert refusal_of(file, frame) == said("not_xlsx")


def test_a_workbook_with_macros(plain: Path, frame: Frame, tmp_path: Path) -> None:
    for member in ("xl__vbaProject_dot_bin", "xl__macrosheets__sheet1_dot_xml"):
        file = repacked(plain, tmp_path / "macro.xlsx", **{member: b"x"})
        assert refusal_of(file, frame) == said("macros")


def test_a_package_of_locked_members(plain: Path, frame: Frame, tmp_path: Path) -> None:
    raw = bytearray(plain.read_bytes())
    at = raw.index(b"PK\x01\x02")
    raw[at + 8 : at + 10] = struct.pack("<H", struct.unpack("<H", raw[at + 8 : at + 10])[0] | 1)
    (tmp_path / "locked.xlsx").write_bytes(bytes(raw))
    assert refusal_of(tmp_path / "locked.xlsx", frame) == said("locked")


def test_a_bomb_is_not_unpacked(plain: Path, frame: Frame, tmp_path: Path) -> None:
    zeros = b"\0" * (package.MOST_UNPACKED + 1)
    file = repacked(plain, tmp_path / "bomb.xlsx", xl__zeros_dot_bin=zeros)
    assert file.stat().st_size < package.MOST_BYTES
    bomb = said("bomb", most=200, members=package.MOST_MEMBERS)
    assert refusal_of(file, frame) == bomb
    many = {f"xl__part{n}": b"" for n in range(package.MOST_MEMBERS)}
    assert refusal_of(repacked(plain, tmp_path / "many.xlsx", **many), frame) == bomb


def test_entities_that_grow(plain: Path, frame: Frame, tmp_path: Path) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
    file = repacked(plain, tmp_path / "laughs.xlsx", xl__extra_dot_xml=laughs)
    assert refusal_of(file, frame) == said("broken")


def test_a_file_that_is_too_large(
    plain: Path, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "MOST_BYTES", plain.stat().st_size - 1)
    assert refusal_of(plain, frame) == said("too_big", most=0)


# ------------------------------------------------------------------------- sheets and columns


def test_sheets_are_known_by_their_names(frame: Frame, tmp_path: Path) -> None:
    book = book_of({Kind.person: [PERSON]}, frame)
    book.create_sheet("草稿纸").append(["随便"])
    book.create_sheet("说明").append(["x"])
    found = read_workbook(saved(book, tmp_path / "some.xlsx"), frame)
    assert len(found.rows) == 1
    (notice,) = found.notices
    assert "草稿纸" in notice
    book.remove(book[PEOPLE])
    names = "常见问题、服务点、人员"
    assert refusal_of(saved(book, tmp_path / "none.xlsx"), frame) == said("no_sheet", names=names)


def test_a_sheet_without_rows(frame: Frame, tmp_path: Path) -> None:
    book = book_of({Kind.person: []}, frame)
    assert refusal_of(saved(book, tmp_path / "rows.xlsx"), frame) == said("no_rows")
    book[PEOPLE].delete_rows(1)
    header = said("no_header", sheet=PEOPLE)
    assert refusal_of(saved(book, tmp_path / "header.xlsx"), frame) == header


@pytest.mark.parametrize("title", [None, "工资", "姓名"])
def test_a_column_that_is_missing(title: str | None, frame: Frame, tmp_path: Path) -> None:
    """It would empty what stands in it."""
    book = book_of({Kind.person: [PERSON]}, frame)
    header = [cell.value for cell in book[PEOPLE][1]]
    book[PEOPLE].cell(1, header.index("电话") + 1).value = title
    assert refusal_of(saved(book, tmp_path / "c.xlsx"), frame) == said(
        "no_column", sheet=PEOPLE, columns="电话"
    )


def test_columns_beside_ours(frame: Frame, tmp_path: Path) -> None:
    book = book_of({Kind.person: [PERSON]}, frame)
    sheet = book[PEOPLE]
    after = sheet.max_column + 1
    sheet.cell(1, after).value = "工资"
    where = sheet.cell(1, after).coordinate
    assert refusal_of(saved(book, tmp_path / "c.xlsx"), frame) == said(
        "unknown_column", sheet=PEOPLE, columns="工资", cells=where
    )
    sheet.cell(1, after).value = "电话"
    assert refusal_of(saved(book, tmp_path / "c.xlsx"), frame) == said(
        "twice_column", sheet=PEOPLE, columns="电话"
    )
    sheet.cell(1, after).value = None
    sheet.cell(2, after).value = "旁边写的字"
    (row,) = rows_of(book, frame, tmp_path)
    assert [finding.cell for finding in row.wrong] == [sheet.cell(2, after).coordinate]


def test_columns_in_any_order_and_without_the_state(frame: Frame, tmp_path: Path) -> None:
    book = book_of({Kind.person: [PERSON]}, frame)
    sheet = book[PEOPLE]
    turned = [[cell.value for cell in row][::-1] for row in sheet.iter_rows()]
    at = turned[0].index("状态")
    book.remove(sheet)
    again = book.create_sheet(PEOPLE)
    again.append([])
    for cells in turned:
        again.append([*cells[:at], *cells[at + 1 :]])
    (row,) = rows_of(book, frame, tmp_path)
    assert row.line == 3
    assert row.texts["name"] == "李律师"
    assert again[row.cell("name")].value == "李律师"


def test_too_many(frame: Frame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = book_of({Kind.person: [PERSON, PERSON, PERSON]}, frame)
    file = saved(book, tmp_path / "many.xlsx")
    with monkeypatch.context() as patch:
        patch.setattr(reading, "MOST_ROWS", 2)
        assert refusal_of(file, frame) == said("too_many_rows", sheet=PEOPLE, most=2)
    with monkeypatch.context() as patch:
        patch.setattr(merges, "MOST_CELLS", 20)
        assert refusal_of(file, frame) == said("too_many_cells", sheet=PEOPLE)
    with monkeypatch.context() as patch:
        patch.setattr(merges, "MOST_MERGES", 0)
        book[PEOPLE].merge_cells("A3:B3")
        merged = saved(book, tmp_path / "merged.xlsx")
        assert refusal_of(merged, frame) == said("too_many_merges", sheet=PEOPLE)


# ------------------------------------------------------------------------------------- cells


def wrong(row: SheetRow) -> list[tuple[str, str]]:
    return [(finding.cell, finding.text) for finding in row.wrong]


def test_merged_cells_name_their_range(frame: Frame, tmp_path: Path) -> None:
    book = book_of({Kind.person: [PERSON, PERSON, PERSON]}, frame)
    book[PEOPLE].merge_cells("D2:D3")
    one, two, three = rows_of(book, frame, tmp_path)
    text = words("workbook")["problems"]["merged"].format(range="D2:D3")
    assert ("D2:D3", text) in wrong(one)
    assert ("D2:D3", text) in wrong(two)
    assert wrong(three) == []
    book[PEOPLE].merge_cells("A1:B1")
    refused = refusal_of(saved(book, tmp_path / "head.xlsx"), frame)
    # what the merge hid is missed first
    assert refused in (
        said("merged_header", sheet=PEOPLE, range="A1:B1"),
        said("no_column", sheet=PEOPLE, columns="版本"),
    )


def test_formulas_errors_and_numbers_of_telephones(frame: Frame, tmp_path: Path) -> None:
    problems = words("workbook")["problems"]
    book = book_of(
        {
            Kind.person: [
                {**PERSON, "姓名": Formula("=HYPERLINK(1)")},
                {**PERSON, "电话": 7608881234},
                {**PERSON, "单位": "#REF!"},
                {**PERSON, "编号": Formula("=A1")},
            ]
        },
        frame,
    )
    sheet = book[PEOPLE]
    header = [cell.value for cell in sheet[1]]

    def cell(title: str, line: int) -> Any:
        return sheet.cell(line, header.index(title) + 1)

    cell("单位", 4).data_type = "e"
    one, two, three, four = rows_of(book, frame, tmp_path)
    assert wrong(one) == [(cell("姓名", 2).coordinate, problems["formula"])]
    assert wrong(two) == [(cell("电话", 3).coordinate, problems["phone_number"])]
    assert wrong(three) == [(cell("单位", 4).coordinate, problems["error"].format(value="#REF!"))]
    assert wrong(four) == [("A5", problems["formula"])]


def test_every_kind_of_cell_becomes_the_text_of_its_field(
    current: Current, frame: Frame, tmp_path: Path
) -> None:
    """Excel makes numbers, days and truths of what people type."""
    place = row_of(
        current[Kind.place][XIAOLAN], frame, verified=False, approximate=True, lat=22.676,
        lng=113.0, as_of=date(2026, 1, 31), phone=12348,
    )  # fmt: skip
    answer = row_of(current[Kind.faq][WAGES], frame, review_by=date(2027, 3, 1), version=1.0)
    book = book_of({Kind.place: [place], Kind.faq: [answer]}, frame)
    first, second = rows_of(book, frame, tmp_path)
    assert first.wrong == second.wrong == ()
    texts = {name: first.texts[name] for name in ("verified", "approximate", "lat", "lng")}
    assert texts == {"verified": "否", "approximate": "是", "lat": "22.676", "lng": "113"}
    assert (first.texts["as_of"], first.texts["phone"]) == ("2026-01-31", "12348")
    assert (second.texts["review_by"], second.version) == ("2027-03-01", "1")


def test_rows_that_hold_nothing_are_none(frame: Frame, tmp_path: Path) -> None:
    book = book_of({Kind.person: [PERSON, {"状态": "已发布"}, {}, PERSON]}, frame)
    assert [row.line for row in rows_of(book, frame, tmp_path)] == [2, 5]


@pytest.mark.parametrize("spoil", [b"<row r='x'>", b"<c r='A9' t='s'><v>999999</v></c>", b"&"])
def test_xml_that_is_spoilt(spoil: bytes, frame: Frame, tmp_path: Path, plain: Path) -> None:
    file = tmp_path / "spoilt.xlsx"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"</row>", spoil + b"</row>", 1)
            new.writestr(name, content)
    assert refusal_of(file, frame) == said("broken")
