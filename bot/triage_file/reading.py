"""Reading a file of records row by row: .xlsx, .csv and .jsonl become the same table.

A file is read twice, never held: once from beginning to end to know its columns, its rows and that
it is whole, before anybody waits for an engine; then row by row.
"""

from __future__ import annotations

import codecs
import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from openpyxl import load_workbook

from bot.triage_file.cells import ABSENT, as_text, from_xlsx, is_empty
from bot.triage_file.refusal import Refusal, why

ENDINGS = (".xlsx", ".csv", ".jsonl")
XLSX_ROWS = 1_048_576
MOST_COLUMNS = 16_384
BLOCK = 1 << 20
# csv's own limit is lower than what somebody may have pasted into a cell
LONGEST_IN_CSV = 1 << 24
Cells = tuple[object, ...]


@dataclass(frozen=True)
class Row:
    """A row, its cells in the order of the columns, and the line (of xlsx: row) where it begins.

    `problem` says why a line could not be read; then it has no cells, and is kept as `raw`.
    """

    line: int
    cells: Cells
    problem: str | None = None
    raw: str = ""


@dataclass(frozen=True)
class Table:
    """What a file holds. `title` names the sheet that is read when there are `sheets` of them."""

    columns: tuple[str, ...]
    count: int
    rows: Callable[[], Iterator[Row]]
    title: str = ""
    sheets: int = 1


def open_table(file: Path) -> Table:
    """Read a file once; its rows can be read again. Raises Refusal."""
    try:
        if not file.exists():
            raise Refusal("no_file", name=file)
        if not file.is_file():  # a folder, or a pipe, which cannot be read twice
            raise Refusal("no_plain_file", name=file)
        table = {".xlsx": _xlsx, ".csv": _csv, ".jsonl": _jsonl}[ending(file)](file)
    except OSError as error:
        raise Refusal("unreadable", name=file, why=why(error)) from error
    if not table.count:
        raise Refusal("no_rows", name=file)
    if len(table.columns) > MOST_COLUMNS:
        raise Refusal("too_many_columns", limit=MOST_COLUMNS)
    return table


def ending(file: Path) -> str:
    """The kind of a file by its name. Raises Refusal."""
    kind = file.suffix.lower()
    if kind not in ENDINGS:
        raise Refusal("unknown_ending", name=file)
    return kind


# ------------------------------------------------------------------------------- with a header


def _xlsx(file: Path) -> Table:
    titles: list[str] = []
    table = _headed(lambda: _xlsx_lines(file, titles))
    return Table(table.columns, table.count, table.rows, titles[0], len(titles))


def _csv(file: Path) -> Table:
    encoding = _encoding(file)
    return _headed(lambda: _csv_lines(file, encoding))


def _headed(lines: Callable[[], Iterator[tuple[int, Cells]]]) -> Table:
    """The first row that holds anything names the columns."""
    header: Cells = ()
    header_line = width = count = 0
    for line, cells in _without_empty_end(lines()):
        width = max(width, len(cells))
        if header:
            count += 1
        elif cells:
            header, header_line = cells, line

    def rows() -> Iterator[Row]:
        for line, cells in _without_empty_end(lines()):
            if line > header_line:
                padded = cells + (None,) * (width - len(cells))
                yield Row(line, padded[:width])

    names = [as_text(cell) for cell in header]
    return Table(tuple(names + [""] * (width - len(names))), count, rows)


def _xlsx_lines(file: Path, titles: list[str]) -> Iterator[tuple[int, Cells]]:
    """The first visible sheet, formulas as the values that were computed last.

    `titles` is given the titles of all sheets with that one first.
    """
    with file.open("rb") as opened:
        try:
            book = load_workbook(opened, read_only=True, data_only=True, keep_links=False)
            visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            sheet = (visible or book.worksheets)[0]
            titles[:] = [sheet.title, *(other.title for other in visible if other is not sheet)]
            sheet.reset_dimensions()  # some programs write a wrong size
            for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                if line > XLSX_ROWS:
                    raise ValueError("more rows than a sheet can have")
                yield line, _trimmed(tuple(from_xlsx(cell) for cell in cells))
            book.close()
        except Exception as error:  # openpyxl meets a broken file with any exception there is
            raise Refusal("broken_xlsx", name=file) from error


def _csv_lines(file: Path, encoding: str) -> Iterator[tuple[int, Cells]]:
    csv.field_size_limit(LONGEST_IN_CSV)
    line = 1
    with file.open(encoding=encoding, newline="") as opened:
        reader = csv.reader(opened)
        try:
            for cells in reader:
                yield line, _trimmed(tuple(cells))
                line = reader.line_num + 1
        except csv.Error as error:
            raise Refusal("broken_csv", name=file, line=line) from error
        except UnicodeDecodeError as error:  # another file than a moment ago
            raise Refusal("encoding", name=file) from error


def _encoding(file: Path) -> str:
    """UTF-8 or, as Excel in China writes csv, GB18030. Raises Refusal."""
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with file.open("rb") as opened:
                while block := opened.read(BLOCK):
                    if "\0" in decoder.decode(block):
                        raise Refusal("encoding", name=file)
                decoder.decode(b"", final=True)
            return encoding
        except UnicodeDecodeError:
            continue
    raise Refusal("encoding", name=file)


def _trimmed(cells: Cells) -> Cells:
    """Without the empty cells at the end: a formatted sheet has thousands."""
    end = len(cells)
    while end and is_empty(cells[end - 1]):
        end -= 1
    return cells[:end]


def _without_empty_end(lines: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """Without the empty rows at the end; those between others are rows that cannot be judged."""
    empty: list[range] = []
    for line, cells in lines:
        if cells:
            for held in empty:
                yield from ((number, ()) for number in held)
            empty = []
            yield line, cells
        elif empty and empty[-1].stop == line:
            empty[-1] = range(empty[-1].start, line + 1)
        else:
            empty.append(range(line, line + 1))


# -------------------------------------------------------------------------------- with keys


def _jsonl(file: Path) -> Table:
    columns: dict[str, None] = {}
    count = 0
    for _, text in _text_lines(file):
        count += 1
        if text is not None:
            found, _ = _object(text)
            columns.update(dict.fromkeys(found))
        if len(columns) > MOST_COLUMNS:
            raise Refusal("too_many_columns", limit=MOST_COLUMNS)

    def rows() -> Iterator[Row]:
        for line, text in _text_lines(file):
            found, problem = _object(text) if text is not None else ({}, None)
            cells = tuple(found.get(column, ABSENT) for column in columns)
            yield Row(line, cells, problem, text if problem and text else "")

    return Table(tuple(columns), count, rows)


def _text_lines(file: Path) -> Iterator[tuple[int, str | None]]:
    """The lines; None for an empty one before others. Raises Refusal for another encoding."""
    with file.open("rb") as opened:
        try:
            empty = 0
            for line, raw in enumerate(opened, 1):
                text = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip()
                if not text:
                    empty += 1
                    continue
                yield from ((line - before, None) for before in range(empty, 0, -1))
                empty = 0
                yield line, text
        except UnicodeDecodeError as error:
            raise Refusal("encoding", name=file) from error


def _object(text: str) -> tuple[dict[str, Any], str | None]:
    """A line's keys and values, or nothing and the problem with it."""
    try:
        found = json.loads(text, parse_constant=_not_json, parse_float=_finite)
    except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError too
        return {}, "not_json"
    return (found, None) if isinstance(found, dict) else ({}, "not_object")


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(number)
    return value
