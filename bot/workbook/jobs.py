"""A workbook from its upload to its preview: read and judged on a thread, kept by row.

Nothing of the knowledge base changes here. A thread that dies leaves its row at `reading`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from threading import Lock, Thread

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.audit import Actor
from bot.accounts.logins import StaffMember
from bot.clock import utcnow
from bot.gateway.store import Store, StoreAway
from bot.words import words
from bot.workbook.applying import Accepted, Moved, apply
from bot.workbook.judging import judge
from bot.workbook.reading import read_workbook
from bot.workbook.refusal import Refusal
from bot.workbook.tables import ContentImport, ContentImportRow
from bot.workbook.verdicts import Current, Judged, Verdict, counts
from knowledge.catalogue import LiveCatalogue
from knowledge.china import today
from knowledge.editing.differences import differences
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from knowledge.editing.rules import check
from knowledge.editing.versions import entries
from knowledge.text import storable

log = logging.getLogger(__name__)
STILL = timedelta(minutes=10)  # without progress: nobody works on it any more
SAY_EVERY = 0.7  # seconds between two notes of progress: each one is a transaction
PREVIEWED = timedelta(days=30)  # then the rows of a preview go; that it was sent stays
BLOCK = 500  # rows in a transaction, so that conversations are written between them
LONGEST_NAME = 120
KIND_OF_OBJECT = "workbook"


class State(StrEnum):
    """What has become of a workbook."""

    reading = "reading"
    ready = "ready"
    rejected = "rejected"
    refused = "refused"
    applied = "applied"
    failed = "failed"


class NotReady(Exception):
    """There is nothing to apply: it is not read, holds rejected rows, or is applied already."""


def current_entries(session: Session) -> Current:
    """What stands in the knowledge base, by kind and id."""
    return {kind: {one.id: one for one in entries(session, kind)} for kind in Kind}


def begun(session: Session, file_name: str, by: str, city_id: str | None) -> int:
    """The number of a new import; the rows of old previews go."""
    now = utcnow()
    old = select(ContentImport.id).where(ContentImport.at < now - PREVIEWED)
    session.execute(delete(ContentImportRow).where(ContentImportRow.import_id.in_(old)))
    job = ContentImport(
        file_name=storable(file_name)[:LONGEST_NAME], by=by, city_id=city_id, at=now,
        touched_at=now, state=State.reading, done=0, total=0, message=None, counts=None,
        notices=[], applied_by=None, applied_at=None,
    )  # fmt: skip
    session.add(job)
    session.flush()
    return job.id


def accepted(session: Session, import_id: int) -> list[Accepted]:
    """The rows that would be applied, in the order of the preview."""
    row = ContentImportRow
    found = session.execute(
        select(row.kind, row.line, row.object_id, row.name, row.seen, row.body)
        .where(row.import_id == import_id, row.body.is_not(None))
        .order_by(row.id)
    )
    return [Accepted(Kind(kind), *rest) for kind, *rest in found]


def judge_again(rows: Sequence[Accepted], frame: Frame, day: date) -> None:
    """A preview may be weeks old: its rows by the rules of `day`. Raises Moved.

    A place has gone since, a law has another text, a day of review is over.
    """
    spoilt = [
        row
        for row in rows
        if any(one.stops for one in check(row.kind, row.id, row.body, frame, day))
    ]
    if spoilt:
        raise Moved(spoilt, "no_longer")


def apply_import(session: Session, job: ContentImport, member: StaffMember | Actor) -> None:
    """Apply every row, all or none, and say so in the audit. Raises NotReady, Moved."""
    session.refresh(job, with_for_update=True)
    rows = accepted(session, job.id)
    if job.state != State.ready or not rows:
        raise NotReady
    by = name_of(member)
    apply(session, rows, by=by, note=job.file_name)
    job.state, job.applied_by, job.applied_at = State.applied, by, utcnow()
    detail = {"file": job.file_name, **(job.counts or {})}
    audit.record(session, member, "content.import", KIND_OF_OBJECT, job.id, detail)


def name_of(member: StaffMember | Actor) -> str:
    """As colleagues know them; whoever sits at the command line has no other name."""
    return member.name if isinstance(member, StaffMember) else member.username


def overtaken(session: Session, import_id: int, moved: Moved) -> None:
    """The preview is not of today's knowledge base: it can be applied no more."""
    job = session.get_one(ContentImport, import_id)
    job.state, job.message = State.failed, str(moved)


