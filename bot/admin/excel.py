"""/admin/excel: the knowledge base as a workbook, and a workbook back: seen first, then applied.

Every route may let StoreAway pass: bot.admin.refusals says it.
"""

from __future__ import annotations

import io
import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer
from starlette.concurrency import run_in_threadpool

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.admin import site
from bot.admin.site import Editor, admin_page, refused
from bot.api.problems import document
from bot.api.state import AppState, State
from bot.web.pages import PRIVATE, Pages, to
from bot.workbook.applying import Accepted, Moved
from bot.workbook.exporting import export
from bot.workbook.jobs import (
    KIND_OF_OBJECT,
    Imports,
    NotReady,
    accepted,
    apply_import,
    begun,
    current_entries,
    judge_again,
    overtaken,
)
from bot.workbook.jobs import State as JobState
from bot.workbook.package import MB, MOST_BYTES
from bot.workbook.sheets import sheet_name
from bot.workbook.tables import ContentImport, ContentImportRow
from knowledge.china import today
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from knowledge.editing.versions import entries

HERE = "excel"
HOME = "/admin/excel"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORDS = Pages(site.HERE, "excel")
LAST = 20  # imports in the list
ROWS = 100  # of a preview on a page
LARGEST_ID = 2**31 - 1
LEFT_AFTER = 24 * 3600  # seconds
router = APIRouter(prefix=HOME, include_in_schema=False)
Number = Annotated[int, InPath(ge=1, le=LARGEST_ID)]


def _imports(request: Request) -> Imports:
    """One for each app, made when it is first asked for."""
    state = request.app.state
    if not hasattr(state, "imports"):
        parts: AppState = state.parts
        state.imports = Imports(parts.gateway.store, parts.live)
    imports: Imports = state.imports
    return imports


Running = Annotated[Imports, Depends(_imports)]


