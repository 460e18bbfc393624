"""What is done to a whole thing: taken away, brought back, rolled back, its draft discarded."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.admin.entries import OwnCityOnly, Seen, done, kind_named, may_change, opened
from bot.admin.listing import WORDS
from bot.admin.site import Editor, Reviewer, admin_page, refused
from bot.api.state import AppState, State
from bot.clock import when
from bot.web.forms import plain_form
from bot.web.pages import to
from knowledge.china import today
from knowledge.editing import versions
from knowledge.editing.differences import differences
from knowledge.editing.kinds import Body, Kind, name_of
from knowledge.editing.rules import check
from knowledge.editing.versions import Entry, NotThere, Version
from knowledge.text import storable

LONGEST_NOTE = 200
router = APIRouter(prefix="/admin", include_in_schema=False)


@router.get("/{kind}/{object_id}/history")
async def history(kind: str, object_id: str, member: Editor, state: State) -> Response:
    """Every version, with what it said differently from the one before."""
    of = kind_named(kind)
    entry = await opened(state, member, of, object_id)
    found = await _versions(state, of, object_id)
    before = [*found[1:], None]
    return admin_page(
        "history.html", member, of,
        w=WORDS.words, kind=of, entry=entry, title=name_of(of, entry.newest),
        rows=[
            (version, when(version.at), differences(of, old.body if old else None, version.body,
                                                    state.frame))
            for version, old in zip(found, before, strict=True)
        ],
    )  # fmt: skip


@router.post("/{kind}/{object_id}/archive")
async def archive(
    request: Request, kind: str, object_id: str, member: Reviewer, state: State
) -> Response:
    """Residents do not see it any more."""
    of, entry, form = await _asked(request, kind, object_id, member, state)
    seen, note = Seen.of(form), storable(form.get("note", "")).strip()[:LONGEST_NOTE] or None

    def write(session: Session) -> None:
        versions.archive(session, of, entry.id, seen=seen.version, by=member.name, note=note)
        audit.record(session, member, "content.archive", of, entry.id, {"note": note})

    await done(state, write)
    return to(f"/admin/{of}/{entry.id}", "archived")


@router.post("/{kind}/{object_id}/restore")
async def restore(
    request: Request, kind: str, object_id: str, member: Reviewer, state: State
) -> Response:
    """Residents see it again, as it was, if it may still be said."""
    of, entry, form = await _asked(request, kind, object_id, member, state)
    seen = Seen.of(form)
    why = _stopped(of, entry.id, entry.newest, state)
    if why:
        return refused(member, of, "restore", 422, why=why)

    def write(session: Session) -> None:
        versions.restore(session, of, entry.id, seen=seen.version, by=member.name)
        audit.record(session, member, "content.restore", of, entry.id)

    await done(state, write)
    return to(f"/admin/{of}/{entry.id}", "restored")


@router.post("/{kind}/{object_id}/rollback")
async def roll_back(
    request: Request, kind: str, object_id: str, member: Reviewer, state: State
) -> Response:
    """Publish what an earlier version said, if it may still be said."""
    of, entry, form = await _asked(request, kind, object_id, member, state)
    seen, number = Seen.of(form), form.get("number", "")
    version = next(
        (one for one in await _versions(state, of, entry.id) if str(one.number) == number), None
    )
    if version is None:
        raise NotThere
    may_change(member, of, entry.body, version.body)
    why = _stopped(of, entry.id, version.body, state)
    if why:
        return refused(member, of, "rollback", 422, n=version.number, why=why)

    def write(session: Session) -> None:
        versions.roll_back(session, of, entry.id, version.number, seen=seen.version, by=member.name)
        audit.record(session, member, "content.rollback", of, entry.id, {"number": version.number})

    await done(state, write)
    return to(f"/admin/{of}/{entry.id}", "rolled_back")


@router.post("/{kind}/{object_id}/discard")
async def discard(
    request: Request, kind: str, object_id: str, member: Editor, state: State
) -> Response:
    """The draft goes; what residents see stays."""
    of, entry, form = await _asked(request, kind, object_id, member, state)
    seen = Seen.of(form)

    def write(session: Session) -> None:
        versions.discard_draft(session, of, entry.id, seen.revision)
        audit.record(session, member, "content.discard", of, entry.id)

    await done(state, write)
    there = entry.body is not None
    return to(f"/admin/{of}/{entry.id}" if there else f"/admin/{of}", "discarded")


async def _asked(
    request: Request, kind: str, object_id: str, member: StaffMember, state: AppState
) -> tuple[Kind, Entry, dict[str, str]]:
    """Raises NotThere, Elsewhere, OwnCityOnly: an answer belongs to every city."""
    of = kind_named(kind)
    entry = await opened(state, member, of, object_id)
    if member.city_id and of is Kind.faq:
        raise OwnCityOnly
    standing = entry.body or entry.newest
    may_change(member, of, standing, standing)
    return of, entry, await plain_form(request)


def _stopped(kind: Kind, object_id: str, body: Body, state: AppState) -> str:
    """Why this may not be said today; empty when it may."""
    found = check(kind, object_id, body, state.frame, today())
    return "；".join(one.text for one in found if one.stops)


async def _versions(state: AppState, kind: Kind, object_id: str) -> list[Version]:
    def read(session: Session) -> list[Version]:
        return versions.history(session, kind, object_id)

    return await state.gateway.store.look(read)
