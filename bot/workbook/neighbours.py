"""What is wrong with a row only beside the others: those of its workbook, and what stands already.

A form is about one thing and is told of the rest by the rules; a workbook changes many at once, and
what counts is how they stand together afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from bot.words import words
from bot.workbook.reading import Finding, SheetRow
from bot.workbook.verdicts import Current, Judged, Verdict
from knowledge.checking import NearCopies
from knowledge.editing.kinds import Body, Kind
from knowledge.text import normalise

Thing = tuple[Kind, str]


class Say(Protocol):
    """A finding by the row, the name of a field and a key of `problems` in workbook.yml."""

    def __call__(
        self, row: SheetRow, name: str, key: str, *, stops: bool = True, **values: object
    ) -> Finding: ...


def beside_each_other(
    rows: Sequence[SheetRow], judged: Sequence[Judged], current: Current, say: Say
) -> list[Judged]:
    """The rows with what is wrong with them among the others; `judged` is of `rows`, in order."""
    neighbours = _Neighbours(rows, judged, current, say)
    return [
        _with(one, tuple(neighbours.findings(row, one)))
        for row, one in zip(rows, judged, strict=True)
    ]


def _with(judged: Judged, findings: tuple[Finding, ...]) -> Judged:
    if any(one.stops for one in findings):
        return replace(judged, verdict=Verdict.rejected, body=None, findings=findings)
    return replace(judged, findings=(*judged.findings, *findings))


class _Neighbours:
    def __init__(
        self, rows: Sequence[SheetRow], judged: Sequence[Judged], current: Current, say: Say
    ) -> None:
        self._say = say
        # what residents would see afterwards, and the line of what the workbook writes of it
        self._bodies: dict[Thing, Body] = {
            (kind, entry.id): entry.body
            for kind, entries in current.items()
            for entry in entries.values()
            if entry.body is not None and not entry.archived
        }
        self._lines: dict[Thing, int] = {}
        for one in judged:
            if one.body is not None:
                self._bodies[one.kind, one.id] = one.body
                self._lines[one.kind, one.id] = one.line
        self._named: dict[tuple[object, ...], list[str]] = {}
        for (kind, id_), body in self._bodies.items():
            self._named.setdefault(_name(kind, body), []).append(id_)
        self._near = NearCopies()
        self._asked: list[tuple[int, str]] = []

    def findings(self, row: SheetRow, judged: Judged) -> Iterator[Finding]:
        """Ask in the order of the rows: a way of asking is told of those before it."""
        if judged.body is None:
            return
        yield from self._same_name(row, judged, judged.body)
        if judged.kind is Kind.person:
            yield from self._moved_away(row, judged.body)
        if judged.kind is Kind.faq:
            yield from self._asked_before(row, judged, judged.body)

    def _same_name(self, row: SheetRow, judged: Judged, body: Body) -> Iterator[Finding]:
        """Two that nobody can tell apart; one that was so before is not this workbook's doing."""
        name = _name(judged.kind, body)
        if judged.before is not None and _name(judged.kind, judged.before) == name:
            return
        field = "title" if judged.kind is Kind.faq else "name"
        what = words("workbook")["same"][judged.kind]
        for other in self._named[name]:
            line = self._lines.get((judged.kind, other))
            if other == judged.id:
                continue
            if line is None:
                yield self._say(row, field, "same_name", id=other, what=what)
            else:
                yield self._say(row, field, "same_name_line", line=line, what=what)
            return  # one reason is enough

    def _moved_away(self, row: SheetRow, body: Body) -> Iterator[Finding]:
        """A person stays in the city of their place."""
        place = (Kind.place, body["point_id"] or "")
        line = self._lines.get(place)
        if line is not None and self._bodies[place]["city_id"] != body["city_id"]:
            yield self._say(row, "point_id", "point_moves", line=line)

    def _asked_before(self, row: SheetRow, judged: Judged, body: Body) -> Iterator[Finding]:
        """A new way of asking that a row above has as well: the rules know the published ones."""
        known = _ways(judged.before) if judged.before else frozenset()
        new = [way for way in (body["title"], *body["ask"]) if way not in known]
        for way in new:
            for line, other in (self._asked[at] for at in self._near.of(way)):
                yield self._say(
                    row, "ask", "alike_line", stops=False, value=way, line=line, other=other
                )
        for way in new:
            self._near.add(way)
            self._asked.append((judged.line, way))


def _ways(body: Mapping[str, object]) -> frozenset[object]:
    ask = body["ask"]
    assert isinstance(ask, list)
    return frozenset((body["title"], *ask))


def _name(kind: Kind, body: Body) -> tuple[object, ...]:
    """By what people tell it from the others of its kind."""
    if kind is Kind.faq:
        return kind, normalise(body["title"])
    name = normalise(body["name"])
    if kind is Kind.place:
        return kind, name, body["region_id"]
    own = normalise(body["organisation"] or "")
    return kind, name, body["city_id"], body["role"], body["point_id"], own