@router.get("")
async def overview(member: Editor, state: State, imports: Running) -> Response:
    """What can be taken and sent, and what was sent last."""

    def read(session: Session) -> list[ContentImport]:
        newest = select(ContentImport).order_by(ContentImport.id.desc()).limit(LAST)
        if member.city_id is not None:
            newest = newest.where(ContentImport.city_id == member.city_id)
        return list(session.scalars(newest))

    alive = imports.alive()
    jobs = await state.gateway.store.look(read)
    words = WORDS.words
    script = {
        **words["upload"],
        "too_big": words["upload"]["too_big"].format(most=MOST_BYTES // MB),
    }
    return admin_page(
        "excel.html",
        member,
        HERE,
        x=words,
        kinds={kind: sheet_name(kind) for kind in Kind},
        most=MOST_BYTES // MB,
        largest=MOST_BYTES,
        script=json.dumps(script, ensure_ascii=False),
        jobs=[(job, _state_name(job, imports, alive)) for job in jobs],
    )


@router.get("/export")
async def download(
    member: Editor, state: State, kind: Annotated[Kind | None, Query()] = None
) -> Response:
    """A workbook of one kind or of all; of a city's own member, with its own places and people."""
    kinds = [kind] if kind else list(Kind)
    store, frame = state.gateway.store, Frame(state.catalogue)
    file = io.BytesIO()
    found = await store.look(lambda session: {one: entries(session, one) for one in kinds})
    counted = await run_in_threadpool(export, found, frame, file, member.city_id)
    detail = {"rows": counted, "city": member.city_id}
    await store.run(
        lambda session: audit.record(
            session, member, "content.export", KIND_OF_OBJECT, kind or "all", detail
        )
    )
    words = WORDS.words["export"]
    name = words["file"].format(
        name=sheet_name(kind) if kind else words["all"], day=today().isoformat()
    )
    disposition = f"attachment; filename=\"wenfa.xlsx\"; filename*=UTF-8''{quote(name)}"
    headers = {**PRIVATE, "Content-Disposition": disposition}
    return Response(file.getvalue(), media_type=XLSX, headers=headers)


@router.post("")
async def upload(request: Request, member: Editor, state: State, imports: Running) -> Response:
    """A workbook as the whole body, sent by the page's script: where its preview will be."""
    said = WORDS.words["upload"]
    name = unquote(request.headers.get("x-file-name", ""), errors="replace").strip()
    if not name.lower().endswith(".xlsx"):
        return document(422, said["bad_ending"])
    if imports.alive():  # two at once would take the cores from residents
        return document(409, said["busy"])
    try:
        file = await _kept(request.stream(), state.settings.home / "imports")
    except _TooLarge:
        return document(413, said["too_big"].format(most=MOST_BYTES // MB))
    except OSError:
        return document(503, said["unwritable"])
    with _gone_on_failure(file):
        if not file.stat().st_size:
            file.unlink()
            return document(422, said["empty"])
        store = state.gateway.store
        current = await store.look(current_entries)
        number = await store.run(lambda session: begun(session, name, member.name, member.city_id))
        imports.begin(number, file, current, member.city_id)
    return JSONResponse({"url": f"{HOME}/{number}"}, 202, headers=PRIVATE)


@router.get("/{number}")
async def preview(
    number: Number,
    member: Editor,
    state: State,
    imports: Running,
    request: Request,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """How far it is; then what would become of each row, what is wrong first."""

    def read(session: Session) -> tuple[ContentImport, list[ContentImportRow], int] | None:
        job = _job(session, number, member)
        if job is None:
            return None
        own = ContentImportRow.import_id == number
        many = session.scalar(select(func.count()).select_from(ContentImportRow).where(own)) or 0
        rows = session.scalars(
            select(ContentImportRow)
            .options(defer(ContentImportRow.body))
            .where(own)
            .order_by(ContentImportRow.id)
            .offset((page - 1) * ROWS)
            .limit(ROWS)
        )
        return job, list(rows), many

    alive = imports.alive()
    found = await state.gateway.store.look(read)
    if found is None:
        return _said(member, "not_there", 404)
    job, rows, many = found
    return admin_page(
        "excel_preview.html",
        member,
        HERE,
        x=WORDS.words,
        job=job,
        state=_state_name(job, imports, alive),
        progress=_progress_text(job),
        rows=rows if job.state != JobState.reading else [],
        sheets={kind: sheet_name(kind) for kind in Kind},
        page=page,
        of=max(1, -(-many // ROWS)),
        to_apply=_to_apply(job),
        may_apply=member.may(Role.REVIEWER),
        done=site.PAGES.done_text(request),
    )


@router.get("/{number}/state")
async def how_far(number: Number, member: Editor, state: State, imports: Running) -> Response:
    """For the page's script."""
    alive = imports.alive()
    job = await state.gateway.store.look(lambda session: _job(session, number, member))
    if job is None:
        return document(404, WORDS.words["refused"]["not_there"])
    return JSONResponse(
        {
            "state": _state_name(job, imports, alive),
            "done": job.done,
            "total": job.total,
            "text": _progress_text(job),
        },
        headers=PRIVATE,
    )


@router.post("/{number}/apply")
async def apply(number: Number, member: Editor, state: State) -> Response:
    """Every row or none."""
    if not member.may(Role.REVIEWER):
        return refused(member, HERE, "reviewer", 403)
    store = state.gateway.store

    def read(session: Session) -> list[Accepted]:
        job = _job(session, number, member)
        return accepted(session, job.id) if job and job.state == JobState.ready else []

    def write(session: Session) -> bool:
        job = _job(session, number, member)
        if job is None:
            return False
        apply_import(session, job, member)
        return True

    rows = await store.look(read)
    try:
        await run_in_threadpool(judge_again, rows, Frame(state.live.current()), today())
        if not await store.run(write):
            return _said(member, "not_there", 404)
    except NotReady:
        return _said(member, "not_ready", 409)
    except Moved as moved:
        text, kept = str(moved), moved
        await store.run(lambda session: overtaken(session, number, kept))
        return admin_page("said.html", member, HERE, 409, text=text)
    state.live.refresh()
    return to(f"{HOME}/{number}", "applied")


class _TooLarge(Exception):
    pass


async def _kept(stream: AsyncIterator[bytes], folder: Path) -> Path:
    """The body in a file of its own. Raises _TooLarge, OSError; then there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.xlsx"):  # by a process that was killed
        if time.time() - left.stat().st_mtime > LEFT_AFTER:
            left.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".xlsx", delete=False) as opened:
        file = Path(opened.name)
        with _gone_on_failure(file):
            size = 0
            async for block in stream:
                size += len(block)
                if size > MOST_BYTES:
                    raise _TooLarge
                await run_in_threadpool(opened.write, block)
    return file


@contextmanager
def _gone_on_failure(file: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:  # a browser that left, too
        file.unlink(missing_ok=True)
        raise


def _job(session: Session, number: int, member: StaffMember) -> ContentImport | None:
    """What somebody of the member's own city sent, or anybody when they keep all cities."""
    job = session.get(ContentImport, number)
    return job if job and member.city_id in (None, job.city_id) else None


def _state_name(job: ContentImport, imports: Imports, alive: frozenset[int]) -> str:
    return "interrupted" if imports.interrupted(job, alive) else job.state


def _progress_text(job: ContentImport) -> str:
    words = WORDS.words["preview"]
    return str(words["judging" if job.total else "reading"]).format(done=job.done, total=job.total)


def _to_apply(job: ContentImport) -> int:
    counted: dict[str, Any] = job.counts or {}
    return int(counted.get("added", 0)) + int(counted.get("changed", 0))


def _said(member: StaffMember, key: str, status: int) -> Response:
    return admin_page("said.html", member, HERE, status, text=WORDS.words["refused"][key])
