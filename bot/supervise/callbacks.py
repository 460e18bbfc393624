"""/supervise/callbacks: the call-backs of each half-day, and how much still fits."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from bot.api.state import State
from bot.callbacks.listing import HalfDay, Line, by_half_day
from bot.clock import utcnow
from bot.supervise.site import HERE, HOME, Supervisor, supervise_page
from bot.web.pages import Pages

WORDS = Pages(HERE, "callbacks")
ADDRESS = f"{HOME}/callbacks"
router = APIRouter(prefix=ADDRESS, include_in_schema=False)


@router.get("")
async def listed(member: Supervisor, state: State) -> HTMLResponse:
    """By city and half-day; who may be in danger first, then those that are overdue."""
    cities = state.catalogue.atlas.cities
    wanted = [cities[member.city_id]] if member.city_id else list(cities.values())
    now = utcnow()

    def read(session: Session) -> list[tuple[str, list[HalfDay]]]:
        return [(city.short, by_half_day(session, city.id, now)) for city in wanted]

    return supervise_page(
        "callbacks.html", member, "callbacks",
        w=WORDS.words, cities=await state.gateway.look(read), now=now,
        first_of_all=_first,
    )  # fmt: skip


def _first(halves: list[HalfDay]) -> list[Line]:
    """The calls that come before all the others of a city."""
    return [line for half in halves for line in half.lines if line.first]
