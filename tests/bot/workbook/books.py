"""Workbooks for tests: rows by their titles, written as Excel would write them."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from bot.workbook.judging import judge
from bot.workbook.reading import read_workbook
from bot.workbook.sheets import layout
from bot.workbook.verdicts import Current, Judged
from knowledge.editing.fields import fields, write_body
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from knowledge.editing.versions import Entry

# the answers were reviewed and are not overdue on this day
DAY = date(2026, 11, 27)
XIAOLAN = "point.442000118"
WAGES = "labor.wages_unpaid"
Row = Mapping[str, object]
PERSON: dict[str, object] = {
    "姓名": "李律师",
    "做什么": "村（社区）法律顾问",
    "城市": "中山",
    "电话": "0760-88881234",
    "给居民看": "是",
    "怎么知道的": "聘书",
    "哪天的情况": "2026-01-01",
    "已核实": "否",
}


class Formula(str):
    """What Excel would compute."""

    __slots__ = ()


def row_of(entry: Entry, frame: Frame, **changed: object) -> dict[str, object]:
    """An entry as a row by titles; `changed` by the names of fields, and `id` or `version`."""
    assert entry.body is not None
    texts: dict[str, object] = {**write_body(entry.kind, entry.body, frame), **changed}
    row = {field.title: texts[field.name] for field in fields(entry.kind, frame)}
    return {
        "编号": changed.get("id", entry.id),
        "版本": changed.get("version", entry.version),
        **row,
    }


def book_of(rows: Mapping[Kind, Sequence[Row]], frame: Frame) -> Any:
    """A workbook of openpyxl, to be spoiled further or saved."""
    book = Workbook()
    book.remove(book.active)
    for kind, found in rows.items():
        plan = layout(kind, frame)
        sheet = book.create_sheet(plan.name)
        sheet.append(list(plan.titles))
        for row in found:
            values = [row.get(title) for title in plan.titles]
            sheet.append(values)
            for cell, value in zip(sheet[sheet.max_row], values, strict=True):
                if isinstance(value, str):  # openpyxl guesses, Excel knows
                    cell.data_type = "f" if isinstance(value, Formula) else "s"
    return book


def saved(book: Any, file: Path) -> Path:
    book.save(file)
    return file


def judged(
    rows: Mapping[Kind, Sequence[Row]],
    frame: Frame,
    current: Current,
    folder: Path,
    city_id: str | None = None,
) -> list[Judged]:
    """What becomes of these rows."""
    file = saved(book_of(rows, frame), folder / "rows.xlsx")
    return judge(read_workbook(file, frame).rows, current, frame, DAY, city_id)


def reasons(one: Judged) -> list[str]:
    return [finding.text for finding in one.findings if finding.stops]


def cells_of(file: Path, sheet: str) -> list[tuple[Any, ...]]:
    """The cells of a sheet as a person who opens it has them."""
    return list(load_workbook(file)[sheet].iter_rows())


def repacked(file: Path, to: Path, **members: bytes) -> Path:
    """The same package with more members: a `/` of their names is written `__`."""
    shutil.copy(file, to)
    with zipfile.ZipFile(to, "a", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return to
