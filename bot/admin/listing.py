"""GET /admin/{kind}: everything of a kind, filtered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from bot.accounts.logins import StaffMember
from bot.admin.entries import kind_named, may_see
from bot.admin.site import HERE, PAGES, Editor, admin_page
from bot.api.state import State
from bot.clock import when
from bot.web.pages import Pages
from knowledge.china import today
from knowledge.editing import versions
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind, city_of, name_of
from knowledge.editing.versions import Entry
from knowledge.text import normalise

WORDS = Pages(HERE, "entries")
PAGE = 50
router = APIRouter(prefix="/admin", include_in_schema=False)


@dataclass(frozen=True)
class Row:
    """A line of the list."""

    id: str
    name: str
    where: str
    marks: tuple[str, ...]
    last: str


@router.get("/{kind}")
async def listed(request: Request, kind: str, member: Editor, state: State) -> HTMLResponse:
    """The list of a kind; the address holds the filter, so that it can be kept and sent on."""
    of, frame, day = kind_named(kind), state.frame, today()
    wanted = {
        name: request.query_params.get(name, "")[:60] for name in ("q", "city", "about", "mark")
    }

    def read(session: Session) -> list[Entry]:
        every = versions.entries(session, of)
        return [entry for entry in every if fits(entry, member, of, wanted, day)]

    found = await state.gateway.store.look(read)
    number = request.query_params.get("page", "1")
    page = max(1, int(number)) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
    shown = found[(page - 1) * PAGE : page * PAGE]
    return admin_page(
        "list.html", member, of,
        w=WORDS.words, kind=of, wanted=wanted, page=page, pages=-(-len(found) // PAGE),
        total=len(found), rows=[_row(entry, of, frame, day) for entry in shown],
        cities=frame.cities.labels, shelves=frame.shelves.labels,
        marks={mark: WORDS.words["marks"][mark] for mark in MARKS[of]},
        done=PAGES.done_text(request),
    )  # fmt: skip


MARKS = {
    Kind.faq: ("draft", "overdue", "unread", "unverified", "archived"),
    Kind.place: ("draft", "unverified", "verified", "archived"),
    Kind.person: ("draft", "unverified", "hidden", "archived"),
}


def marks_of(entry: Entry, kind: Kind, day: date) -> tuple[str, ...]:
    """What is to be known of it at a glance: keys of `marks` in entries.yml."""
    body = entry.newest
    true = {
        "draft": entry.draft is not None,
        "archived": entry.archived,
        "unverified": not body["verified"],
        "verified": body["verified"],
        "overdue": kind is Kind.faq and body["review_by"] < day.isoformat(),
        "unread": kind is Kind.faq and body["read_on"] is None,
        "hidden": kind is Kind.person and not body["shown"],
    }
    return tuple(mark for mark in MARKS[kind] if true[mark])


def fits(entry: Entry, member: StaffMember, kind: Kind, wanted: dict[str, str], day: date) -> bool:
    """Whether a member who looks for `wanted` (q, city, about, mark) finds it."""
    if not may_see(member, kind, entry):
        return False
    marks = marks_of(entry, kind, day)
    if wanted["mark"] and wanted["mark"] not in marks:
        return False
    # what was taken away is shown to who looks for it, or for what is still being written
    if entry.archived and wanted["mark"] not in ("archived", "draft"):
        return False
    body = entry.newest
    if wanted["city"] and city_of(kind, body) not in (None, wanted["city"]):
        return False
    if wanted["about"] and body.get("about") != wanted["about"]:
        return False
    said = [entry.id, name_of(kind, body), *body.get("ask", ()), body.get("address") or ""]
    return normalise(wanted["q"]) in normalise("\n".join(said))


def _row(entry: Entry, kind: Kind, frame: Frame, day: date) -> Row:
    body = entry.newest
    if kind is Kind.faq:
        where = frame.desks.labels.get(body["about"]) or frame.matters.write(body["about"])
    elif kind is Kind.place:
        region = frame.catalogue.atlas.regions.get(body["region_id"])
        where = frame.catalogue.atlas.full_name(region) if region else body["region_id"]
    else:
        where = body["role"]
    draft = entry.draft
    last = f"{draft.saved_by} {when(draft.saved_at)}" if draft else ""
    return Row(entry.id, name_of(kind, body), where, marks_of(entry, kind, day), last)
