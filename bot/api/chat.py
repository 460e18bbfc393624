"""POST /chat/sessions, POST /chat, GET /chat/session and the events of a conversation."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bot.api.places import check_position
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import (
    ChatAnswer,
    ChatMessage,
    ChatRequest,
    JoinedSession,
    OpenSession,
    SessionAnswer,
    SessionRequest,
)
from bot.api.state import AppState, State
from bot.engine_client import harmless
from bot.gateway import hub
from bot.gateway.choices import is_choice
from bot.gateway.events import Stream
from bot.gateway.gateway import notice
from bot.gateway.inbound import Inbound
from bot.gateway.store import StoreAway

COOKIE = "wenfa_session"
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 413, 415, 422, 503)
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": ProblemDocument}}
router = APIRouter(prefix="/chat", tags=["chat"])
SessionCookie = Annotated[str | None, Cookie(alias=COOKIE)]


@router.post("/sessions", response_model=SessionAnswer, responses=PROBLEMS)
async def open_session(request: SessionRequest, state: State, response: Response) -> dict[str, str]:
    """A new conversation. The token is also set as an HttpOnly cookie."""
    city = state.city(request.city)
    region_id = _region_of(state, request.place) if request.place else None
    opened = await state.gateway.open(city.id, region_id)
    assert opened.token is not None
    response.set_cookie(
        COOKIE,
        opened.token,
        httponly=True,
        samesite="strict",
        secure=state.settings.secure_cookie,
        path="/",
    )
    return {"session": opened.token, "notice": opened.notice}


@router.get("/session", response_model=JoinedSession, responses={204: {"model": None}})
async def joined_session(
    state: State, response: Response, cookie: SessionCookie = None
) -> dict[str, str] | Response:
    """The conversation that this browser has open already, for a second tab; 204: there is none."""
    response.headers["Cache-Control"] = "no-store"
    try:
        city = await state.gateway.joinable(cookie) if cookie else None
    except StoreAway:
        city = None
    if city is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return {"session": cookie or "", "notice": notice(), "city": city}


@router.post(
    "", response_model=ChatAnswer, responses={**PROBLEMS, **NOT_FOUND, 429: NOT_FOUND[404]}
)
async def chat(request: ChatRequest, state: State, cookie: SessionCookie = None) -> dict[str, Any]:
    """One message; the same `message.id` again returns the first answer."""
    inbound = _inbound(state, request.message)
    conversation_id = await state.gateway.find(request.session or cookie or "")
    return await state.gateway.handle(conversation_id, inbound)


async def _events_of(
    state: State,
    session: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
    cookie: SessionCookie = None,
) -> Stream:
    """Decided before the first byte, so that an unknown session is a 404."""
    conversation_id = await state.gateway.find(session or cookie or "")
    return Stream(state.gateway, conversation_id, last_event_id or after)


@router.get("/events", response_class=EventSourceResponse, responses=NOT_FOUND)
async def events(
    stream: Annotated[Stream, Depends(_events_of)],
) -> AsyncIterator[ServerSentEvent]:
    """`message`, `state`, `typing`; resumes after Last-Event-ID (or `after`)."""
    async for event in stream.events():
        # written here: the framework's encoder walks every value again, for thousands of listeners
        yield ServerSentEvent(event=event.kind, raw_data=json.dumps(event.data), id=event.id)


@router.post("/typing", status_code=204, responses={**PROBLEMS, **NOT_FOUND})
async def typing(request: OpenSession, state: State, cookie: SessionCookie = None) -> None:
    """The resident is writing; an operator who holds the conversation sees it."""
    conversation_id = await state.gateway.find(request.session or cookie or "")
    state.gateway.hub.wake(hub.typing(conversation_id, "resident"))


@router.post("/leave", status_code=204, responses={**PROBLEMS, **NOT_FOUND})
async def leave(
    request: OpenSession, state: State, response: Response, cookie: SessionCookie = None
) -> None:
    """Quick exit: the token opens nothing any more."""
    response.delete_cookie(COOKIE, path="/")
    await state.gateway.leave(request.session or cookie or "")


def _region_of(state: AppState, place: str) -> str:
    point = state.catalogue.point(place)
    if point is None:
        raise Problem(422, "unknown_place", "place")
    return point.region_id


def _inbound(state: AppState, message: ChatMessage) -> Inbound:
    given = [value for value in (message.text, message.choice, message.location) if value]
    if len(given) != 1:
        raise Problem(422, "one_of", "message")
    if message.text is not None and not harmless(message.text):
        raise Problem(422, "empty_text", "message.text")
    if message.choice is not None and not is_choice(state.catalogue, message.choice):
        raise Problem(422, "unknown_choice", "message.choice")
    location = None
    if message.location is not None:
        location = (message.location.lat, message.location.lng)
        check_position(state.catalogue, *location, "message.location")
    return Inbound(message.id, message.text, message.choice, location)
