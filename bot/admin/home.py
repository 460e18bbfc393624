"""GET /admin: what a clerk sees in the morning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.admin.listing import WORDS as ENTRIES
from bot.admin.site import HERE, HOME, PAGES, Editor, admin_page, refused
from bot.api.state import State
from bot.clock import utcnow
from bot.slips.flags import Flagged, flagged, settle
from bot.tables import FaqVote
from bot.unanswered.asked import Group, groups
from bot.web.forms import plain_form
from bot.web.pages import Pages, to
from knowledge.catalogue import Catalogue
from knowledge.checking import Finding, Share, quick_check, shares
from knowledge.checking import Kind as Wrong
from knowledge.china import today
from knowledge.editing.kinds import Kind, name_of
from knowledge.editing.versions import Deed
from knowledge.tables import ContentDraft, ContentVersion, Person

WORDS = Pages(HERE, "home")
SHOWN = 8  # of a list that goes on elsewhere
FIRST = 3  # of what a check has found, for each kind of it
ASKED = 5
VOTED_DAYS = timedelta(days=90)
FEWEST_VOTES = 2
CHANGES = 8
# the newest of them: a change is looked for among no more
VERSIONS_READ = 10_000
REVIEWS = (Wrong.overdue, Wrong.due_soon)
router = APIRouter(prefix="/admin", include_in_schema=False)


@dataclass(frozen=True)
class Line:
    """A thing that is named and linked, and what is said of it."""

    name: str
    url: str | None
    said: str


@dataclass(frozen=True)
class Draft:
    """What somebody has written and nobody has published."""

    kind: Kind
    id: str
    name: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Vote:
    """How residents voted on an answer."""

    id: str
    title: str
    bad: int
    good: int


@dataclass(frozen=True)
class Change:
    """What was done at once; `count` things of a kind, of which this one is named."""

    kind: Kind
    id: str
    name: str
    deed: Deed
    by: str
    at: datetime
    count: int


@dataclass(frozen=True)
class Stored:
    """What only the database knows."""

    drafts: list[Draft]
    draft_count: int
    groups: list[Group]
    votes: list[Vote]
    people: Share
    changes: list[Change]
    rules: list[Flagged]


@router.get("")
async def home(request: Request, member: Editor, state: State) -> HTMLResponse:
    """Everything at a glance; who keeps one city sees its places and people only."""
    catalogue, city_id = state.catalogue, member.city_id

    def read(session: Session) -> tuple[Stored, list[Finding]]:
        # beside the event loop: a process's first check reads the laws
        return _stored(session, catalogue, city_id), quick_check(catalogue, today(), city_id)

    stored, found = await state.gateway.store.look(read)
    unverified = {share.name: share for share in shares(catalogue, city_id)}
    return admin_page(
        "home.html", member, "home",
        done=PAGES.done_text(request), w=WORDS.words, deeds=ENTRIES.words["deeds"], stored=stored,
        reviews=[(kind, *_reviews(found, kind, catalogue)) for kind in REVIEWS],
        wrong=_by_kind((one for one in found if one.wrong), catalogue),
        planned=_by_kind((one for one in found if not one.wrong), catalogue),
        shares={
            Kind.faq: unverified["faq"], Kind.place: unverified["points"],
            Kind.person: stored.people,
        },
    )  # fmt: skip


@router.post("/rules/settle")
async def rule_settled(request: Request, member: Editor, state: State) -> Response:
    """Somebody has looked at a referral rule whose slips came back."""
    rule = (await plain_form(request)).get("rule", "")

    def write(session: Session) -> int:
        count = settle(session, rule, member.city_id, member.username)
        if count:
            audit.record(session, member, "rule.settle", "rule", rule, {"count": count})
        return count

    known = {one.id for group in state.catalogue.rules.values() for one in group}
    known |= {one.id for one in state.catalogue.partners}
    if not await state.gateway.store.run(write) and rule not in known:
        return refused(member, "home", "not_there", 404)
    return to(HOME, "rule_settled")


def _stored(session: Session, catalogue: Catalogue, city_id: str | None) -> Stored:
    return Stored(
        _drafts(session, city_id),
        session.scalar(
            select(func.count()).select_from(ContentDraft).where(_theirs(ContentDraft, city_id))
        )
        or 0,
        groups(session, city_id=city_id, limit=ASKED),
        _votes(session, catalogue),
        _people(session, city_id),
        _changes(session, city_id),
        flagged(session, catalogue, city_id),
    )


def _theirs(table: Any, city_id: str | None) -> ColumnElement[bool]:
    """Drafts or versions of the city; answers are everybody's."""
    if city_id is None:
        return true()
    return or_(table.kind == Kind.faq, table.body["city_id"].as_string() == city_id)


