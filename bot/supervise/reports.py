"""/supervise/reports: figures with their n, tables, files of them, and an anonymous sample."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.api.state import AppState, State
from bot.clock import utcnow
from bot.duty import sla
from bot.follow_ups.satisfaction import rates
from bot.reports import figures, rows, sample
from bot.reports.figures import Share
from bot.reports.files import CSV, XLSX, as_csv, as_xlsx
from bot.reports.period import BadPeriod, Period, read_period
from bot.reports.rows import TooMany
from bot.reports.sheets import (
    BY,
    RATED,
    Figure,
    Sheet,
    counted,
    every_sheet,
    figures_sheet,
    for_a_file,
    rated,
    town_and_matter,
)
from bot.reports.sheets import figures as named
from bot.reports.words import report_words
from bot.supervise.site import HERE, HOME, Supervisor, supervise_page
from bot.web.pages import PRIVATE, Pages
from knowledge.atlas import Atlas, City
from knowledge.china import today

WORDS = Pages(HERE, "reports")
REPORTS = f"{HOME}/reports"
AS_CSV = (*BY, "town_matter", *RATED, "figures")
KINDS = {"xlsx": XLSX, "csv": CSV}
SHOWN = 40  # rows of a table on the page; the file has all of them
USUAL_SAMPLE = 50
CHANCE = random.SystemRandom()
router = APIRouter(prefix=REPORTS, include_in_schema=False)
Asked = Annotated[str, Query(max_length=40)]
From = Annotated[str, Query(alias="from", max_length=40)]
Kind = Annotated[str, Query(alias="format", max_length=40)]


class Wrong(Exception):
    """What was asked for cannot be shown: a key of `errors`."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.text = str(WORDS.words["errors"][key]).format(**values)


@dataclass(frozen=True)
class Wanted:
    """Which days of which city; None: all of them."""

    period: Period
    city: City | None

    @property
    def city_id(self) -> str | None:
        return self.city.id if self.city else None

    @property
    def span(self) -> str:
        """As it stands above every table."""
        text = report_words()
        return str(text["span"]).format(
            first=self.period.first,
            last=self.period.last,
            city=self.city.name if self.city else text["every_city"],
        )

    @property
    def query(self) -> str:
        """The same page again."""
        return urlencode(
            {"from": self.period.first, "to": self.period.last, "city": self.city_id or ""}
        )


@dataclass(frozen=True)
class Found:
    """Everything that a report is made of."""

    tickets: Sequence[rows.TicketRow]
    ratings: Sequence[rows.RatedRow]
    shares: Sequence[Figure]


@router.get("")
async def overview(
    member: Supervisor, state: State, first: From = "", to: Asked = "", city: Asked = ""
) -> Response:
    """The figures and tables of a period."""
    try:
        wanted = _wanted(state, member, first, to, city)
        found = await _report(state, wanted)
    except Wrong as wrong:
        return _page(member, state, None, {"from": first, "to": to, "city": city}, wrong.text)
    texts = {
        "from": str(wanted.period.first),
        "to": str(wanted.period.last),
        "city": wanted.city_id or "",
    }
    atlas = state.catalogue.atlas
    tables = [counted(by, found.tickets, atlas, wanted.period) for by in BY]
    ratings = [rated(by, found.ratings, atlas) for by in RATED]
    return _page(member, state, wanted, texts, None, tables, ratings, found.shares)


@router.get("/export")
async def export(
    member: Supervisor, state: State, first: From = "", to: Asked = "", city: Asked = "",
    by: Asked = "", kind: Kind = "xlsx",
) -> Response:  # fmt: skip
    """A workbook of everything, or one table as CSV; written into the audit before it is given."""
    try:
        wanted = _wanted(state, member, first, to, city)
        if kind not in KINDS:
            raise Wrong("format")
        if kind == "csv" and by not in AS_CSV:
            raise Wrong("table")
        found = await _report(state, wanted)
    except Wrong as wrong:
        return _page(member, state, None, {"from": first, "to": to, "city": city}, wrong.text)
    atlas = state.catalogue.atlas

    def written() -> bytes:
        if kind == "xlsx":
            every = every_sheet(found.tickets, found.ratings, atlas, wanted.period)
            return as_xlsx((figures_sheet(found.shares), *every), wanted.span)
        return as_csv(_table(by, found, atlas, wanted.period), wanted.span)

    table = by if kind == "csv" else "all"
    detail = {"table": table, "format": kind, "city": wanted.city_id, "n": len(found.tickets)}
    await _noted(state, member, "report.export", wanted, detail)
    name = f"{WORDS.words['file']}-{table}" if kind == "csv" else WORDS.words["file"]
    return _file(await run_in_threadpool(written), str(name), wanted, kind)


