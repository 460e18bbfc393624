"""Drafts and versions: saved, published, taken away, brought back, rolled back.

Every function takes a Session inside its transaction. Whoever changes something says which number
they have seen; when somebody else was faster it is Stale, and nothing is changed. Writers wait for
each other.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.china import CHINA
from knowledge.editing.kinds import SHAPES, Body, Kind, body_of, values_of
from knowledge.editing.words import editing_words
from knowledge.faq.files import source_of
from knowledge.freshness import CONTENT, count_change
from knowledge.tables import (
    ContentDraft,
    ContentDraftEnded,
    ContentVersion,
    Edition,
    FaqItem,
    Region,
)

# what a check of a place or a person is about
CHECKED = ("verified", "phone", "address", "hours", "opening", "source", "as_of")
NEW = 0  # the version of what has never been published


class Deed(StrEnum):
    """What made a version."""

    shipped = "shipped"
    published = "published"
    imported = "imported"
    archived = "archived"
    restored = "restored"
    rolled_back = "rolled_back"


class Stale(Exception):
    """Somebody else has saved or published meanwhile: who, and when (UTC)."""

    def __init__(self, by: str, at: datetime | None) -> None:
        super().__init__(by)
        self.by = by
        self.at = at


class NotThere(Exception):
    """There is no such thing, version or draft."""


@dataclass(frozen=True)
class Draft:
    """What is written and not published. `outdated`: another version came out since it began."""

    body: Body
    base_version: int
    revision: int
    saved_by: str
    saved_at: datetime
    outdated: bool


@dataclass(frozen=True)
class Entry:
    """One thing as it stands: what residents see, and the draft beside it."""

    kind: Kind
    id: str
    body: Body | None
    version: int
    archived: bool
    shipped: bool
    checked_by: str | None
    checked_at: datetime | None
    draft: Draft | None

    @property
    def newest(self) -> Body:
        """The draft, else what is published."""
        found = self.draft.body if self.draft else self.body
        assert found is not None
        return found


@dataclass(frozen=True)
class Version:
    """One number of its history."""

    number: int
    deed: Deed
    body: Body
    by: str
    at: datetime | None
    note: str | None


@dataclass(frozen=True)
class Change:
    """A body that is to be published over the version `seen`."""

    id: str
    body: Body
    seen: int


def entry(session: Session, kind: Kind, object_id: str) -> Entry:
    """Raises NotThere."""
    row = session.get(SHAPES[kind].table, object_id)
    draft = session.get(ContentDraft, (kind, object_id))
    if row is None and draft is None:
        raise NotThere
    return _entry(kind, object_id, row, draft)


def entries(session: Session, kind: Kind) -> list[Entry]:
    """All of a kind, in the order of their ids; what has only a draft too."""
    table = SHAPES[kind].table
    rows = {row.id: row for row in session.scalars(select(table))}
    drafts = {
        draft.object_id: draft
        for draft in session.scalars(select(ContentDraft).where(ContentDraft.kind == kind))
    }
    return [
        _entry(kind, id_, rows.get(id_), drafts.get(id_))
        for id_ in sorted(rows.keys() | drafts.keys())
    ]


def history(session: Session, kind: Kind, object_id: str) -> list[Version]:
    """The newest first; what came with the edition and was never edited is one version."""
    # before its versions: whoever edits it meanwhile adds the first ones with the change itself
    row = session.get(SHAPES[kind].table, object_id)
    found = [
        _version(kept)
        for kept in session.scalars(
            select(ContentVersion)
            .where(ContentVersion.kind == kind, ContentVersion.object_id == object_id)
            .order_by(ContentVersion.number.desc())
        )
    ]
    if not found and row is not None:
        found = [_as_shipped(kind, row)]
    return found


def new_mark() -> str:
    """What tells a new thing from every other: of no meaning."""
    return secrets.token_hex(4)


def new_id(kind: Kind, body: Body, mark: str | None = None) -> str:
    """An id for a new thing; the same for the same mark, so that a form sent twice makes one."""
    stem = body["about"] if kind is Kind.faq else f"staff.{kind}"
    return f"{stem}.{mark or new_mark()}"


def save_draft(
    session: Session,
    kind: Kind,
    object_id: str,
    body: Body,
    *,
    seen: int,
    revision: int,
    by: str,
) -> int:
    """Keep a draft; its new revision. `revision` 0: there was none. Raises Stale."""
    alone(session)
    row = session.get(SHAPES[kind].table, object_id, with_for_update=True)
    draft = session.get(ContentDraft, (kind, object_id), with_for_update=True)
    now = _now()
    if draft is not None and draft.revision != revision:
        raise Stale(draft.saved_by, draft.saved_at)
    if (row.version if row else NEW) != seen:
        raise _overtaken(session, kind, object_id)
    if draft is None and revision:  # somebody has discarded it
        raise Stale("", None)
    if draft is None:
        # of what it was made stays: whoever goes on writing is still told that it is outdated
        before = _ended_at(session, kind, object_id)
        draft = ContentDraft(kind=kind, object_id=object_id, revision=before, base_version=seen)
        session.add(draft)
    draft.body = body
    draft.revision += 1
    draft.saved_by, draft.saved_at = by, now
    return draft.revision


def discard_draft(session: Session, kind: Kind, object_id: str, revision: int) -> None:
    """Throw a draft away. Raises NotThere, Stale."""
    alone(session)
    draft = session.get(ContentDraft, (kind, object_id), with_for_update=True)
    if draft is None:
        raise NotThere
    if draft.revision != revision:
        raise Stale(draft.saved_by, draft.saved_at)
    _end(session, draft)


def publish(
    session: Session,
    kind: Kind,
    changes: Sequence[Change],
    *,
    by: str,
    note: str | None = None,
    deed: Deed = Deed.published,
) -> None:
    """Make bodies what residents see, all or none. Raises Stale.

    A draft that is published is done with; beside anything else it stays, and is outdated.
    """
    alone(session)
    table = SHAPES[kind].table
    ids = [change.id for change in changes]
    rows = {row.id: row for row in _some(session, table, table.id, ids)}
    known = {row.object_id for row in _versions(session, kind, ids)}
    drafts = {
        draft.object_id: draft
        for draft in _some(session, ContentDraft, ContentDraft.object_id, ids)
        if draft.kind == kind
    }
    now = _now()
    levels = _levels(session) if kind is Kind.place else {}
    ends = _ends(session) if kind is Kind.faq else {}
    for change in changes:  # before anything is touched
        row = rows.get(change.id)
        if (row.version if row else NEW) != change.seen:
            raise _overtaken(session, kind, change.id)
    for change in changes:
        row = rows.get(change.id)
        if row is not None and change.id not in known:
            session.add(_kept(kind, change.id, _as_shipped(kind, row)))
        if row is None:
            row = table(id=change.id, version=NEW, shipped_digest="")
            session.add(row)
        if kind is Kind.faq and row.about != (about := change.body["about"]):
            row.position = ends[about] = ends.get(about, -1) + 1  # the last under its heading
        _fill(kind, row, change.body, by, now, levels)
        row.version += 1
        row.edited_at = now
        row.archived_at = None
        session.add(_kept(kind, change.id, Version(row.version, deed, change.body, by, now, note)))
        if deed is Deed.published and change.id in drafts:
            _end(session, drafts[change.id])
    count_change(session, CONTENT)


def archive(
    session: Session, kind: Kind, object_id: str, *, seen: int, by: str, note: str | None = None
) -> None:
    """Take it away from residents; it stays for staff. Raises NotThere, Stale."""
    _away(session, kind, object_id, seen, by, note, Deed.archived)


def restore(
    session: Session, kind: Kind, object_id: str, *, seen: int, by: str, note: str | None = None
) -> None:
    """Give it back to residents as it was. Raises NotThere, Stale."""
    _away(session, kind, object_id, seen, by, note, Deed.restored)


def roll_back(
    session: Session, kind: Kind, object_id: str, number: int, *, seen: int, by: str
) -> None:
    """Publish what an earlier version said. Raises NotThere, Stale."""
    alone(session)
    before = next((one for one in history(session, kind, object_id) if one.number == number), None)
    if before is None:
        raise NotThere
    change = Change(object_id, before.body, seen)
    publish(session, kind, [change], by=by, note=str(number), deed=Deed.rolled_back)


def alone(session: Session) -> None:
    """Wait for whoever else is changing content, until the end of the transaction."""
    session.get(Edition, CONTENT, with_for_update=True)


def from_edition(session: Session, kind: Kind, row: Mapping[str, Any]) -> bool:
    """A shipped row that changed beside staff's own: it arrives as a draft, if there is none.

    Whether it has arrived; over a draft of somebody's it does not.
    """
    if session.get(ContentDraft, (kind, row["id"])) is not None:
        return False
    own = session.get(SHAPES[kind].table, row["id"])
    session.add(
        ContentDraft(
            kind=kind,
            object_id=row["id"],
            body=body_of(kind, dict(row)),
            base_version=own.version if own else NEW,
            revision=_ended_at(session, kind, row["id"]) + 1,
            saved_by=editing_words()["new_edition"],
            saved_at=_now(),
        )
    )
    return True


def _end(session: Session, draft: ContentDraft) -> None:
    """A draft is published or thrown away; how far it had counted stays."""
    session.merge(
        ContentDraftEnded(kind=draft.kind, object_id=draft.object_id, revision=draft.revision)
    )
    session.delete(draft)


def _ended_at(session: Session, kind: Kind, object_id: str) -> int:
    """The revision that its next draft follows; 0: it never had one."""
    ended = session.get(ContentDraftEnded, (kind, object_id))
    return ended.revision if ended else 0


def _away(
    session: Session, kind: Kind, object_id: str, seen: int, by: str, note: str | None, deed: Deed
) -> None:
    alone(session)
    row = session.get(SHAPES[kind].table, object_id, with_for_update=True)
    if row is None:
        raise NotThere
    if row.version != seen:
        raise _overtaken(session, kind, object_id)
    if not list(_versions(session, kind, [object_id])):
        session.add(_kept(kind, object_id, _as_shipped(kind, row)))
    now = _now()
    row.archived_at = now if deed is Deed.archived else None
    row.version += 1
    row.edited_at = now
    version = Version(row.version, deed, body_of(kind, row), by, now, note)
    session.add(_kept(kind, object_id, version))
    count_change(session, CONTENT)


def _fill(
    kind: Kind, row: Any, body: Body, by: str, now: datetime, levels: Mapping[str, str]
) -> None:
    values = values_of(kind, body)
    told = [name for name in CHECKED if name in values and getattr(row, name) != values[name]]
    for name, value in values.items():
        setattr(row, name, value)
    if kind is Kind.faq:
        row.source = source_of(body["citations"])
        row.as_of = _day(now).isoformat()
        return
    if kind is Kind.place:
        row.level = levels[body["region_id"]]
    if not body["verified"]:
        row.checked_by, row.checked_at = None, None
    elif told:  # a slip of the pen that is mended is no new check
        row.checked_by, row.checked_at = by, now


def _entry(kind: Kind, object_id: str, row: Any, draft: ContentDraft | None) -> Entry:
    version = row.version if row else NEW
    return Entry(
        kind,
        object_id,
        body_of(kind, _loaded(row)) if row else None,
        version,
        bool(row and row.archived_at),
        bool(row and row.edited_at is None),
        getattr(row, "checked_by", None),
        getattr(row, "checked_at", None),
        Draft(
            draft.body,
            draft.base_version,
            draft.revision,
            draft.saved_by,
            draft.saved_at,
            draft.base_version != version,
        )
        if draft
        else None,
    )


def _loaded(row: Any) -> Any:
    """The row with every column read: one that was flushed may hold none."""
    _ = row.id
    return row


def _as_shipped(kind: Kind, row: Any) -> Version:
    return Version(
        row.version, Deed.shipped, body_of(kind, _loaded(row)), editing_words()["edition"], None,
        None,
    )  # fmt: skip


def _version(row: ContentVersion) -> Version:
    """When the edition's own was first kept says nothing about it."""
    deed = Deed(row.deed)
    at = None if deed is Deed.shipped else row.at
    return Version(row.number, deed, row.body, row.by, at, row.note)


