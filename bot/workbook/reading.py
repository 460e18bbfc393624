"""An uploaded workbook as rows of texts; what it is not allowed to hold is said by cell.

It is streamed, never held: openpyxl's other mode needs fifty times the size of a sheet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from bot.triage_file.cells import as_text, from_xlsx, is_empty
from bot.triage_file.reading import MOST_COLUMNS, XLSX_ROWS
from bot.words import words
from bot.workbook.merges import Merge, merges, range_at
from bot.workbook.package import check_package
from bot.workbook.refusal import Refusal
from bot.workbook.sheets import MOST_ROWS, Layout, layout, sheet_name
from bot.workbook.texts import Unusable, text_of
from knowledge.editing.fields import Field
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind

ID, VERSION = "id", "version"  # beside the names of fields


@dataclass(frozen=True)
class Finding:
    """What is wrong with a cell, or worth a look when it does not stop."""

    cell: str
    title: str
    text: str
    stops: bool = True


@dataclass(frozen=True)
class SheetRow:
    """One row: texts by the name of a field; `letters`: the column of each."""

    kind: Kind
    line: int
    id: str
    version: str
    texts: Mapping[str, str]
    letters: Mapping[str, str]
    wrong: tuple[Finding, ...] = ()

    def cell(self, name: str) -> str:
        """D7."""
        return f"{self.letters[name]}{self.line}"


@dataclass(frozen=True)
class Workbook:
    """What was read; `notices` say what was not looked at."""

    rows: list[SheetRow]
    notices: list[str]


def read_workbook(
    file: Path, frame: Frame, on_row: Callable[[int], None] = lambda _: None
) -> Workbook:
    """Every row of the sheets that are ours. Raises Refusal."""
    check_package(file)
    names = {sheet_name(kind): kind for kind in Kind}
    guide = words("workbook")["guide"]["title"]
    rows: list[SheetRow] = []
    notices: list[str] = []
    known = False
    with file.open("rb") as opened:
        try:
            book = load_workbook(opened, read_only=True, data_only=False, keep_links=False)
            for sheet in book.worksheets:
                kind = names.get(sheet.title.strip())
                if kind is None:
                    if sheet.title.strip() != guide:
                        said = words("workbook")["notices"]["other_sheet"]
                        notices.append(said.format(sheet=sheet.title))
                    continue
                known = True
                for row in _rows(sheet, layout(kind, frame)):
                    rows.append(row)
                    on_row(len(rows))
            book.close()
        except Refusal:
            raise
        except Exception as error:  # openpyxl meets a broken file with any exception there is
            raise Refusal("broken") from error
    if not known:
        raise Refusal("no_sheet", names="、".join(names))
    if not rows:
        raise Refusal("no_rows")
    return Workbook(rows, notices)


def _rows(sheet: Any, plan: Layout) -> Iterator[SheetRow]:
    with sheet._get_source() as source:  # the sheet's own XML: openpyxl has no other way to it
        merged = merges(source, plan.name)
    sheet.reset_dimensions()  # some programs write a wrong size
    columns: _Columns | None = None
    count = 0
    for line, cells in enumerate(sheet.iter_rows(), 1):
        if line > XLSX_ROWS:
            raise Refusal("broken")
        if all(is_empty(cell.value) for cell in cells):
            continue
        if columns is None:
            columns = _Columns(plan, cells)
            if touching := range_at(line, merged):
                raise Refusal("merged_header", sheet=plan.name, range=touching)
            continue
        row = columns.row(line, cells, merged)
        if row is None:
            continue
        count += 1
        if count > MOST_ROWS:
            raise Refusal("too_many_rows", sheet=plan.name, most=f"{MOST_ROWS:,}")
        yield row
    if columns is None:
        raise Refusal("no_header", sheet=plan.name)


class _Columns:
    """Which column is which, by the titles of the first row."""

    def __init__(self, plan: Layout, header: tuple[Any, ...]) -> None:
        self._plan = plan
        titles = [as_text(from_xlsx(cell.value)).strip() for cell in header[:MOST_COLUMNS]]
        self._check(titles)
        fields = {field.title: field for field in plan.fields}
        self._fields = {at: fields[title] for at, title in enumerate(titles) if title in fields}
        self._id, self._version = titles.index(plan.id), titles.index(plan.version)
        self._untitled = {at for at, title in enumerate(titles) if not title}
        self._width = len(titles)
        self._letters = {
            ID: get_column_letter(self._id + 1),
            VERSION: get_column_letter(self._version + 1),
            **{field.name: get_column_letter(at + 1) for at, field in self._fields.items()},
        }

    def _check(self, titles: list[str]) -> None:
        """A column that is left out would empty what stands in it: all of them are needed."""
        plan = self._plan
        missing = [title for title in plan.titles if title not in (*titles, plan.state)]
        if missing:
            raise Refusal("no_column", sheet=plan.name, columns="、".join(missing))
        unknown = {at: title for at, title in enumerate(titles) if title not in ("", *plan.titles)}
        if unknown:
            cells = "、".join(f"{get_column_letter(at + 1)}1" for at in unknown)
            raise Refusal(
                "unknown_column", sheet=plan.name, columns="、".join(unknown.values()), cells=cells
            )
        twice = [title for title, n in Counter(titles).items() if title and n > 1]
        if twice:
            raise Refusal("twice_column", sheet=plan.name, columns="、".join(twice))

    def row(self, line: int, cells: tuple[Any, ...], merged: list[Merge]) -> SheetRow | None:
        """None for a row that holds nothing of ours."""
        wrong: list[Finding] = []

        def read(at: int, title: str, field: Field | None = None) -> str:
            if at >= len(cells):
                return ""
            try:
                return text_of(cells[at], field).strip()
            except Unusable as error:
                wrong.append(Finding(f"{get_column_letter(at + 1)}{line}", title, str(error)))
                return ""

        id_ = read(self._id, self._plan.id)
        version = read(self._version, self._plan.version)
        texts = {field.name: read(at, field.title, field) for at, field in self._fields.items()}
        problems = words("workbook")["problems"]
        wrong += [
            Finding(f"{get_column_letter(at + 1)}{line}", "", problems["no_title"])
            for at in (*self._untitled, *range(self._width, len(cells)))
            if at < len(cells) and not is_empty(cells[at].value)
        ]
        if not (id_ or version or wrong or any(texts.values())):
            return None
        if touching := range_at(line, merged):
            wrong.append(Finding(touching, "", problems["merged"].format(range=touching)))
        return SheetRow(self._plan.kind, line, id_, version, texts, self._letters, tuple(wrong))