@router.get("/sample")
async def draw_sample(
    member: Supervisor, state: State, first: From = "", to: Asked = "", city: Asked = "",
    count: Asked = str(USUAL_SAMPLE), kind: Kind = "xlsx",
) -> Response:  # fmt: skip
    """Closed tickets at random, anonymous; drawn anew each time."""
    try:
        wanted = _wanted(state, member, first, to, city)
        if kind not in KINDS:
            raise Wrong("format")
        if not (count.isascii() and count.isdigit() and 1 <= int(count) <= sample.MOST):
            raise Wrong("count", most=sample.MOST)
        sheet = await _sample(state, wanted, int(count))
    except Wrong as wrong:
        return _page(member, state, None, {"from": first, "to": to, "city": city}, wrong.text)
    detail = {
        "format": kind, "city": wanted.city_id, "drawn": len(sheet.rows), "of": sheet.n,
    }  # fmt: skip
    await _noted(state, member, "report.sample", wanted, detail)
    data = as_xlsx([sheet], wanted.span) if kind == "xlsx" else as_csv(sheet, wanted.span)
    return _file(data, str(WORDS.words["sample"]["file"]), wanted, kind)


def allowed_cities(state: AppState, member: StaffMember) -> Mapping[str, City]:
    """The member's own city, or all of them."""
    cities = state.catalogue.atlas.cities
    if member.city_id is None:
        return cities
    return {id_: city for id_, city in cities.items() if id_ == member.city_id}


def _wanted(state: AppState, member: StaffMember, first: str, to: str, city: str) -> Wanted:
    """Raises Wrong."""
    cities = allowed_cities(state, member)
    id_ = city or member.city_id
    if id_ and id_ not in cities:
        raise Wrong("city")
    try:
        period = read_period(first, to, today())
    except BadPeriod as bad:
        raise Wrong(bad.reason, **bad.values) from None
    return Wanted(period, cities[id_] if id_ else None)


def _table(by: str, found: Found, atlas: Atlas, period: Period) -> Sheet:
    """One table as it leaves the house; `by` is one of AS_CSV."""
    if by == "figures":
        return figures_sheet(found.shares)
    if by == "town_matter":
        return town_and_matter(found.tickets, atlas)
    if by in RATED:
        return for_a_file(rated(by, found.ratings, atlas))
    return for_a_file(counted(by, found.tickets, atlas, period))


async def _report(state: AppState, wanted: Wanted) -> Found:
    """The tickets and ratings of the period and every share. Raises Wrong."""
    period, city_id = wanted.period, wanted.city_id
    within = sla.clocks().first_reply.total_seconds()

    def read(session: Session) -> Found:
        tickets = rows.opened_in(session, period, city_id)
        calls = rows.calls_in(session, period, city_id)
        shares = {
            "first_reply_person": figures.first_reply(tickets, rows.duty_hours(session), utcnow()),
            "first_reply_bot": Share(*rows.answered_by_the_bot(session, period, city_id, within)),
            "connected_chat": figures.connected(tickets),
            "connected_phone": figures.connected_by_phone(calls),
            "within_30_phone": figures.within_30_by_phone(calls),
        }
        satisfied = rates(session, city_id, period.since, period.until)
        return Found(tickets, rows.rated_in(session, period, city_id), named(shares, satisfied))

    try:
        return await state.gateway.look(read)
    except TooMany:
        raise Wrong("too_many") from None


async def _sample(state: AppState, wanted: Wanted, count: int) -> Sheet:
    """Raises Wrong."""

    def read(session: Session) -> tuple[list[sample.Closed], figures.Hours]:
        return (
            sample.closed_in(session, wanted.period, wanted.city_id),
            rows.duty_hours(session),
        )

    try:
        found, hours = await state.gateway.look(read)
    except TooMany:
        raise Wrong("too_many") from None
    return sample.drawn(found, count, state.catalogue.atlas, hours, CHANCE)


async def _noted(
    state: AppState, member: StaffMember, verb: str, wanted: Wanted, detail: Mapping[str, object]
) -> None:
    """Who took what out of the house."""
    span = f"{wanted.period.first}..{wanted.period.last}"
    await state.gateway.store.run(
        lambda session: audit.record(session, member, verb, "report", span, detail)
    )


def _file(data: bytes, name: str, wanted: Wanted, kind: str) -> Response:
    called = f"{name}-{wanted.period.first}-{wanted.period.last}.{kind}"
    return Response(
        data,
        media_type=KINDS[kind],
        headers={
            **PRIVATE,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(called)}",
        },
    )


def _page(
    member: StaffMember,
    state: AppState,
    wanted: Wanted | None,
    texts: dict[str, str],
    error: str | None,
    tables: Sequence[Sheet] = (),
    ratings: Sequence[Sheet] = (),
    shares: Sequence[Figure] = (),
) -> Response:
    return supervise_page(
        "reports.html", member, "reports", 422 if error else 200,
        w=WORDS.words, r=report_words(), wanted=wanted, texts=texts, error=error,
        tables=tables, ratings=ratings, shares=shares, shown=SHOWN,
        cities=allowed_cities(state, member), own=member.city_id,
        csv=AS_CSV, usual=USUAL_SAMPLE, most=sample.MOST,
    )  # fmt: skip
