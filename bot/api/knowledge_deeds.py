"""/knowledge/{kind}/{id}: published, taken away, brought back, rolled back, and its history."""

from __future__ import annotations

from collections.abc import Awaitable
from itertools import zip_longest
from typing import Any

from fastapi import APIRouter

from bot.accounts.logins import StaffMember
from bot.admin import changing
from bot.admin.changing import MayNotBeSaid
from bot.admin.entries import Seen, opened
from bot.api import knowledge_fields as plain
from bot.api import knowledge_shapes as shapes
from bot.api.knowledge import ROUTER, Editor, Id, Reviewer, shown
from bot.api.problems import Problem, WrongFields
from bot.api.state import AppState, State
from bot.clock import iso
from knowledge.editing.differences import differences
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind
from knowledge.editing.versions import Entry, Version

router = APIRouter(**ROUTER)


@router.post("/{kind}/{object_id}/publish", response_model=shapes.EntryShape)
async def publish(
    kind: Kind, object_id: Id, request: shapes.DraftSeen, member: Reviewer, state: State
) -> dict[str, Any]:
    """The draft becomes what residents see, within a second."""
    found = await opened(state, member, kind, object_id)
    if found.draft is None:
        raise Problem(409, "entry_no_draft")
    seen = Seen(request.version, request.revision)
    return await _after(state, member, found, changing.publish(state, member, found, seen))


@router.post("/{kind}/{object_id}/archive", response_model=shapes.EntryShape)
async def archive(
    kind: Kind, object_id: Id, request: shapes.ArchiveRequest, member: Reviewer, state: State
) -> dict[str, Any]:
    """Residents do not see it any more; it stays for staff."""
    found = await opened(state, member, kind, object_id)
    deed = changing.archive(state, member, found, Seen(request.version, 0), request.note)
    return await _after(state, member, found, deed)


@router.post("/{kind}/{object_id}/restore", response_model=shapes.EntryShape)
async def restore(
    kind: Kind, object_id: Id, request: shapes.Seen, member: Reviewer, state: State
) -> dict[str, Any]:
    """Residents see it again, as it was, if it may still be said."""
    found = await opened(state, member, kind, object_id)
    deed = changing.restore(state, member, found, Seen(request.version, 0))
    return await _after(state, member, found, deed)


@router.post("/{kind}/{object_id}/rollback", response_model=shapes.EntryShape)
async def roll_back(
    kind: Kind, object_id: Id, request: shapes.RollBackRequest, member: Reviewer, state: State
) -> dict[str, Any]:
    """What an earlier version said is published again, if it may still be said."""
    found = await opened(state, member, kind, object_id)
    deed = changing.roll_back(state, member, found, Seen(request.version, 0), request.to)
    return await _after(state, member, found, deed)


@router.get("/{kind}/{object_id}/history", response_model=shapes.HistoryAnswer)
async def history(kind: Kind, object_id: Id, member: Editor, state: State) -> dict[str, Any]:
    """Every version, the newest first, with what it said otherwise than the one before."""
    found = await changing.history(state, await opened(state, member, kind, object_id))
    frame = state.frame
    return {
        "versions": [
            _version(kind, version, before, frame)
            for version, before in zip_longest(found, found[1:])
        ]
    }


async def _after(
    state: AppState, member: StaffMember, found: Entry, deed: Awaitable[None]
) -> dict[str, Any]:
    """The deed, and how the thing stands then."""
    try:
        await deed
    except MayNotBeSaid as why:
        errors = plain.field_errors(found.kind, why.problems, state.frame)
        raise WrongFields("entry_unfit", errors) from None
    return await shown(state, member, found.kind, found.id)


def _version(kind: Kind, version: Version, before: Version | None, frame: Frame) -> dict[str, Any]:
    return {
        "number": version.number,
        "deed": version.deed,
        "by": version.by,
        "at": iso(version.at) if version.at else None,
        "note": version.note,
        "fields": plain.shown(kind, version.body, frame),
        "changes": [
            vars(one)
            for one in differences(kind, before.body if before else None, version.body, frame)
        ],
    }
