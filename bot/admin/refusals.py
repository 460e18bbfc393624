"""What the staff's site cannot do, as a page in its own frame."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from bot.accounts.logins import StaffMember
from bot.admin import kept
from bot.admin.entries import Elsewhere, OwnCityOnly
from bot.admin.listing import WORDS
from bot.admin.site import HOME, PAGES, place_of, refused
from bot.admin.typed import typed_in
from bot.api.state import AppState
from bot.clock import when
from bot.gateway.store import StoreAway
from knowledge.editing.versions import NotThere, Stale

_KEYS: dict[type[Exception], tuple[str, int]] = {
    NotThere: ("not_there", 404),
    Elsewhere: ("other_city", 403),
    OwnCityOnly: ("own_city", 403),
    Stale: ("stale", 409),
    StoreAway: ("away", 503),
}


def install(app: FastAPI) -> None:
    """What becomes of these exceptions below /admin; elsewhere they stay what they were."""
    elsewhere = app.exception_handlers.get(StoreAway)

    async def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, StoreAway) and not request.url.path.startswith(HOME):
            assert elsewhere is not None
            given: Response = await elsewhere(request, error)  # type: ignore[misc]
            return given
        return await _page(request, error)

    for kind in _KEYS:
        app.add_exception_handler(kind, answer)
    kept.install(app)


async def _page(request: Request, error: Exception) -> Response:
    key, status = _KEYS[type(error)]
    member: StaffMember = request.state.member
    state: AppState = request.app.state.parts
    city = state.catalogue.atlas.cities.get(member.city_id or "")
    values: dict[str, object] = {"city": city.short if city else PAGES.words["all_cities"]}
    if isinstance(error, Stale):
        values |= {"by": error.by or WORDS.words["somebody"], "at": when(error.at)}
    typed = await typed_in(request)
    return refused(member, place_of(request), key, status, typed, **values)