class Imports:
    """The workbooks that this process is reading."""

    def __init__(self, store: Store, live: LiveCatalogue) -> None:
        self._store = store
        self._live = live
        self._lock = Lock()
        self._running: dict[int, Thread] = {}

    def begin(self, import_id: int, file: Path, current: Current, city_id: str | None) -> None:
        """Read a file on a thread of its own; the file is gone afterwards."""
        work = _Work(self._store, self._live, import_id, file, current, city_id)
        # a daemon: what is half read must not keep the app from stopping
        thread = Thread(target=self._run, args=(work,), name=f"import-{import_id}", daemon=True)
        with self._lock:
            self._running[import_id] = thread
        thread.start()

    def wait(self, import_id: int, seconds: float | None = None) -> None:
        """Until a file is read."""
        thread = self._running.get(import_id)
        if thread:
            thread.join(seconds)

    def alive(self) -> frozenset[int]:
        """Those that are being read. Ask before their rows are read: they may end meanwhile."""
        with self._lock:
            return frozenset(self._running)

    def interrupted(self, job: ContentImport, alive: frozenset[int]) -> bool:
        """Whether nobody works any more on what says that it is being read."""
        if job.state != State.reading or job.id in alive | self.alive():
            return False
        # where there is one app process, that it is not ours means that its process is gone
        return self._store.alone or utcnow() - job.touched_at > STILL

    def _run(self, work: _Work) -> None:
        try:
            work.run()
        finally:
            with self._lock:
                self._running.pop(work.import_id, None)


class _Work:
    """One file on its thread."""

    def __init__(
        self,
        store: Store,
        live: LiveCatalogue,
        import_id: int,
        file: Path,
        current: Current,
        city_id: str | None,
    ) -> None:
        self.import_id = import_id
        self._store, self._live = store, live
        self._file, self._current, self._city_id = file, current, city_id
        self._said = time.monotonic()

    def run(self) -> None:
        try:
            self._read()
        except Refusal as refusal:
            self._end(State.refused, message=str(refusal))
        except Exception:
            log.exception("import %s failed", self.import_id)
            self._end(State.failed, message=str(words("workbook")["messages"]["failed"]))
        finally:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

    def _read(self) -> None:
        frame = Frame(self._live.current())
        book = read_workbook(self._file, frame, lambda done: self._progress(done, 0))
        judged = judge(
            book.rows, self._current, frame, today(), self._city_id, on_progress=self._progress
        )
        rows = [_kept(self.import_id, one, frame) for one in _in_order(judged)]
        for start in range(0, len(rows), BLOCK):
            self._add(rows[start : start + BLOCK])
        counted = counts(judged)
        state = State.rejected if counted[Verdict.rejected] else State.ready
        self._end(state, counts=counted, notices=book.notices, done=len(judged), total=len(judged))

    def _add(self, rows: Sequence[ContentImportRow]) -> None:
        self._store.run_now(lambda session: session.add_all(rows))

    def _progress(self, done: int, total: int) -> None:
        """Now and then; one that cannot be written is not needed."""
        if time.monotonic() - self._said < SAY_EVERY:
            return
        with suppress(StoreAway):
            self._set(done=done, total=total)
        self._said = time.monotonic()

    def _end(self, state: State, **values: object) -> None:
        try:
            self._set(state=state, **values)
        except StoreAway:  # it stays at `reading`, and is shown as interrupted
            log.exception("the end of import %s could not be written", self.import_id)

    def _set(self, **values: object) -> None:
        def write(session: Session) -> None:
            job = session.get_one(ContentImport, self.import_id)
            for name, value in {**values, "touched_at": utcnow()}.items():
                setattr(job, name, value)

        self._store.run_now(write)


def _in_order(judged: Sequence[Judged]) -> list[Judged]:
    """As the preview shows them: what is wrong first; what stays as it is only counts."""
    ranks = {verdict: rank for rank, verdict in enumerate(Verdict)}
    shown = [one for one in judged if one.verdict is not Verdict.unchanged]
    return sorted(shown, key=lambda one: ranks[one.verdict])


def _kept(import_id: int, judged: Judged, frame: Frame) -> ContentImportRow:
    return ContentImportRow(
        import_id=import_id,
        kind=judged.kind,
        line=judged.line,
        object_id=storable(judged.id),
        name=storable(judged.name),
        verdict=judged.verdict,
        seen=judged.seen,
        body=judged.body,
        problems=[
            [one.cell, storable(one.title), storable(one.text), one.stops]
            for one in judged.findings
        ],
        differences=[
            asdict(one) for one in differences(judged.kind, judged.before, judged.body, frame)
        ]
        if judged.body
        else [],
    )
