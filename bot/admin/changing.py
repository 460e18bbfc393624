"""What is done to one thing that staff keep, by whichever door it was asked for.

Each deed: whether this member may do it, the change with its audit row in one transaction, and
what residents are shown from the next moment on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.admin.entries import OwnCityOnly, Seen, done, may_change
from bot.api.state import AppState
from knowledge.china import today
from knowledge.editing import versions
from knowledge.editing.kinds import Body, Kind, name_of
from knowledge.editing.rules import check
from knowledge.editing.versions import Change, Entry, NotThere, Stale, Version
from knowledge.editing.words import Problem
from knowledge.text import storable

LONGEST_NOTE = 200


class MayNotBeSaid(Exception):
    """The rules of today stop it: `problems` say why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("；".join(one.text for one in problems))
        self.problems = problems


def keeping(
    kind: Kind, object_id: str, body: Body, seen: Seen, member: StaffMember, publishing: bool
) -> Callable[[Session], None]:
    """What writes a draft and, if it is wanted, publishes it. Raises Stale."""

    def write(session: Session) -> None:
        versions.save_draft(
            session, kind, object_id, body,
            seen=seen.version, revision=seen.revision, by=member.name,
        )  # fmt: skip
        if publishing:
            versions.publish(session, kind, [Change(object_id, body, seen.version)], by=member.name)
        verb = "content.publish" if publishing else "content.save"
        audit.record(session, member, verb, kind, object_id, {"name": name_of(kind, body)})

    return write


async def publish(state: AppState, member: StaffMember, entry: Entry, seen: Seen) -> None:
    """Residents see what its draft says. Raises OwnCityOnly, MayNotBeSaid, NotThere, Stale."""
    draft = entry.draft
    if draft is None:
        raise NotThere
    if draft.revision != seen.revision:  # the text is another than the one that was looked at
        raise Stale(draft.saved_by, draft.saved_at)
    may_change(member, entry.kind, entry.body, draft.body)
    await _sayable(state, entry, draft.body)
    await done(state, keeping(entry.kind, entry.id, draft.body, seen, member, True))


async def archive(
    state: AppState, member: StaffMember, entry: Entry, seen: Seen, note: str = ""
) -> None:
    """Residents do not see it any more. Raises OwnCityOnly, NotThere, Stale."""
    _whole(member, entry)
    if entry.archived and entry.version == seen.version:  # it is so already: no new version
        return
    why = storable(note).strip()[:LONGEST_NOTE] or None

    def write(session: Session) -> None:
        kind, id_ = entry.kind, entry.id
        versions.archive(session, kind, id_, seen=seen.version, by=member.name, note=why)
        audit.record(session, member, "content.archive", kind, id_, {"note": why})

    await done(state, write)


async def restore(state: AppState, member: StaffMember, entry: Entry, seen: Seen) -> None:
    """Residents see it again, as it was, if it may still be said. Raises MayNotBeSaid too."""
    _whole(member, entry)
    if entry.body and not entry.archived and entry.version == seen.version:  # they do see it
        return
    await _sayable(state, entry, entry.body or entry.newest)

    def write(session: Session) -> None:
        versions.restore(session, entry.kind, entry.id, seen=seen.version, by=member.name)
        audit.record(session, member, "content.restore", entry.kind, entry.id)

    await done(state, write)


async def roll_back(
    state: AppState, member: StaffMember, entry: Entry, seen: Seen, number: int
) -> None:
    """Publish what an earlier version said, if it may still be said. Raises MayNotBeSaid too."""
    _whole(member, entry)
    version = next((one for one in await history(state, entry) if one.number == number), None)
    if version is None:
        raise NotThere
    may_change(member, entry.kind, entry.body, version.body)
    await _sayable(state, entry, version.body)

    def write(session: Session) -> None:
        kind, id_ = entry.kind, entry.id
        versions.roll_back(session, kind, id_, number, seen=seen.version, by=member.name)
        audit.record(session, member, "content.rollback", kind, id_, {"number": number})

    await done(state, write)


async def discard(state: AppState, member: StaffMember, entry: Entry, seen: Seen) -> None:
    """The draft goes; what residents see stays. Raises OwnCityOnly, NotThere, Stale."""
    _whole(member, entry)

    def write(session: Session) -> None:
        versions.discard_draft(session, entry.kind, entry.id, seen.revision)
        audit.record(session, member, "content.discard", entry.kind, entry.id)

    await done(state, write)


async def history(state: AppState, entry: Entry) -> list[Version]:
    """Every version of it, the newest first."""

    def read(session: Session) -> list[Version]:
        return versions.history(session, entry.kind, entry.id)

    return await state.gateway.store.look(read)


def _whole(member: StaffMember, entry: Entry) -> None:
    """Raises OwnCityOnly: an answer belongs to every city."""
    if member.city_id and entry.kind is Kind.faq:
        raise OwnCityOnly
    standing = entry.body or entry.newest
    may_change(member, entry.kind, standing, standing)


async def _sayable(state: AppState, entry: Entry, body: Body) -> None:
    """Raises MayNotBeSaid."""
    found = await run_in_threadpool(check, entry.kind, entry.id, body, state.frame, today())
    stopping = [one for one in found if one.stops]
    if stopping:
        raise MayNotBeSaid(stopping)
