"""/admin/closures: 今天无人 by a form, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.admin.site import HERE, PAGES, admin_page, refused
from bot.api.state import AppState, State
from bot.places import closing
from bot.places.closing import KEEPERS, LARGEST_ID, LONGEST_REASON
from bot.places.finding import place_of, points_meant, whole_name
from bot.web.forms import plain_form
from bot.web.pages import Pages, to
from knowledge.atlas import City
from knowledge.catalogue import ServicePoint
from knowledge.china import CHINA
from knowledge.closures import NoClosure
from knowledge.hours_in_words import moment_in_words

WORDS = Pages(HERE, "closures")
ADDRESS = "/admin/closures"
CHOICES = 20
LONGEST_PLACE = 80
FIELDS = ("city", "place", "point", "from", "until", "reason")
Keeper = Annotated[StaffMember, staff(*KEEPERS, page=True)]
router = APIRouter(prefix=ADDRESS, include_in_schema=False)


@dataclass(frozen=True)
class Row:
    """A closure as the page shows it; `url` only for whoever may open the point's page."""

    id: int
    name: str
    where: str
    url: str | None
    span: str
    running: bool
    reason: str | None
    by: str


@dataclass
class Filled:
    """The form as it was sent: the texts, what is wrong with which, the points to choose from."""

    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    choices: Sequence[tuple[str, str]] = ()

    def wrong(self, name: str, key: str, **values: object) -> None:
        """A field and a key of `errors` in closures.yml; the first that is said counts."""
        self.errors.setdefault(name, str(WORDS.words["errors"][key]).format(**values))


@router.get("")
async def listed(request: Request, member: Keeper, state: State) -> HTMLResponse:
    """What holds now and what is to come, and the empty form."""
    return await _page(member, state, Filled(), done=PAGES.done_text(request))


@router.post("")
async def close(request: Request, member: Keeper, state: State) -> Response:
    """Nobody is there; or the form again, with what was typed and what is wrong with it."""
    filled = await _filled(request)
    point = _point(filled, member, state)
    starts, ends = _moment(filled, "from"), _moment(filled, "until")
    reason = filled.texts["reason"]
    if len(reason) > LONGEST_REASON:
        filled.wrong("reason", "too_long", most=LONGEST_REASON, n=len(reason))
    if point is not None and not filled.errors:
        try:
            await closing.close(state, member, point.id, starts, ends, reason or None)
            return to(ADDRESS, "closed")
        except closing.AlreadyOver:
            filled.wrong("until", "over")
        except closing.NotTheirs:  # it was taken away a moment ago
            filled.wrong("place", "no_place", value=filled.texts["place"])
    return await _page(member, state, filled, 422)


async def again(request: Request, member: StaffMember, state: AppState) -> HTMLResponse:
    """What was sent without a token of this login: shown as it was typed, nothing is closed."""
    filled = await _filled(request)
    _point(filled, member, state)
    return await _page(member, state, filled, 403, alert=str(WORDS.words["again"]))


@router.post("/{closure}/lift")
async def lift(
    closure: Annotated[int, Path(ge=1, le=LARGEST_ID)], member: Keeper, state: State
) -> Response:
    """Somebody is there again."""
    try:
        await closing.lift(state, member, closure)
    except NoClosure:
        return refused(member, "closures", "not_there", 404)
    return to(ADDRESS, "reopened")


async def _filled(request: Request) -> Filled:
    form = await plain_form(request)
    return Filled({name: form.get(name, "").strip() for name in FIELDS})


async def _page(
    member: StaffMember,
    state: AppState,
    filled: Filled,
    status: int = 200,
    *,
    done: str = "",
    alert: str = "",
) -> HTMLResponse:
    catalogue, now = state.catalogue, datetime.now(CHINA)
    running = closing.running(catalogue, member.city_id)

    def read(session: Session) -> dict[int, str]:
        return closing.entered_by(session, (closure.id for closure, _ in running))

    by = await state.gateway.store.look(read) if running else {}
    span, editor = str(WORDS.words["span"]), member.may(Role.EDITOR)
    rows = [
        Row(
            closure.id,
            point.name,
            place_of(catalogue, point),
            f"/admin/place/{point.id}" if editor else None,
            span.format(
                start=moment_in_words(closure.starts, now.date()),
                end=moment_in_words(closure.ends, now.date()),
            ),
            closure.starts <= now,
            closure.reason,
            by.get(closure.id, ""),
        )
        for closure, point in sorted(running, key=lambda one: (one[0].starts, one[0].id))
    ]
    texts = filled.texts if "city" in filled.texts else {"city": state.city(None).id}
    return admin_page(
        "closures.html", member, "closures", status,
        w=WORDS.words, rows=rows, texts=texts, errors=filled.errors, choices=filled.choices,
        cities={} if member.city_id else catalogue.atlas.cities, done=done, alert=alert,
        longest={"place": LONGEST_PLACE, "reason": LONGEST_REASON},
    )  # fmt: skip


def _point(filled: Filled, member: StaffMember, state: AppState) -> ServicePoint | None:
    """The one point that is meant; else what is wrong, and the choices where several fit."""
    texts, catalogue = filled.texts, state.catalogue
    city = _city(filled, member, state)
    if not texts["place"]:
        filled.wrong("place", "needed")
        return None
    if city is None:
        return None
    found = points_meant(catalogue, texts["place"][:LONGEST_PLACE], city.id)
    if not found:
        filled.wrong("place", "no_place", value=texts["place"])
        return None
    if len(found) == 1:
        return found[0]
    shown = found[:CHOICES]
    filled.choices = [(point.id, whole_name(catalogue, point)) for point in shown]
    chosen = next((point for point in shown if point.id == texts["point"]), None)
    if chosen is None and len(found) > CHOICES:
        filled.wrong("point", "too_many", value=texts["place"], n=CHOICES)
    elif chosen is None:
        filled.wrong("point", "which")
    return chosen


def _city(filled: Filled, member: StaffMember, state: AppState) -> City | None:
    """The member's own; who keeps all of them says which."""
    cities = state.catalogue.atlas.cities
    city = cities.get(member.city_id or filled.texts["city"] or state.city(None).id)
    if city is None:
        filled.wrong("city", "city")
    return city


def _moment(filled: Filled, name: str) -> datetime | None:
    """A day with its time on China's clock; None when the field is empty or wrong."""
    text = filled.texts[name]
    if not text:
        return None
    # a day alone would be its first minute, which nobody means
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None and ":" in text:
            return moment.replace(tzinfo=CHINA)
    filled.wrong(name, "bad_time", value=text)
    return None
