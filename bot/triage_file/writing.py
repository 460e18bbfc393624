"""Writing the rows as .xlsx, .csv or .jsonl, under another name until the file is whole."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from bot.triage_file.cells import (
    ABSENT,
    LONGEST_IN_XLSX,
    executable,
    for_csv,
    for_json,
    for_xlsx,
    json_line,
)
from bot.triage_file.columns import keys
from bot.triage_file.reading import MOST_COLUMNS, XLSX_ROWS, Table, ending
from bot.triage_file.refusal import Refusal, why
from bot.words import words


def check_output(source: Path, output: Path, force: bool) -> None:
    """Raises Refusal when nothing can or may be written there."""
    ending(output)
    try:
        if output.exists():
            if source.exists() and output.samefile(source):
                raise Refusal("same_file")
            if not output.is_file():
                raise Refusal("no_plain_file", name=output)
            if not force:
                raise Refusal("exists", name=output)
        elif not output.parent.is_dir():
            raise Refusal("no_folder", name=output.parent)
    except OSError as error:
        raise _unwritable(output, error) from error


def check_fit(table: Table, added: int, output: Path) -> None:
    """Raises Refusal when a sheet has no room for a table with so many more columns."""
    if ending(output) == ".xlsx":
        if table.count + 1 > XLSX_ROWS:
            raise Refusal("too_many_rows", count=f"{table.count:,}", limit=f"{XLSX_ROWS - 1:,}")
        if len(table.columns) + added > MOST_COLUMNS:
            raise Refusal("too_many_columns", limit=MOST_COLUMNS - added)


class Sheet(Protocol):
    """One kind of file that is being written. `shortened` counts cells that did not fit."""

    shortened: int

    def append(self, cells: Sequence[object]) -> None:
        """Write one more row."""

    def close(self) -> None:
        """Write what is missing to a whole file."""

    def discard(self) -> None:
        """Let go of what it holds: nobody wants the file."""


class Output:
    """A file that appears under its name when it is whole, or not at all.

    With `with`: whatever has not been published is gone afterwards. Raises Refusal for a full disk
    and its like.
    """

    def __init__(self, file: Path, columns: Sequence[str]) -> None:
        self._file = file
        self._part = file.with_name(f".wenfa-{os.getpid()}.part")
        try:
            # not through a link that somebody else has put there
            self._opened = self._part.open("xb")
        except OSError as error:
            raise _unwritable(file, error) from error
        try:
            self._sheet = _KINDS[ending(file)](self._opened, columns)
        except OSError as error:
            self._close()
            raise _unwritable(file, error) from error

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._sheet.discard()
        self._close()

    def _close(self) -> None:
        with suppress(OSError):  # closing writes what is left in the buffer
            self._opened.close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    @property
    def shortened(self) -> int:
        return self._sheet.shortened

    def append(self, cells: Sequence[object]) -> None:
        """Write one more row."""
        try:
            self._sheet.append(cells)
        except OSError as error:
            raise _unwritable(self._file, error) from error

    def finish(self) -> None:
        """Make the file whole, on the disk, still under its other name."""
        try:
            self._sheet.close()
            self._opened.flush()
            os.fsync(self._opened.fileno())
            self._opened.close()
        except OSError as error:
            raise _unwritable(self._file, error) from error

    def publish(self) -> None:
        """Give the finished file its name."""
        try:
            self._part.replace(self._file)
        except OSError as error:
            raise _unwritable(self._file, error) from error


class _Xlsx:
    """Streamed: a row that has been written is no longer in memory."""

    def __init__(self, opened: IO[bytes], columns: Sequence[str]) -> None:
        self.shortened = 0
        self._opened = opened
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(words("triage_file")["sheet"])
        self._sheet.freeze_panes = "A2"
        self.append(columns)

    def append(self, cells: Sequence[object]) -> None:
        self._sheet.append([self._cell(cell) for cell in cells])

    def close(self) -> None:
        self._book.save(self._opened)

    def discard(self) -> None:
        if not self._sheet.closed:
            with suppress(OSError, ValueError):  # it writes its end to a file of its own
                self._sheet.close()

    def _cell(self, value: object) -> object:
        value = for_xlsx(value)
        if not isinstance(value, str):
            return value
        if len(value) > LONGEST_IN_XLSX:
            self.shortened += 1
            value = value[:LONGEST_IN_XLSX]
        cell = WriteOnlyCell(self._sheet, value)
        cell.data_type = "s"  # openpyxl makes a formula of "=…" and an error of "#N/A"
        if executable(value):
            cell.quotePrefix = True  # still a text after somebody has edited it
        return cell


class _Csv:
    """UTF-8 with the mark by which Excel knows it."""

    def __init__(self, opened: IO[bytes], columns: Sequence[str]) -> None:
        self.shortened = 0
        self._opened = opened
        self._writer = csv.writer(_Utf8(opened))
        opened.write("\ufeff".encode())
        self.append(columns)

    def append(self, cells: Sequence[object]) -> None:
        self._writer.writerow([for_csv(cell) for cell in cells])

    def close(self) -> None:
        pass

    def discard(self) -> None:
        pass


class _Utf8:
    """What csv writes to: texts in, bytes out."""

    def __init__(self, opened: IO[bytes]) -> None:
        self._opened = opened

    def write(self, text: str) -> int:
        return self._opened.write(text.encode())


class _Jsonl:
    def __init__(self, opened: IO[bytes], columns: Sequence[str]) -> None:
        self.shortened = 0
        self._opened = opened
        self._keys = keys(columns)

    def append(self, cells: Sequence[object]) -> None:
        pairs = zip(self._keys, cells, strict=True)
        row = {key: for_json(cell) for key, cell in pairs if cell is not ABSENT}
        self._opened.write(f"{json_line(row)}\n".encode())

    def close(self) -> None:
        pass

    def discard(self) -> None:
        pass


_KINDS: dict[str, Callable[[IO[bytes], Sequence[str]], Sheet]] = {
    ".xlsx": _Xlsx,
    ".csv": _Csv,
    ".jsonl": _Jsonl,
}


def _unwritable(file: Path, error: OSError) -> Refusal:
    return Refusal("unwritable", name=file, why=why(error))
