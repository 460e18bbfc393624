"""/supervise/reports/calls: the telephone's figures, pasted: seen first, then applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.api.state import AppState, State
from bot.clock import utcnow
from bot.reports import calls
from bot.reports.calls import Day, Said, Table
from bot.reports.tables import CallFigures
from bot.reports.words import percent
from bot.supervise.reports import REPORTS, WORDS, allowed_cities
from bot.supervise.site import PAGES, Supervisor, supervise_page
from bot.web.forms import plain_form
from bot.web.pages import to
from knowledge.china import today
from knowledge.text import storable

ADDRESS = f"{REPORTS}/calls"
LAST = 31
LONGEST = 40_000  # characters of a table
router = APIRouter(prefix=ADDRESS, include_in_schema=False)


@dataclass(frozen=True)
class Filled:
    """What was pasted for which city, and what was made of it."""

    city: str = ""
    text: str = ""
    table: Table | None = None
    known: Sequence[Any] = ()
    wrong: str = ""
    problems: Sequence[str] = field(default_factory=tuple)
    notices: Sequence[str] = field(default_factory=tuple)

    @property
    def ready(self) -> bool:
        """Whether it may be applied as it stands."""
        return self.table is not None and self.table.good and not self.wrong


@router.get("")
async def form(request: Request, member: Supervisor, state: State) -> Response:
    """The empty form, and the figures that came last."""
    return await _page(member, state, Filled(), done=PAGES.done_text(request))


@router.post("")
async def read(request: Request, member: Supervisor, state: State) -> Response:
    """What would become of it; with `apply`, every row or none."""
    given = await plain_form(request)
    filled = await _filled(given, member, state)
    if not filled.ready:
        return await _page(member, state, filled, 422)
    if "apply" not in given:
        return await _page(member, state, filled)
    assert filled.table is not None
    days = list(filled.table.days.values())

    def write(session: Session) -> None:
        calls.apply(session, filled.city, days, member.username, utcnow())
        span = f"{min(one.day for one in days)}..{max(one.day for one in days)}"
        detail = {"city": filled.city, "days": len(days), "replaced": len(filled.known)}
        audit.record(session, member, "calls.import", "calls", span, detail)

    await state.gateway.store.run(write)
    return to(ADDRESS, "calls_imported")


async def _filled(given: Mapping[str, str], member: StaffMember, state: AppState) -> Filled:
    words = WORDS.words
    text = storable(given.get("table", ""))
    city = member.city_id or given.get("city", "")
    if city not in allowed_cities(state, member):
        return Filled("", text, wrong=words["errors"]["pick_city" if not city else "city"])
    if len(text) > LONGEST:
        return Filled(city, text[:LONGEST], wrong=words["errors"]["too_long"].format(most=LONGEST))
    table = calls.read_table(text, today())
    known = await state.gateway.look(
        lambda session: calls.known_days(session, city, list(table.days))
    )
    notices = [_said(one, "notices") for one in table.notices]
    if known:
        listed = "、".join(map(str, known))
        notices.append(str(words["calls"]["days_known"]).format(days=listed))
    return Filled(
        city, text, table, known,
        "" if table.days or table.problems else words["calls"]["empty"],
        [_said(one, "problems") for one in table.problems], notices,
    )  # fmt: skip


def _said(one: Said, kind: str) -> str:
    text = WORDS.words["calls"]
    return str(text["line"]).format(
        line=one.line, text=str(text[kind][one.key]).format(**one.values)
    )


async def _page(
    member: StaffMember, state: AppState, filled: Filled, status: int = 200, done: str = ""
) -> Response:
    cities = allowed_cities(state, member)
    query = (
        select(CallFigures)
        .where(CallFigures.city_id.in_(cities))
        .order_by(CallFigures.day.desc(), CallFigures.city_id)
        .limit(LAST)
    )
    last = await state.gateway.look(lambda session: list(session.scalars(query)))
    return supervise_page(
        "calls.html", member, "reports", status,
        w=WORDS.words, c=WORDS.words["calls"], filled=filled, done=done, last=last,
        cities=cities, own=member.city_id, rate=_rate, longest=LONGEST,
    )  # fmt: skip


def _rate(one: Day | CallFigures) -> str:
    return percent(one.answered / one.offered if one.offered else None)
