"""POST /chat/sessions and POST /chat."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Response

from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import ChatAnswer, ChatMessage, ChatRequest, SessionAnswer, SessionRequest
from bot.api.state import AppState, State
from bot.engine_client import harmless
from bot.gateway import Inbound, UnknownSession
from knowledge.taxonomy import taxonomy

COOKIE = "wenfa_session"
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 413, 415, 422)
}
router = APIRouter(prefix="/chat", tags=["chat"], responses=PROBLEMS)


@router.post("/sessions", response_model=SessionAnswer)
async def open_session(request: SessionRequest, state: State, response: Response) -> dict[str, str]:
    """A new conversation. The token is also set as an HttpOnly cookie."""
    city = state.city(request.city)
    region_id = _region_of(state, request.place) if request.place else None
    token, notice = await state.gateway.open(city.id, region_id)
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=state.settings.secure_cookie,
        path="/",
    )
    return {"session": token, "notice": notice}


@router.post("", response_model=ChatAnswer, responses={404: {"model": ProblemDocument}})
async def chat(
    request: ChatRequest,
    state: State,
    cookie: Annotated[str | None, Cookie(alias=COOKIE)] = None,
) -> dict[str, Any]:
    """One message; the same `message.id` again returns the first answer."""
    inbound = _inbound(state, request.message)
    try:
        return await state.gateway.handle(request.session or cookie or "", inbound)
    except UnknownSession as error:
        raise Problem(404, "unknown_session") from error


def _region_of(state: AppState, place: str) -> str:
    for points in state.catalogue.points.values():
        for point in points:
            if point.id == place:
                return point.region_id
    raise Problem(422, "unknown_place", "place")


def _inbound(state: AppState, message: ChatMessage) -> Inbound:
    given = [value for value in (message.text, message.choice, message.location) if value]
    if len(given) != 1:
        raise Problem(422, "one_of", "message")
    if message.text is not None and not harmless(message.text):
        raise Problem(422, "empty_text", "message.text")
    if message.choice is not None and not _is_choice(state, message.choice):
        raise Problem(422, "unknown_choice", "message.choice")
    location = None
    if message.location is not None:
        location = (message.location.lat, message.location.lng)
        if not state.catalogue.boundaries.in_china(*location):
            raise Problem(422, "not_in_china", "message.location")
    return Inbound(message.id, message.text, message.choice, location)


def _is_choice(state: AppState, choice: str) -> bool:
    """service:<id>, request:<id> or region:<code>; nothing else ever reaches the engine."""
    kind, _, value = choice.partition(":")
    if kind == "service":
        return value in taxonomy().services
    if kind == "request":
        return value in taxonomy().requests
    return kind == "region" and value in state.catalogue.atlas.regions
