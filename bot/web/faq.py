"""GET /faq, /faq/{matter or service}, /faq/item/{id}: answers that can be checked, for a city."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Cookie, Query, Request
from fastapi.responses import HTMLResponse
from starlette.background import BackgroundTask

from bot.answers import Answered, InDanger, answers_to
from bot.api.chat import COOKIE
from bot.api.state import AppState, State
from bot.engine_client import LONGEST_TEXT, harmless
from bot.unanswered.afterwards import keep
from bot.unanswered.asked import Door
from bot.web.forms import plain_form
from bot.web.page import HERE, city_of
from bot.web.pages import Pages
from bot.web.reading import day_in_words, read_page
from knowledge.atlas import City
from knowledge.catalogue import Catalogue
from knowledge.china import today
from knowledge.citing import cite
from knowledge.faq.items import Citation, Item
from knowledge.faq.search import Found
from knowledge.faq.shape import item_url
from knowledge.law.links import Part, linked
from knowledge.taxonomy import taxonomy

PAGES = Pages(HERE, "faq")
MORE = 6
router = APIRouter(prefix="/faq", include_in_schema=False)


@dataclass(frozen=True)
class Line:
    """A line with its links, and a smaller one under it."""

    parts: Sequence[Part]
    small: str = ""


@dataclass(frozen=True)
class Shown:
    """An item as its page shows it: headings with what stands under them."""

    title: str
    answer: str
    groups: str
    steps: Sequence[str]
    materials: list[tuple[str, list[str]]]
    lines: list[tuple[str, list[Line]]]
    dates: list[str]
    overdue: str
    verified: bool
    unread: bool
    more: list[tuple[str, str]]


@router.get("", response_class=HTMLResponse)
def faq_index(state: State) -> HTMLResponse:
    """Every matter and service that has answers, with their number."""
    return _index(state, "", None)


@router.post("", response_class=HTMLResponse)
async def faq_asked(
    state: State,
    request: Request,
    session: Annotated[str | None, Cookie(alias=COOKIE)] = None,
) -> HTMLResponse:
    """The answers to a question. By POST: what somebody asks stays out of the browser's history."""
    question = harmless((await plain_form(request)).get("q", "")[:LONGEST_TEXT])
    try:
        answered = await answers_to(state.engine, state.catalogue, question) if question else None
    except InDanger:
        return _index(state, question, None, danger=True)
    page = _index(state, question, answered.found if answered else None)
    if answered and answered.missing:
        page.background = BackgroundTask(_keep, state, session, question, answered)
    return page


async def _keep(state: AppState, session: str | None, question: str, answered: Answered) -> None:
    city = await city_of(state, session) or state.city(None)
    await keep(
        state.gateway.store, city.id, question, Door.page,
        matter=answered.matter, service=answered.service,
    )  # fmt: skip


def _index(
    state: State, question: str, found: Found | None, *, danger: bool = False
) -> HTMLResponse:
    counts = Counter(item.about for item in state.catalogue.faq.values())
    names = taxonomy()
    return read_page(
        PAGES,
        "faq_index.html",
        query=question,
        danger=danger,
        known=found is not None and found.known,
        results=[_entry(hit.item) for hit in found.hits] if found else [],
        matters=[_counted(id_, name, counts) for id_, name in names.matters.items() if counts[id_]],
        services=[
            _counted(id_, name, counts) for id_, name in names.services.items() if counts[id_]
        ],
    )


@router.get("/item/{item_id}", response_class=HTMLResponse)
async def faq_item(
    state: State,
    item_id: str,
    city: Annotated[str | None, Query(max_length=40)] = None,
    session: Annotated[str | None, Cookie(alias=COOKIE)] = None,
) -> HTMLResponse:
    """One answer, with what is different in the city: `?city=`, else that of the conversation."""
    item = state.catalogue.faq.get(item_id)
    if item is None:
        return read_page(PAGES, "faq_refused.html", 404)
    named = state.catalogue.atlas.city(city) if city else await city_of(state, session)
    return read_page(
        PAGES, "faq_item.html", item=show(state.catalogue, item, named or state.city(None), today())
    )


@router.get("/{about}", response_class=HTMLResponse)
def faq_about(state: State, about: str) -> HTMLResponse:
    """The questions of a matter or a service."""
    items = [item for item in state.catalogue.faq.values() if item.about == about]
    if not items:
        return read_page(PAGES, "faq_refused.html", 404)
    return read_page(
        PAGES,
        "faq_about.html",
        title=PAGES.words["about_title"].format(name=_name(about)),
        items=list(map(_entry, items)),
    )


def _entry(item: Item) -> dict[str, str]:
    return {"title": item.title, "url": item_url(item.id), "answer": item.answer}


def show(catalogue: Catalogue, item: Item, city: City, day: date) -> Shown:
    """The parts of an item's page in a city on a day."""
    t = PAGES.words
    needed = [one.name for one in item.materials if one.needed]
    if_had = [one.name for one in item.materials if not one.needed]
    materials = [(t["needed"], needed), (t["if_had"], if_had)]
    local = item.cities.get(city.id)
    lines = [
        (t["fee"], [_plain(item.fee)] if item.fee else []),
        (t["takes"], [_plain(item.takes)] if item.takes else []),
        (
            t["limits"],
            [_limit(catalogue, id_) for id_ in item.limits if id_ in catalogue.limits],
        ),
        (
            t["city"].format(city=city.name),
            [Line([Part(local.text, None)], _source(catalogue, city, local.citations, day))]
            if local
            else [],
        ),
        (t["desks"], [_plain(t["and"].join(map(_name, item.services)))]),
        (t["basis"], [Line(linked(_source(catalogue, city, item.citations, day)))]),
    ]
    overdue = item.review_by < day
    return Shown(
        title=item.title,
        answer=item.answer,
        groups=t["groups"].format(names=t["and"].join(item.groups)) if item.groups else "",
        steps=item.steps,
        materials=[(name, rows) for name, rows in materials if rows],
        lines=[(heading, rows) for heading, rows in lines if rows],
        dates=[
            t["since"].format(day=day_in_words(item.effective_from)),
            t["reviewed"].format(day=day_in_words(item.review_by)),
        ][: 1 if overdue else 2],
        overdue=t["overdue"].format(day=day_in_words(item.review_by)) if overdue else "",
        verified=item.verified,
        unread=item.read_on is None,
        more=[
            (other.title, item_url(other.id))
            for other in catalogue.faq.values()
            if other.about == item.about and other.id != item.id
        ][:MORE],
    )


def _limit(catalogue: Catalogue, limit_id: str) -> Line:
    t, limit = PAGES.words, catalogue.limits[limit_id]
    said = t["limit"].format(text=limit.text, basis=limit.basis)
    small = t["exception"].format(exception=limit.exception) if limit.exception else ""
    return Line(linked(said), small)


def _source(catalogue: Catalogue, city: City, citations: Sequence[Citation], day: date) -> str:
    return cite(catalogue, city.id, citations, day.year) or str(PAGES.words["unverified"])


def _plain(text: str) -> Line:
    return Line([Part(text, None)])


def _counted(about: str, name: str, counts: Counter[str]) -> tuple[str, str]:
    return PAGES.words["count"].format(name=name, n=counts[about]), f"/faq/{about}"


def _name(about: str) -> str:
    names = taxonomy()
    return names.matters.get(about) or names.service_name(about)
