"""/admin/{kind}/{id}/try: the draft as a resident meets it, before anybody else sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from bot.accounts.logins import StaffMember
from bot.admin.entries import kind_named, opened
from bot.admin.listing import WORDS
from bot.admin.site import Editor, admin_page
from bot.answers import InDanger, prior_of
from bot.api.state import AppState, State
from bot.engine_client import LONGEST_TEXT, harmless
from bot.web import faq
from bot.web.forms import plain_form
from bot.web.reading import read_page
from knowledge.catalogue import Catalogue, item_of, point_of
from knowledge.china import CHINA, today
from knowledge.contract import place_shape
from knowledge.editing.kinds import Body, Kind, name_of, values_of
from knowledge.editing.rules import MOST_WAYS
from knowledge.editing.versions import Entry
from knowledge.faq.files import source_of
from knowledge.faq.items import Item
from knowledge.faq.live import live_index
from knowledge.faq.search import FaqIndex, Found, Prior
from knowledge.faq.vectors import encode, encoder
from knowledge.places import Place
from knowledge.tables import FaqItem, ServicePoint

HITS = 5
router = APIRouter(prefix="/admin", include_in_schema=False)


@dataclass(frozen=True)
class Tried:
    """What a question leads to; `said`: it is sure enough to be said in a conversation."""

    title: str
    own: bool
    percent: int
    said: bool


@router.get("/{kind}/{object_id}/try")
async def look(kind: str, object_id: str, member: Editor, state: State) -> Response:
    """A box to ask like a resident, and what a resident would see."""
    of = kind_named(kind)
    return _page(state, member, of, await opened(state, member, of, object_id))


@router.post("/{kind}/{object_id}/try")
async def ask(
    request: Request, kind: str, object_id: str, member: Editor, state: State
) -> Response:
    """Which answer a question finds, with the draft in the place of what is published."""
    of = kind_named(kind)
    entry = await opened(state, member, of, object_id)
    question = harmless((await plain_form(request)).get("q", "")[:LONGEST_TEXT])
    if of is not Kind.faq or not question:
        return _page(state, member, of, entry)
    try:
        prior = await prior_of(state.engine, question)
    except InDanger:
        return _page(state, member, of, entry, question, danger=True)
    item = draft_item(entry.id, entry.newest)
    found = await run_in_threadpool(_find, state.catalogue, item, question, prior)
    tried = [
        Tried(
            hit.item.title, hit.item.id == item.id, round(100 * hit.score), found.known and not at
        )
        for at, hit in enumerate(found.hits)
    ]
    return _page(state, member, of, entry, question, tried)


@router.get("/{kind}/{object_id}/preview")
async def preview(
    request: Request, kind: str, object_id: str, member: Editor, state: State
) -> HTMLResponse:
    """The very page of an answer that residents would get, for `?city=`."""
    of = kind_named(kind)
    entry = await opened(state, member, of, object_id)
    if of is not Kind.faq:
        return _page(state, member, of, entry)
    city = state.city(request.query_params.get("city") or member.city_id)
    item = draft_item(entry.id, entry.newest)
    shown = faq.show(state.catalogue, item, city, today())
    return read_page(faq.PAGES, "faq_item.html", item=shown)


def draft_item(object_id: str, body: Body) -> Item:
    """An answer as it would be published."""
    # more ways than can be published are not worth the time of everybody's cores
    body = {**body, "ask": body["ask"][:MOST_WAYS]}
    return item_of(
        FaqItem(
            id=object_id, position=0, source=source_of(body["citations"]),
            as_of=today().isoformat(), **values_of(Kind.faq, body),
        )
    )  # fmt: skip


def _find(catalogue: Catalogue, item: Item, question: str, prior: Prior) -> Found:
    """An index of its own, thrown away: residents are answered by that of the process."""
    # right after a start: encoded once, not twice side by side
    live = live_index().over(catalogue.faq)
    items = {**catalogue.faq, item.id: item}
    return FaqIndex(items.values(), encoder(), encode, live).search(question, prior, HITS)


def _page(
    state: AppState,
    member: StaffMember,
    kind: Kind,
    entry: Entry,
    question: str = "",
    tried: list[Tried] | None = None,
    *,
    danger: bool = False,
) -> HTMLResponse:
    return admin_page(
        "try.html", member, kind,
        w=WORDS.words, kind=kind, entry=entry, title=name_of(kind, entry.newest),
        question=question, tried=tried, danger=danger,
        cities=state.catalogue.atlas.cities.values(),
        place=_place(state.catalogue, entry) if kind is Kind.place else None,
    )  # fmt: skip


def _place(catalogue: Catalogue, entry: Entry) -> dict[str, object] | None:
    """The card of a place as the API gives it to residents' pages."""
    body = entry.newest
    region = catalogue.atlas.regions.get(body["region_id"])
    if region is None:
        return None
    row = ServicePoint(id=entry.id, level=region.level, **values_of(Kind.place, body))
    point = point_of(row)
    return place_shape(
        replace(catalogue, points={region.id: (point,)}),
        Place(point, region, None),
        datetime.now(CHINA),
    )
