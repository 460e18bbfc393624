"""/supervise/duty: who is on duty, what each is offered, when this console is staffed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.api.state import AppState, State
from bot.clock import utcnow
from bot.duty import hours, places, roster, staffing
from bot.duty.presence import MOST_AT_ONCE
from bot.duty.roster import NoColleague, OnRoster
from bot.duty.staffing import CALLBACKS
from bot.duty.tables import DutyHours
from bot.gateway import hub
from bot.slips.desks import STRANGE
from bot.supervise.site import HERE, HOME, Supervisor, supervise_page
from bot.web.forms import long_form, plain_form
from bot.web.pages import PRIVATE, Pages
from knowledge.taxonomy import taxonomy

WORDS = Pages(HERE, "duty")
ADDRESS = f"{HOME}/duty"
MENU = "duty"
MOST_CALLBACKS = 1000
LONGEST_PLACES = 2000
router = APIRouter(prefix=ADDRESS, include_in_schema=False)


@dataclass
class Filled:
    """A form as it was sent, and what is wrong with which of its fields."""

    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def wrong(self, name: str, key: str, /, **values: object) -> None:
        """A field and a key of `errors` in duty.yml; the first that is said counts."""
        self.errors.setdefault(name, str(WORDS.words["errors"][key]).format(**values))

    def number(self, name: str, least: int, most: int) -> int:
        """A field's number; `least` when it is none, and that is wrong."""
        text = self.texts.get(name, "").strip()
        if text.isascii() and text.isdecimal() and len(text) < 5 and least <= int(text) <= most:
            return int(text)
        self.wrong(name, name, most=most)
        return least


@dataclass(frozen=True)
class CityDuty:
    """A city's part of the page."""

    id: str
    name: str
    hotline: str
    staffed: bool
    texts: dict[str, str]


@router.get("")
async def listed(request: Request, member: Supervisor, state: State) -> HTMLResponse:
    """Everybody of one's city, and its duty hours."""
    done = str(WORDS.words["done"].get(request.query_params.get("done", ""), ""))
    return await _page(member, state, done=done)


@router.post("/hours")
async def set_hours(request: Request, member: Supervisor, state: State) -> Response:
    """When the console is staffed; or the page again, with what is wrong."""
    form = await plain_form(request)
    filled = Filled({name: form.get(name, "") for name in ("city", "weekly", "holidays",
                                                           "callbacks")})  # fmt: skip
    city_id, holidays = filled.texts["city"], filled.texts["holidays"]
    if city_id not in _cities(member, state):
        return await _page(member, state, 404, alert=WORDS.words["errors"]["city"])
    callbacks = filled.number("callbacks", 0, MOST_CALLBACKS)
    weekly: dict[str, Any] | None = None
    if holidays not in hours.HOLIDAYS:
        filled.wrong("holidays", "holidays")
    elif len(filled.texts["weekly"]) > hours.LONGEST:
        filled.wrong("weekly", "too_long", most=hours.LONGEST)
    else:
        try:
            weekly = hours.read(filled.texts["weekly"], holidays, state.frame)
        except hours.BadHours as error:
            filled.wrong("weekly", "weekly", line=error.line)
    if filled.errors:
        return await _page(member, state, 422, filled=filled)

    def write(session: Session) -> None:
        staffing.set_hours(session, city_id, weekly, callbacks, member.username, utcnow())
        detail = {"weekly": weekly, "callbacks": callbacks}
        audit.record(session, member, "duty.hours", "city", city_id, detail)

    await state.gateway.store.run(write)
    state.gateway.hub.wake(hub.TICKETS)
    return _to("hours")


@router.get("/{username}")
async def one(username: str, member: Supervisor, state: State) -> HTMLResponse:
    """What an operator is offered, to be changed."""
    found = await _operator(member, state, username)
    if found is None:
        return await _page(member, state, 404, alert=WORDS.words["errors"]["nobody"])
    atlas = state.catalogue.atlas
    texts = {
        "skills": "\n".join(found.skills),
        "regions": places.written(atlas, found.regions),
        "at_once": str(found.at_once),
    }
    return _form(member, found, Filled(texts))


