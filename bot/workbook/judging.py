"""What would become of each row: added, changed, unchanged, or rejected and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from bot.words import words
from bot.workbook.neighbours import beside_each_other
from bot.workbook.reading import ID, VERSION, Finding, SheetRow
from bot.workbook.sheets import sheet_name
from bot.workbook.verdicts import Current, Judged, Verdict
from knowledge.editing.fields import fields, read_body, write_body
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Body, Kind, name_of
from knowledge.editing.rules import check, only_own_city
from knowledge.editing.versions import NEW, Entry, new_id
from knowledge.editing.words import Problem

LONGEST_NAME = 60


def judge(
    rows: Sequence[SheetRow],
    current: Current,
    frame: Frame,
    day: date,
    city_id: str | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Judged]:
    """Every row by itself and among the others. With `city_id`: what only that city may change."""
    judging = _Judging(rows, current, frame, day, city_id)
    found = []
    for done, row in enumerate(rows, 1):
        found.append(judging.row(row))
        on_progress(done, len(rows))
    return beside_each_other(rows, found, current, judging.finding)


class _Judging:
    def __init__(
        self,
        rows: Sequence[SheetRow],
        current: Current,
        frame: Frame,
        day: date,
        city_id: str | None,
    ) -> None:
        self._current, self._frame, self._day, self._city_id = current, frame, day, city_id
        self._titles = {
            kind: {field.name: field.title for field in fields(kind, frame)} for kind in Kind
        }
        columns = words("workbook")["columns"]
        self._titles = {
            kind: {**titles, ID: columns["id"], VERSION: columns["version"]}
            for kind, titles in self._titles.items()
        }
        self._lines: dict[tuple[Kind, str], list[int]] = {}
        for row in rows:
            if row.id:
                self._lines.setdefault((row.kind, row.id), []).append(row.line)
        # what a new row may say once more: told by its whole body
        self._known = {
            (kind, _digest(entry.body)): entry.id
            for kind, entries in current.items()
            for entry in entries.values()
            if entry.body is not None and not entry.archived
        }
        self._added: dict[tuple[Kind, str], int] = {}

    def row(self, row: SheetRow) -> Judged:
        if row.wrong:
            return self._rejected(row, row.wrong)
        return self._known_row(row) if row.id else self._new_row(row)

    def _known_row(self, row: SheetRow) -> Judged:
        entry = self._current[row.kind].get(row.id)
        refusal = self._not_this_one(row, entry)
        if refusal or entry is None or entry.body is None:
            return self._rejected(row, (refusal,) if refusal else ())
        # compared as texts first: what was not touched need not be right by today's rules
        if row.texts == _trimmed(write_body(row.kind, entry.body, self._frame)):
            return self._of(row, row.id, Verdict.unchanged, entry)
        body, findings = self._read(row, row.id)
        if body is None or any(one.stops for one in findings):
            return self._rejected(row, findings)
        if body == entry.body:
            return self._of(row, row.id, Verdict.unchanged, entry)
        if self._city_id and not only_own_city(row.kind, entry.body, body, self._city_id):
            return self._rejected(row, (self._not_own(row),))
        if entry.draft:
            note = self.finding(row, ID, "draft", stops=False, by=entry.draft.saved_by)
            findings = (*findings, note)
        return self._of(row, row.id, Verdict.changed, entry, body, findings)

    def _not_this_one(self, row: SheetRow, entry: Entry | None) -> Finding | None:
        """Why the row cannot be laid over the entry of its id."""
        lines = self._lines[row.kind, row.id]
        if len(lines) > 1:
            said = "、".join(map(str, lines))
            return self.finding(row, ID, "twice", value=row.id, lines=said)
        if entry is None or entry.body is None:
            return self.finding(row, ID, "unknown_id", value=row.id, kind=sheet_name(row.kind))
        if not row.version:
            return self.finding(row, VERSION, "no_version")
        if not row.version.isascii() or not row.version.isdigit() or len(row.version) > 9:
            return self.finding(row, VERSION, "bad_version", value=row.version)
        if entry.archived:
            return self.finding(row, ID, "archived")
        if int(row.version) != entry.version:
            return self.finding(row, VERSION, "moved", seen=row.version, now=entry.version)
        return None

    def _new_row(self, row: SheetRow) -> Judged:
        if row.version:
            return self._rejected(row, (self.finding(row, VERSION, "spare_version"),))
        body, findings = self._read(row, "")
        if body is None or any(one.stops for one in findings):
            return self._rejected(row, findings)
        if self._city_id and not only_own_city(row.kind, None, body, self._city_id):
            return self._rejected(row, (self._not_own(row),))
        digest = (row.kind, _digest(body))
        if digest in self._known:
            same = self.finding(row, ID, "same_as", id=self._known[digest])
            return self._rejected(row, (same,))
        if digest in self._added:
            same = self.finding(row, ID, "same_twice", line=self._added[digest])
            return self._rejected(row, (same,))
        self._added[digest] = row.line
        id_ = new_id(row.kind, body)
        return self._of(row, id_, Verdict.added, None, body, findings)

    def _read(self, row: SheetRow, object_id: str) -> tuple[Body | None, tuple[Finding, ...]]:
        written = read_body(row.kind, row.texts, self._frame)
        problems: Sequence[Problem] = written.problems
        if written.body is not None:
            checked = check(row.kind, object_id, written.body, self._frame, self._day)
            problems = [*problems, *checked]
        titles = self._titles[row.kind]
        return written.body, tuple(
            Finding(row.cell(one.field), titles[one.field], one.text, one.stops) for one in problems
        )

    def finding(
        self, row: SheetRow, name: str, key: str, *, stops: bool = True, **values: object
    ) -> Finding:
        text = words("workbook")["problems"][key].format(**values)
        return Finding(row.cell(name), self._titles[row.kind][name], text, stops)

    def _not_own(self, row: SheetRow) -> Finding:
        city = self._frame.cities.write(self._city_id or "")
        return self.finding(row, ID, "own_city", city=city)

    def _rejected(self, row: SheetRow, findings: Sequence[Finding]) -> Judged:
        name = row.texts["title" if row.kind is Kind.faq else "name"][:LONGEST_NAME]
        return Judged(row.kind, row.line, row.id, name, Verdict.rejected, tuple(findings))

    def _of(
        self,
        row: SheetRow,
        id_: str,
        verdict: Verdict,
        entry: Entry | None,
        body: Body | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> Judged:
        before = entry.body if entry else None
        named = body or before
        assert named is not None
        name = name_of(row.kind, named)
        seen = entry.version if entry else NEW
        return Judged(row.kind, row.line, id_, name, verdict, findings, seen, body, before)


def _trimmed(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text.replace("\r\n", "\n").strip() for name, text in texts.items()}


def _digest(body: Body) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True)
