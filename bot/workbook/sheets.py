"""What a sheet of each kind looks like: its name and its columns, the same out and in."""

from __future__ import annotations

from dataclasses import dataclass

from bot.words import words
from knowledge.editing.fields import Field, fields
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from knowledge.editing.words import editing_words

MOST_ROWS = 6_000  # what one transaction writes while conversations wait for it


@dataclass(frozen=True)
class Layout:
    """The columns of a kind; `state` is for people only and may be missing."""

    kind: Kind
    name: str
    id: str
    version: str
    state: str
    fields: tuple[Field, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        return (self.id, self.version, self.state, *(field.title for field in self.fields))


def layout(kind: Kind, frame: Frame) -> Layout:
    columns = words("workbook")["columns"]
    return Layout(
        kind,
        sheet_name(kind),
        columns["id"],
        columns["version"],
        columns["state"],
        fields(kind, frame),
    )


def sheet_name(kind: Kind) -> str:
    return str(editing_words()["kinds"][kind])
