"""What becomes of a row: added, changed, unchanged, or rejected and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.workbook.reading import Finding
from knowledge.editing.kinds import Body, Kind
from knowledge.editing.versions import NEW, Entry

Current = Mapping[Kind, Mapping[str, Entry]]


class Verdict(StrEnum):
    """In the order of a preview."""

    rejected = "rejected"
    added = "added"
    changed = "changed"
    unchanged = "unchanged"


@dataclass(frozen=True)
class Judged:
    """A row with its verdict; `findings` that do not stop are notes for whoever applies it."""

    kind: Kind
    line: int
    id: str
    name: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    seen: int = NEW
    body: Body | None = None
    before: Body | None = None


def counts(judged: Iterable[Judged]) -> dict[str, int]:
    """How many of each verdict, those of none too."""
    counted = dict.fromkeys(map(str, Verdict), 0)
    for one in judged:
        counted[one.verdict] += 1
    return counted
