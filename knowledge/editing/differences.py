"""What two versions say differently, field by field and line by line."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from knowledge.editing.fields import fields, write_body
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Body, Kind


@dataclass(frozen=True)
class Difference:
    """A field by the title that people read; what went away, what came."""

    title: str
    gone: tuple[str, ...]
    come: tuple[str, ...]


def differences(
    kind: Kind, before: Body | None, after: Body | None, frame: Frame
) -> tuple[Difference, ...]:
    """None stands for what is not there yet, or any more."""
    old = write_body(kind, before, frame) if before else {}
    new = write_body(kind, after, frame) if after else {}
    return tuple(
        _difference(field.title, old.get(field.name, ""), new.get(field.name, ""))
        for field in fields(kind, frame)
        if old.get(field.name, "") != new.get(field.name, "")
    )


def _difference(title: str, before: str, after: str) -> Difference:
    old, new = before.splitlines(), after.splitlines()
    gone: list[str] = []
    come: list[str] = []
    for what, start, end, first, last in SequenceMatcher(None, old, new).get_opcodes():
        if what != "equal":
            gone += old[start:end]
            come += new[first:last]
    return Difference(title, tuple(gone), tuple(come))
