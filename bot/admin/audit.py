"""/admin/audit: who did what to the content. Rows are only ever read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from bot.accounts.logins import StaffMember
from bot.accounts.tables import Account, Audit
from bot.admin.site import HERE, Editor, admin_page
from bot.api.state import State
from bot.web.pages import Pages
from bot.words import words
from knowledge.editing.kinds import SHAPES, Kind, name_of
from knowledge.tables import ContentDraft, Person, ServicePoint

WORDS = Pages(HERE, "audit")
SHOWN = 100
LARGEST_ID = 2**63 - 1
# the objects of the content, and the page of each, where one has a page
PAGES_OF: dict[str, Kind | None] = {
    "faq": Kind.faq,
    "place": Kind.place,
    "person": Kind.person,
    "service_point": Kind.place,
    "workbook": None,
    "question": None,
}
router = APIRouter(prefix="/admin/audit", include_in_schema=False)


@dataclass(frozen=True)
class Row:
    """One deed: `name` is what the object is called today, where it still is."""

    id: int
    at: datetime
    username: str
    who: str
    verb: str
    object: str
    object_id: str
    name: str | None
    url: str | None


@router.get("")
async def listed(
    member: Editor,
    state: State,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> HTMLResponse:
    """The newest, or those before one of them."""

    def read(session: Session) -> list[Row]:
        return _rows(session, before, member)

    rows = await state.gateway.store.look(read)
    older = rows[SHOWN - 1].id if len(rows) > SHOWN else None
    return admin_page(
        "audit.html", member, "audit",
        w=WORDS.words, rows=rows[:SHOWN], older=older, before=before,
    )  # fmt: skip


def _theirs(member: StaffMember) -> ColumnElement[bool]:
    """Who keeps one city sees what was done to answers and to that city's, and their own deeds."""
    if member.city_id is None:
        return true()
    return or_(
        Audit.object_kind == Kind.faq,
        Audit.account_id == member.account_id,
        *(
            Audit.object_id.in_(select(table.id).where(table.city_id == member.city_id))
            for table in (ServicePoint, Person)
        ),
    )


def _rows(session: Session, before: int | None, member: StaffMember) -> list[Row]:
    """One more than is shown: then there are older ones."""
    wanted = (
        select(Audit, Account.name)
        .outerjoin(Account, Account.id == Audit.account_id)
        .where(Audit.object_kind.in_(PAGES_OF), _theirs(member))
    )
    if before is not None:
        wanted = wanted.where(Audit.id < before)
    found = session.execute(wanted.order_by(Audit.id.desc()).limit(SHOWN + 1)).all()
    names = _names(session, [row for row, _ in found])
    verbs, objects = words("accounts")["verb"], words("accounts")["object"]
    rows = []
    for row, who in found:
        kind = PAGES_OF[row.object_kind]
        name = names.get((kind, row.object_id)) if kind else None
        rows.append(
            Row(
                row.id, row.at, row.username, who or row.username,
                verbs.get(row.verb, row.verb), objects.get(row.object_kind, row.object_kind),
                row.object_id, name, f"/admin/{kind}/{row.object_id}" if name else None,
            )
        )  # fmt: skip
    return rows


def _names(session: Session, rows: Sequence[Audit]) -> Mapping[tuple[Kind | None, str], str]:
    """What the objects of these rows are called, drafts too; nothing of what is gone."""
    found: dict[tuple[Kind | None, str], str] = {}
    for kind in Kind:
        ids = {row.object_id for row in rows if PAGES_OF[row.object_kind] is kind}
        drafts = select(ContentDraft).where(
            ContentDraft.kind == kind, ContentDraft.object_id.in_(ids)
        )
        for draft in session.scalars(drafts):
            found[kind, draft.object_id] = name_of(kind, draft.body)
        table = SHAPES[kind].table
        name = table.title if kind is Kind.faq else table.name
        for id_, called in session.execute(select(table.id, name).where(table.id.in_(ids))):
            found[kind, id_] = called
    return found
