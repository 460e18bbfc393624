"""What one cell holds, and how each kind of file can hold it.

A cell is whatever its file had: a text, a number, a time, nothing, or any JSON value. Residents
wrote most of it, and it is opened in a spreadsheet: no text may become a formula there.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, time, timedelta
from typing import Final

# a row of JSON that has not got this key
ABSENT: Final = object()
# Excel shows 15 digits of a number and turns the others to zeros
DIGITS = 15
LONGEST_IN_XLSX = 32767
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# full-width signs too: an Excel with an East Asian input method takes them for the plain ones
_EXECUTABLE = re.compile(r"[\t\r\n]|[\s\ufeff\u200b]*[=+\-@＝＋－＠]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def is_empty(cell: object) -> bool:
    return cell is None or cell is ABSENT or cell == ""


def as_text(cell: object) -> str:
    """As a person would write it; nothing is an empty text."""
    if is_empty(cell):
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        # a spreadsheet's day is midnight
        return str(cell.date()) if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, (list, dict)):
        return json.dumps(cell, ensure_ascii=False)
    return str(cell)


def writable(text: str) -> str:
    """The text without characters that a file cannot hold; each leaves a � behind."""
    return _UNWRITABLE.sub("\ufffd", text)


def executable(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula."""
    return _EXECUTABLE.match(text) is not None


def for_csv(cell: object) -> str:
    text = writable(as_text(cell))
    return f"'{text}" if isinstance(cell, str) and executable(text) else text


def for_json(cell: object) -> object:
    """Numbers, texts, lists and objects stay what they are."""
    return as_text(cell) if isinstance(cell, (date, time, timedelta)) else cell


def json_line(row: dict[str, object]) -> str:
    """One line of JSON that is UTF-8 whatever stood in the input."""
    return _SURROGATE.sub("\ufffd", json.dumps(row, ensure_ascii=False, allow_nan=False))


def for_xlsx(cell: object) -> object:
    """A text that xlsx holds as it is, or a value that needs no care."""
    if isinstance(cell, int) and not isinstance(cell, bool) and len(str(abs(cell))) > DIGITS:
        return str(cell)
    if isinstance(cell, (str, list, dict)):
        text = as_text(cell).replace("\r\n", "\n").replace("\r", "\n")
        return _LOOKS_ESCAPED.sub("_x005F_", writable(text))
    return None if cell is ABSENT else cell


def from_xlsx(cell: object) -> object:
    """Spreadsheets write what XML cannot hold as _x000D_."""
    if isinstance(cell, str) and "_x" in cell:
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell)
    return cell
