"""A report as .xlsx or .csv: nothing in it is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from bot.reports.sheets import Sheet, Value
from bot.reports.words import report_words
from bot.triage_file.cells import LONGEST_IN_XLSX, executable, for_csv, for_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
FIRST_WIDTH, WIDTH = 34, 16


def heading(sheet: Sheet, span: str) -> list[str]:
    """What stands above a table: its name, what it counts, of when and where, of how many."""
    lines = [sheet.title, sheet.definition, span, report_words()["n"].format(n=sheet.n)]
    return lines + ([sheet.note] if sheet.note else [])


def as_csv(sheet: Sheet, span: str) -> bytes:
    """One table, as Excel opens it."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    for line in heading(sheet, span):
        writer.writerow([for_csv(line)])
    writer.writerow([])
    for row in (sheet.columns, *sheet.rows):
        writer.writerow([for_csv(cell) for cell in row])
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(sheets: Iterable[Sheet], span: str) -> bytes:
    """A workbook, a table on each sheet."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        widths = [FIRST_WIDTH, *[WIDTH] * (len(sheet.columns) - 1)]
        for number, width in enumerate(widths, 1):
            page.column_dimensions[get_column_letter(number)].width = width
        for line in heading(sheet, span):
            page.append([_cell(page, line)])
        page.append([])
        page.append([_cell(page, title, bold=True) for title in sheet.columns])
        for row in sheet.rows:
            page.append([_cell(page, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(page: object, value: Value, *, bold: bool = False) -> WriteOnlyCell:
    """A number as a number; a text as a text, whatever it begins with."""
    if not isinstance(value, str):
        return WriteOnlyCell(page, value)
    text = str(for_xlsx(value))[:LONGEST_IN_XLSX]
    cell = WriteOnlyCell(page, text)
    cell.data_type = "s"  # openpyxl makes a formula of "=…"
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top")
    if bold:
        cell.font = Font(bold=True)
    if executable(text):
        cell.quotePrefix = True
    return cell
