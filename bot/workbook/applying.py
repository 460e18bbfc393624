"""All rows of a workbook become what residents see, in one transaction, or none does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.words import words
from bot.workbook.sheets import sheet_name
from knowledge.editing.kinds import SHAPES, Body, Kind
from knowledge.editing.versions import NEW, Change, Deed, alone, publish

NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Accepted:
    """A row that may be applied over the version `seen`."""

    kind: Kind
    line: int
    id: str
    name: str
    seen: int
    body: Body


class Moved(Exception):
    """The knowledge base is another than the preview's; the text says which rows."""

    def __init__(self, rows: Sequence[Accepted], key: str = "moved") -> None:
        self.rows = rows
        said = words("workbook")["messages"]
        named = "、".join(
            said["moved_row"].format(sheet=sheet_name(row.kind), line=row.line, name=row.name)
            for row in rows[:NAMED_AT_MOST]
        )
        more = "……" if len(rows) > NAMED_AT_MOST else ""
        super().__init__(said[key].format(rows=f"{named}{more}"))


def apply(session: Session, rows: Sequence[Accepted], *, by: str, note: str) -> None:
    """Publish in the caller's transaction. Raises Moved; then the caller must not commit."""
    alone(session)
    if moved := _moved(session, rows):
        raise Moved(moved)
    for kind in Kind:
        changes = [Change(row.id, row.body, row.seen) for row in rows if row.kind is kind]
        if changes:
            publish(session, kind, changes, by=by, note=note, deed=Deed.imported)


def _moved(session: Session, rows: Sequence[Accepted]) -> list[Accepted]:
    versions = {}
    for kind in {row.kind for row in rows}:
        table = SHAPES[kind].table
        versions[kind] = {
            row.id: row.version for row in session.execute(select(table.id, table.version))
        }
    return [row for row in rows if versions[row.kind].get(row.id, NEW) != row.seen]
