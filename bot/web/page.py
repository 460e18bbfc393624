"""GET / (the chat page) and /leave (where the quick-exit button goes)."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Query
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.api.chat import COOKIE
from bot.api.state import AppState, State
from bot.gateway.gateway import UnknownSession
from bot.gateway.store import StoreAway
from bot.web.pages import Pages
from knowledge.atlas import City
from knowledge.taxonomy import taxonomy

HERE = Path(__file__).parent
PAGES = Pages(HERE, "page")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def chat_page(
    state: State,
    city: Annotated[str | None, Query()] = None,
    session: Annotated[str | None, Cookie(alias=COOKIE)] = None,
) -> HTMLResponse:
    """The page of a city: `?city=`, else of the open conversation, else the deployment's."""
    atlas = state.catalogue.atlas
    named = atlas.city(city) if city else await city_of(state, session)
    chosen = named or state.city(None)
    page = PAGES.words
    return PAGES.answer(
        "chat.html",
        words=page,
        city=chosen,
        cities=list(atlas.cities.values()),
        menu=_menu(state),
        client=json.dumps({"city": chosen.id, "words": page["script"]}, ensure_ascii=False),
    )


@router.get("/leave", response_class=HTMLResponse)
async def leave(
    state: State, session: Annotated[str | None, Cookie(alias=COOKIE)] = None
) -> HTMLResponse:
    """A neutral page; the cookie ends here, since no script can end it, and what it opened too."""
    with contextlib.suppress(UnknownSession, StoreAway):  # leaving must never fail
        await state.gateway.leave(session or "")
    response = PAGES.answer("leave.html", words=PAGES.words)
    response.delete_cookie(COOKIE, path="/")
    return response


async def city_of(state: AppState, session: str | None) -> City | None:
    """The city of the conversation that another tab has open."""
    try:
        city_id = await state.gateway.joinable(session) if session else None
    except StoreAway:
        return None
    return state.catalogue.atlas.cities.get(city_id) if city_id else None


class SecurityHeaders:
    """A strict policy on every answer, static files and errors too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [
                    (b"content-security-policy", CSP.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
                if scope["path"].startswith(
                    (
                        "/static/",
                        "/console/static/",
                        "/admin/static/",
                        "/supervise/static/",
                        "/desk/static/",
                        "/practice/static/",
                    )
                ):
                    message["headers"].append((b"cache-control", b"no-cache"))
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def _menu(state: AppState) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "items": [
                {"id": service.id, "name": service.name} for service in state.catalogue.menu(group)
            ],
        }
        for group, title in taxonomy().menu
    ]