@router.post("/{username}")
async def give(request: Request, username: str, member: Supervisor, state: State) -> Response:
    """From now on; or the form again, with what is wrong."""
    form = await long_form(request)
    found = await _operator(member, state, username)
    if found is None:
        return await _page(member, state, 404, alert=WORDS.words["errors"]["nobody"])
    filled = Filled({name: form.get(name, "") for name in ("skills", "regions", "at_once")})
    at_once = filled.number("at_once", 1, MOST_AT_ONCE)
    skills = filled.texts["skills"].split()
    if not set(skills) <= set(taxonomy().services):
        filled.wrong("skills", "skills")
    regions = _regions(filled, state, found.city_id)
    if filled.errors:
        return _form(member, found, filled, 422)

    def write(session: Session) -> None:
        roster.give(session, username, member.city_id, skills, regions, at_once, utcnow())
        detail = {"skills": skills, "regions": regions, "at_once": at_once}
        audit.record(session, member, "duty.give", "account", username, detail)

    try:
        await state.gateway.store.run(write)
    except NoColleague:  # was taken away a moment ago
        return await _page(member, state, 404, alert=WORDS.words["errors"]["nobody"])
    return _to("given")


def _regions(filled: Filled, state: AppState, city_id: str | None) -> list[str]:
    if len(filled.texts["regions"]) > LONGEST_PLACES:
        filled.wrong("regions", "too_long", most=LONGEST_PLACES)
        return []
    try:
        return places.read(state.catalogue.atlas, city_id, filled.texts["regions"])
    except places.WrongPlace as error:
        key = "which_place" if error.meant else "no_place"
        filled.wrong("regions", key, name=error.name, meant="、".join(error.meant))
        return []


def _cities(member: StaffMember, state: AppState) -> list[str]:
    return [member.city_id] if member.city_id else list(state.catalogue.atlas.cities)


async def _operator(member: StaffMember, state: AppState, username: str) -> OnRoster | None:
    """One whom this supervisor may give work to."""
    found = await _everybody(member, state)
    mine = (person for person in found if _keeps(member, person))
    return next((person for person in mine if person.username == username), None)


def _keeps(member: StaffMember, person: OnRoster) -> bool:
    return member.city_id is None or person.city_id == member.city_id


async def _everybody(member: StaffMember, state: AppState) -> list[OnRoster]:
    within = state.gateway.timing.present
    return await state.gateway.look(lambda s: roster.roster(s, member.city_id, utcnow(), within))


def _offered() -> dict[str, str]:
    """What an operator can be given, by id; nobody's trouble is anybody's skill."""
    return {id_: name for id_, name in taxonomy().services.items() if id_ != STRANGE}


def _form(member: StaffMember, found: OnRoster, filled: Filled, status: int = 200) -> HTMLResponse:
    return supervise_page(
        "duty_operator.html", member, MENU, status,
        w=WORDS.words, person=found, texts=filled.texts, errors=filled.errors,
        chosen=filled.texts["skills"].split(), services=_offered(),
        most=MOST_AT_ONCE, longest=LONGEST_PLACES, address=f"{ADDRESS}/{found.username}",
        back=ADDRESS,
    )  # fmt: skip


async def _page(
    member: StaffMember,
    state: AppState,
    status: int = 200,
    *,
    filled: Filled | None = None,
    alert: str = "",
    done: str = "",
) -> HTMLResponse:
    people = await _everybody(member, state)
    filled = filled or Filled()
    atlas, services = state.catalogue.atlas, taxonomy().services

    def read(session: Session) -> list[CityDuty]:
        return [_city(session, state, city_id, filled) for city_id in _cities(member, state)]

    return supervise_page(
        "duty.html", member, MENU, status,
        w=WORDS.words, done=done, alert=alert, errors=filled.errors, wrong_in=filled.texts.get(
            "city", ""), cities=await state.gateway.look(read), holidays=hours.holiday_names(),
        longest=hours.LONGEST, most=MOST_CALLBACKS, address=ADDRESS,
        people=[
            (person, [services.get(id_, id_) for id_ in person.skills],
             places.written(atlas, person.regions),
             f"{ADDRESS}/{person.username}" if _keeps(member, person) else None)
            for person in people
        ],
    )  # fmt: skip


def _city(session: Session, state: AppState, city_id: str, filled: Filled) -> CityDuty:
    city, row = state.catalogue.atlas.cities[city_id], session.get(DutyHours, city_id)
    weekly = row.weekly if row else None
    texts = {
        "weekly": hours.written(weekly, state.frame),
        "holidays": hours.holidays_of(weekly) if weekly else "closed",
        "callbacks": str(row.callbacks if row else CALLBACKS),
    }
    if filled.texts.get("city") == city_id:
        texts |= filled.texts
    hotline = (city.card.get("hotline") or {}).get("hours")
    within = state.gateway.timing.present
    return CityDuty(
        city_id,
        city.short,
        hotline or WORDS.words["hours"]["hotline_unknown"],
        staffing.staffed(session, city_id, utcnow(), within),
        texts,
    )


def _to(done: str) -> RedirectResponse:
    return RedirectResponse(f"{ADDRESS}?done={done}", status_code=303, headers=PRIVATE)