def _kept(kind: Kind, object_id: str, version: Version) -> ContentVersion:
    return ContentVersion(
        kind=kind,
        object_id=object_id,
        number=version.number,
        deed=version.deed,
        body=version.body,
        by=version.by,
        at=version.at or _now(),
        note=version.note,
    )


def _versions(session: Session, kind: Kind, ids: Sequence[str]) -> Sequence[ContentVersion]:
    found = _some(session, ContentVersion, ContentVersion.object_id, ids)
    return [row for row in found if row.kind == kind]


MOST_AT_ONCE = 500  # of ids in one statement


def _some(session: Session, table: Any, column: Any, ids: Sequence[str]) -> list[Any]:
    """The rows with these ids as they are now, locked where the database can."""
    found: list[Any] = []
    for start in range(0, len(ids), MOST_AT_ONCE):
        some = ids[start : start + MOST_AT_ONCE]
        found += session.scalars(
            select(table).where(column.in_(some)).with_for_update(),
            execution_options={"populate_existing": True},
        )
    return found


def _overtaken(session: Session, kind: Kind, object_id: str) -> Stale:
    last = history(session, kind, object_id)
    return Stale(last[0].by, last[0].at) if last else Stale("", None)


def _levels(session: Session) -> Mapping[str, str]:
    return {region.id: region.level for region in session.execute(select(Region.id, Region.level))}


def _ends(session: Session) -> dict[str, int]:
    """The last position under each heading."""
    last = func.max(FaqItem.position).label("last")
    rows = session.execute(select(FaqItem.about, last).group_by(FaqItem.about))
    return {row.about: row.last for row in rows}


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _day(moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(CHINA).date()
