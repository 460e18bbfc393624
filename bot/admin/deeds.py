"""What is done to a whole thing: taken away, brought back, rolled back, its draft discarded."""

from __future__ import annotations

from itertools import zip_longest

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.logins import StaffMember
from bot.admin import changing
from bot.admin.changing import MayNotBeSaid
from bot.admin.entries import Seen, kind_named, opened
from bot.admin.listing import WORDS
from bot.admin.site import Editor, Reviewer, admin_page, refused
from bot.api.state import AppState, State
from bot.clock import when
from bot.web.forms import plain_form
from bot.web.pages import to
from knowledge.editing.differences import differences
from knowledge.editing.kinds import Kind, name_of
from knowledge.editing.versions import Entry, NotThere

LONGEST_NUMBER = 9
router = APIRouter(prefix="/admin", include_in_schema=False)


@router.get("/{kind}/{object_id}/history")
async def history(kind: str, object_id: str, member: Editor, state: State) -> Response:
    """Every version, with what it said differently from the one before."""
    of = kind_named(kind)
    entry = await opened(state, member, of, object_id)
    found = await changing.history(state, entry)
    return admin_page(
        "history.html", member, of,
        w=WORDS.words, kind=of, entry=entry, title=name_of(of, entry.newest),
        rows=[
            (version, when(version.at), differences(of, old.body if old else None, version.body,
                                                    state.frame))
            for version, old in zip_longest(found, found[1:])
        ],
    )  # fmt: skip


@router.post("/{kind}/{object_id}/archive")
async def archive(
    request: Request, kind: str, object_id: str, member: Reviewer, state: State
) -> Response:
    """Residents do not see it any more."""
    of, entry, form = await _asked(request, kind, object_id, member, state)
    await changing.archive(state, member, entry, Seen.of(form), form.get("note", ""))
    return to(f"/admin/{of}/{entry.id}", "archived")


@router.post("/{kind}/{object_id}/restore")
async def restore(
    request: Request, kind: str, object_id: str, member: Reviewer, state: State
) -> Response:
    """Residents see it again, as it was, if it may still be said."""
    of, entry, form = await _asked(request, kind, object_id, member, state)
    try:
        await changing.restore(state, member, entry, Seen.of(form))
    except MayNotBeSaid as why:
        return refused(member, of, "restore", 422, why=why)
    return to(f"/admin/{of}/{entry.id}", "restored")


@router.post("/{kind}/{object_id}/rollback")
async def roll_back(
    request: Request, kind: str, object_id: str, member: Reviewer, state: State
) -> Response:
    """Publish what an earlier version said, if it may still be said."""
    of, entry, form = await _asked(request, kind, object_id, member, state)
    given = form.get("number", "")
    if not (given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER):
        raise NotThere
    try:
        await changing.roll_back(state, member, entry, Seen.of(form), int(given))
    except MayNotBeSaid as why:
        return refused(member, of, "rollback", 422, n=int(given), why=why)
    return to(f"/admin/{of}/{entry.id}", "rolled_back")


@router.post("/{kind}/{object_id}/discard")
async def discard(
    request: Request, kind: str, object_id: str, member: Editor, state: State
) -> Response:
    """The draft goes; what residents see stays."""
    of, entry, form = await _asked(request, kind, object_id, member, state)
    await changing.discard(state, member, entry, Seen.of(form))
    there = entry.body is not None
    return to(f"/admin/{of}/{entry.id}" if there else f"/admin/{of}", "discarded")


async def _asked(
    request: Request, kind: str, object_id: str, member: StaffMember, state: AppState
) -> tuple[Kind, Entry, dict[str, str]]:
    """Raises NotThere, Elsewhere."""
    of = kind_named(kind)
    entry = await opened(state, member, of, object_id)
    return of, entry, await plain_form(request)
