"""The knowledge base as a workbook: a sheet for each kind, a row for each thing, texts only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from bot.triage_file.cells import LONGEST_IN_XLSX, executable, for_xlsx
from bot.words import words
from bot.workbook.sheets import Layout, layout
from knowledge.editing.fields import Field, Widget, write_body
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind, city_of
from knowledge.editing.versions import Entry

WIDTHS = {Widget.text: 48, Widget.line: 24, Widget.ranked: 24, Widget.choice: 14, Widget.day: 12}
ID_WIDTH, NUMBER_WIDTH, STATE_WIDTH, GUIDE_WIDTH = 26, 7, 12, 96
TEXT = "@"  # a format: what somebody types into the cell later stays a text too


def export(
    entries: Mapping[Kind, Iterable[Entry]], frame: Frame, to: IO[bytes], city_id: str | None = None
) -> dict[Kind, int]:
    """Write a workbook; how many rows of each kind. With `city_id` only its places and people."""
    book = Workbook(write_only=True)
    _guide(book)
    counted = {}
    for kind, found in entries.items():
        shown = [one for one in found if _exported(one, city_id)]
        _sheet(book, layout(kind, frame), shown, frame)
        counted[kind] = len(shown)
    book.save(to)
    return counted


def _exported(entry: Entry, city_id: str | None) -> bool:
    """What is only a draft is nowhere yet, what was taken away is no longer."""
    if entry.body is None or entry.archived:
        return False
    return city_id is None or city_of(entry.kind, entry.body) in (None, city_id)


def _sheet(book: Any, plan: Layout, entries: Sequence[Entry], frame: Frame) -> None:
    sheet = book.create_sheet(plan.name)
    sheet.freeze_panes = "B2"
    widths = [ID_WIDTH, NUMBER_WIDTH, STATE_WIDTH, *map(_width, plan.fields)]
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_heading(sheet, title) for title in plan.titles])
    cells = _Cells(sheet)
    states = words("workbook")["states"]
    for entry in entries:
        assert entry.body is not None
        texts = write_body(plan.kind, entry.body, frame)
        sheet.append(
            [
                cells.text(entry.id),
                entry.version,
                cells.text(states["draft" if entry.draft else "published"]),
                *(cells.text(texts[field.name]) for field in plan.fields),
            ]
        )


def _guide(book: Any) -> None:
    """How to use it, for whoever gets the file without us."""
    guide = words("workbook")["guide"]
    sheet = book.create_sheet(guide["title"])
    sheet.column_dimensions["A"].width = GUIDE_WIDTH
    cells = _Cells(sheet)
    for line in guide["lines"]:
        sheet.append([cells.text(line)])


def _width(field: Field) -> int:
    return WIDTHS[field.widget]


def _heading(sheet: Any, title: str) -> Any:
    cell = WriteOnlyCell(sheet, title)
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


class _Cells:
    """Cells of one sheet; their style is made once, not for each of a hundred thousand."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._plain = self._style(quoted=False)
        self._quoted = self._style(quoted=True)

    def text(self, value: str) -> Any:
        """A text, whatever it begins with."""
        if not value:
            return None
        written = str(for_xlsx(value))[:LONGEST_IN_XLSX]
        cell = WriteOnlyCell(self._sheet, written)
        cell.data_type = "s"  # openpyxl makes a formula of "=…" and an error of "#N/A"
        # quoted, it is still a text after somebody has edited it
        cell._style = self._quoted if executable(written) else self._plain
        return cell

    def _style(self, *, quoted: bool) -> Any:
        cell = WriteOnlyCell(self._sheet, "")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.number_format = TEXT
        if quoted:
            cell.quotePrefix = True
        return cell._style
