"""/supervise/quality: a sample of closed tickets, each read and judged; never one's own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.accounts.tables import Account
from bot.api.state import State
from bot.clock import utcnow
from bot.gateway.transcript import since
from bot.reports import quality
from bot.reports.figures import Share
from bot.reports.period import BadPeriod, Period, read_period
from bot.reports.quality import MARKS, MOST_DRAWN, Result
from bot.reports.tables import QualityCheck
from bot.reports.words import percent
from bot.supervise.site import HERE, HOME, PAGES, Supervisor, supervise_page
from bot.tables import Message, Ticket, TicketEvent
from bot.tickets.number import shown
from bot.tickets.summary import matter_name, service_name, urgent_name
from bot.web.forms import plain_form
from bot.web.pages import Pages, to
from bot.words import words
from knowledge.china import today
from knowledge.text import storable

WORDS = Pages(HERE, "quality")
ADDRESS = f"{HOME}/quality"
LARGEST_ID = 2**63 - 1
TODO = 200
RESULTS = 5000
LONGEST_TEXT = 1000
USUAL_COUNT, USUAL_CAP = 10, 3
CHANCE = random.SystemRandom()
router = APIRouter(prefix=ADDRESS, include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Asked = Annotated[str, Query(max_length=40)]
From = Annotated[str, Query(alias="from", max_length=40)]


@dataclass(frozen=True)
class Seen:
    """One check with its ticket, as the page shows it."""

    check: QualityCheck
    ticket: Ticket
    own: bool
    talk: tuple[tuple[str, str, Any], ...]
    events: tuple[tuple[str, str, str, Any], ...]
    checked_by: str | None


@router.get("")
async def overview(
    request: Request, member: Supervisor, state: State, first: From = "", last: Asked = ""
) -> Response:
    """What is still to be judged, a form to draw more, and what came of those that are."""
    return await _overview(request, member, state, first, last)


@router.post("/draw")
async def draw(request: Request, member: Supervisor, state: State) -> Response:
    """Draw tickets at random that a person has closed."""
    given = await plain_form(request)
    first, last = given.get("from", ""), given.get("last", "")
    count, cap = _number(given.get("count")), _number(given.get("cap"))
    try:
        period = read_period(first, last, today())
    except BadPeriod as bad:
        return await _overview(request, member, state, first, last, (bad.reason, bad.values))
    for name, value in (("count", count), ("cap", cap)):
        if value is None:
            wrong = (name, {"most": MOST_DRAWN})
            return await _overview(request, member, state, first, last, wrong)

    def write(session: Session) -> int:
        found = quality.candidates(session, period, member.city_id)
        picked = quality.drawn(found, count or 0, cap or 0, CHANCE)
        made = quality.put_down(session, picked, member.username, utcnow())
        if made:
            span = f"{period.first}..{period.last}"
            detail = {"drawn": made, "of": len(found), "cap": cap, "city": member.city_id}
            audit.record(session, member, "quality.draw", "quality", span, detail)
        return made

    if not await state.gateway.store.run(write):
        return await _overview(request, member, state, first, last, ("nothing", {}))
    return to(ADDRESS, "drawn")


@router.get("/{number}")
async def read(number: Number, request: Request, member: Supervisor, state: State) -> Response:
    """One ticket with its transcript, read only. Looking is a deed: it is written down."""
    return await _one(number, member, state, done=PAGES.done_text(request))


@router.post("/{number}")
async def judge(number: Number, request: Request, member: Supervisor, state: State) -> Response:
    """What a supervisor makes of it; once."""
    given = await plain_form(request)
    criteria = WORDS.words["criteria"]
    marks = {key: given.get(f"mark-{key}", "") for key in criteria}
    text = storable(given.get("text", "")).strip()
    if not all(mark in MARKS for mark in marks.values()):
        return await _one(number, member, state, 422, "marks", given)
    if len(text) > LONGEST_TEXT:
        return await _one(number, member, state, 422, "long_text", given)

    def write(session: Session) -> str | None:
        found = _found(session, number, member, hold=True)
        if found is None:
            return "not_there"
        check, ticket = found
        if check.checked_at is not None:
            return "checked"
        if quality.worked_on(session, [ticket], member.account_id, member.username):
            return "own"
        check.marks, check.text = marks, text or None
        check.checked_at, check.checked_by = utcnow(), member.username
        audit.record(session, member, "quality.check", "ticket", ticket.number, {"marks": marks})
        return None

    wrong = await state.gateway.store.run(write)
    if wrong is not None:
        status = {"not_there": 404, "checked": 409, "own": 403}[wrong]
        return await _one(number, member, state, status, wrong, given)
    return to(ADDRESS, "judged")


def _theirs(member: StaffMember) -> list[ColumnElement[bool]]:
    return [] if member.city_id is None else [Ticket.city_id == member.city_id]


def _found(
    session: Session, number: int, member: StaffMember, *, hold: bool = False
) -> tuple[QualityCheck, Ticket] | None:
    check = session.get(QualityCheck, number, with_for_update=hold)
    ticket = session.get(Ticket, check.ticket_id) if check else None
    if check is None or ticket is None or member.city_id not in (None, ticket.city_id):
        return None
    return check, ticket


async def _overview(
    request: Request,
    member: StaffMember,
    state: State,
    first: str,
    last: str,
    wrong: tuple[str, Mapping[str, object]] | None = None,
) -> Response:
    try:
        period = read_period(first, last, today())
    except BadPeriod as bad:
        wrong = wrong or (bad.reason, bad.values)
        period = read_period("", "", today())
    criteria = WORDS.words["criteria"]

    def look(session: Session) -> tuple[list[tuple[QualityCheck, Ticket, bool]], list[Any]]:
        return _todo(session, member), _judged(session, member, period)

    todo, judged = await state.gateway.look(look)
    results = quality.results(
        (Result(ticket.owner_name or "", check.marks) for check, ticket in judged), list(criteria)
    )
    return supervise_page(
        "quality.html", member, "quality", 422 if wrong else 200,
        w=WORDS.words, todo=todo, results=results, judged=judged[:TODO], period=period,
        texts={"from": first or str(period.first), "last": last or str(period.last)},
        error=_text(*wrong) if wrong else "", done=PAGES.done_text(request),
        shown=shown, said=_share,
        usual={"count": USUAL_COUNT, "cap": USUAL_CAP}, most=MOST_DRAWN,
    )  # fmt: skip


def _todo(session: Session, member: StaffMember) -> list[tuple[QualityCheck, Ticket, bool]]:
    """What nobody has judged yet, and whether this member may not."""
    query = (
        select(QualityCheck, Ticket)
        .join(Ticket, Ticket.id == QualityCheck.ticket_id)
        .where(QualityCheck.checked_at.is_(None), *_theirs(member))
        .order_by(QualityCheck.id)
        .limit(TODO)
    )
    found = [(check, ticket) for check, ticket in session.execute(query)]
    tickets = [ticket for _, ticket in found]
    own = quality.worked_on(session, tickets, member.account_id, member.username)
    return [(check, ticket, ticket.id in own) for check, ticket in found]


def _judged(session: Session, member: StaffMember, period: Period) -> list[Any]:
    """What was judged in a period, the newest first."""
    query = (
        select(QualityCheck, Ticket)
        .join(Ticket, Ticket.id == QualityCheck.ticket_id)
        .where(
            QualityCheck.checked_at >= period.since,
            QualityCheck.checked_at < period.until,
            *_theirs(member),
        )
        .order_by(QualityCheck.checked_at.desc(), QualityCheck.id)
        .limit(RESULTS)
    )
    return list(session.execute(query))


async def _one(
    number: int,
    member: StaffMember,
    state: State,
    status: int = 200,
    wrong: str = "",
    given: Mapping[str, str] | None = None,
    done: str = "",
) -> Response:
    def look(session: Session) -> Seen | None:
        found = _found(session, number, member)
        if found is None:
            return None
        check, ticket = found
        audit.record(session, member, "view", "ticket", ticket.number, {"for": "quality"})
        return _seen(session, check, ticket, member)

    seen = await state.gateway.store.run(look)
    if seen is None:
        return supervise_page(
            "said.html", member, "quality", 404,
            text=_text("not_there", {}), back=ADDRESS, back_text=WORDS.words["one"]["back"],
        )  # fmt: skip
    ticket = seen.ticket
    return supervise_page(
        "quality_one.html", member, "quality", status,
        w=WORDS.words, o=WORDS.words["one"], seen=seen, ticket=ticket,
        number=shown(ticket.number), given=given or {}, done=done, longest=LONGEST_TEXT,
        error=_text(wrong, {"most": LONGEST_TEXT}) if wrong else "",
        names={
            "service": service_name(ticket.service), "matter": matter_name(ticket.matter),
            "urgent": urgent_name(ticket.urgent),
            "outcome": words("tickets")["outcomes"].get(ticket.outcome or ""),
        },
    )  # fmt: skip


def _seen(session: Session, check: QualityCheck, ticket: Ticket, member: StaffMember) -> Seen:
    text = words("tickets")
    said = since(session, ticket.conversation_id, 0) if ticket.conversation_id else []
    events = session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    ).all()
    usernames = {event.actor for event in events} | {check.checked_by or ""}
    named = select(Account.username, Account.name).where(Account.username.in_(usernames))
    people = {username: name for username, name in session.execute(named)}  # noqa: C416
    actors = people | text["authors"]
    return Seen(
        check,
        ticket,
        bool(quality.worked_on(session, [ticket], member.account_id, member.username)),
        tuple(
            (one.author_name or text["authors"][one.author], _words_of(one), one.created_at)
            for one in said
        ),
        tuple(
            (text["events"].get(one.kind, one.kind), one.text or "",
             actors.get(one.actor, one.actor), one.at)
            for one in events
        ),
        people.get(check.checked_by or "", check.checked_by),
    )  # fmt: skip


def _words_of(message: Message) -> str:
    """What was said; of cards only how many there were."""
    cards = message.body.get("cards") or []
    more = str(WORDS.words["one"]["cards"]).format(n=len(cards)) if cards else ""
    return f"{message.body.get('text', '')}{more}"


def _number(text: str | None) -> int | None:
    """1 to MOST_DRAWN; None for anything else."""
    plain = (text or "").strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) < 6):
        return None
    return int(plain) if 1 <= int(plain) <= MOST_DRAWN else None


def _text(key: str, values: Mapping[str, object]) -> str:
    return str(WORDS.words["errors"][key]).format(**values)


def _share(share: Share) -> str:
    text = WORDS.words["results"]
    if not share.n:
        return str(text["none"])
    return str(text["share"]).format(percent=percent(share.value), part=share.part, n=share.n)