def _drafts(session: Session, city_id: str | None) -> list[Draft]:
    rows = session.scalars(
        select(ContentDraft)
        .where(_theirs(ContentDraft, city_id))
        .order_by(ContentDraft.saved_at.desc(), ContentDraft.object_id)
        .limit(SHOWN)
    )
    return [
        Draft(
            kind := Kind(row.kind), row.object_id, name_of(kind, row.body), row.saved_by,
            row.saved_at,
        )
        for row in rows
    ]  # fmt: skip


def _votes(session: Session, catalogue: Catalogue) -> list[Vote]:
    """The answers of today that helped least."""
    bad = func.count().filter(FaqVote.helpful.is_(False))
    good = func.count().filter(FaqVote.helpful.is_(True))
    rows = session.execute(
        select(FaqVote.item_id, bad, good)
        .where(FaqVote.at >= utcnow() - VOTED_DAYS)
        .group_by(FaqVote.item_id)
        .having(bad >= FEWEST_VOTES)
        .order_by(bad.desc(), FaqVote.item_id)
    )
    found = [
        Vote(id_, catalogue.faq[id_].title, times, others)
        for id_, times, others in rows
        if id_ in catalogue.faq
    ]
    return found[:SHOWN]


def _people(session: Session, city_id: str | None) -> Share:
    unverified = func.count().filter(Person.verified.is_(False))
    counted = select(unverified, func.count()).where(Person.archived_at.is_(None))
    if city_id is not None:
        counted = counted.where(Person.city_id == city_id)
    return Share("people", *session.execute(counted).one())


def _changes(session: Session, city_id: str | None) -> list[Change]:
    """The last deeds; what was done to many things at once is one of them."""
    row = ContentVersion
    newest = func.max(row.id)
    oldest = select(newest - VERSIONS_READ).scalar_subquery()
    deeds = (
        select(newest.label("id"), func.count().label("n"))
        .where(row.id > oldest, row.deed != Deed.shipped, _theirs(row, city_id))
        .group_by(row.kind, row.deed, row.by, row.at)
        .order_by(newest.desc())
        .limit(CHANGES)
        .subquery()
    )
    found = session.execute(
        select(row, deeds.c.n).join(deeds, row.id == deeds.c.id).order_by(row.id.desc())
    )
    return [
        Change(
            kind := Kind(one.kind), one.object_id, name_of(kind, one.body), Deed(one.deed),
            one.by, one.at, count,
        )
        for one, count in found
    ]  # fmt: skip


def _reviews(found: list[Finding], kind: Wrong, catalogue: Catalogue) -> tuple[int, list[Line]]:
    """How many answers, and those that come first."""
    due = sorted((one for one in found if one.kind is kind), key=lambda one: one.what)
    return len(due), [_line(one, catalogue) for one in due[:SHOWN]]


def _by_kind(found: Iterable[Finding], catalogue: Catalogue) -> list[tuple[Wrong, int, list[Line]]]:
    """What a check has found beside the reviews: of each kind how many, and the first few."""
    rest = [one for one in found if one.kind not in REVIEWS]
    return [
        (kind, len(rows := list(group)), [_line(one, catalogue) for one in rows[:FIRST]])
        for kind, group in groupby(rest, key=lambda one: one.kind)
    ]


def _line(one: Finding, catalogue: Catalogue) -> Line:
    if one.kind is Wrong.elsewhere:
        return Line(one.what, f"/admin/{Kind.person}/{one.where}", "")
    item = catalogue.faq.get(one.where)
    if item is None:
        return Line(one.where, None, one.what)
    return Line(item.title, f"/admin/faq/{item.id}", one.what)
