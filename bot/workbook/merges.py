"""What openpyxl does not say of a sheet that it streams: its merged cells, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from openpyxl.utils.cell import range_boundaries

from bot.workbook.refusal import Refusal

MOST_CELLS = 2_000_000
MOST_IN_A_ROW = 16_384
MOST_MERGES = 2000


@dataclass(frozen=True)
class Merge:
    """The rows that a range of merged cells touches."""

    first: int
    last: int
    range: str


def merges(opened: IO[bytes], sheet: str) -> list[Merge]:
    """The merged cells of a sheet's XML. Raises Refusal, also for a sheet that is too large."""
    scan = _Scan(sheet)
    parser = expat.ParserCreate()
    parser.StartElementHandler = scan.element
    parser.StartDoctypeDeclHandler = scan.doctype
    try:
        parser.ParseFile(opened)
        return [_merge(range_) for range_ in scan.ranges]
    except (expat.ExpatError, ValueError, TypeError) as error:
        raise Refusal("broken") from error


def range_at(line: int, among: list[Merge]) -> str | None:
    """The range that touches a row."""
    return next((one.range for one in among if one.first <= line <= one.last), None)


def _merge(range_: str) -> Merge:
    _, first, _, last = range_boundaries(range_)
    return Merge(int(first), int(last), range_)


class _Scan:
    def __init__(self, sheet: str) -> None:
        self.ranges: list[str] = []
        self._sheet = sheet
        self._cells = self._in_row = 0

    def element(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._cells += 1
            self._in_row += 1
            if self._cells > MOST_CELLS or self._in_row > MOST_IN_A_ROW:
                raise Refusal("too_many_cells", sheet=self._sheet)
        elif name == "row":
            self._in_row = 0
        elif name == "mergeCell":
            self.ranges.append(attributes.get("ref", ""))
            if len(self.ranges) > MOST_MERGES:
                raise Refusal("too_many_merges", sheet=self._sheet)

    def doctype(self, *_: object) -> None:
        raise Refusal("broken")
