"""GET /legal-aid/summary and …/summary.docx: a conversation's last screening, on paper."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Cookie
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from bot.api.chat import COOKIE
from bot.api.state import AppState, State
from bot.clock import utcnow
from bot.gateway.gateway import JOINABLE, UnknownSession
from bot.gateway.states import Author
from bot.gateway.store import StoreAway
from bot.summary.document import MEDIA, to_docx
from bot.summary.reading import Summary, read_summary
from bot.summary.sheet import lay_out
from bot.tables import Conversation, Message
from bot.web.page import PAGES
from bot.words import words

Card = dict[str, Any]
SCREENING = "screening"
READ_AT_ONCE = 50
SessionCookie = Annotated[str | None, Cookie(alias=COOKIE)]
router = APIRouter(prefix="/legal-aid", include_in_schema=False)


@router.get("/summary", response_class=HTMLResponse)
async def summary_page(state: State, session: SessionCookie = None) -> HTMLResponse:
    """The sheet as a page to print; 404 without a screening, 503 when it cannot be read."""
    found = await _find(state, session)
    if isinstance(found, HTMLResponse):
        return found
    return PAGES.answer("summary.html", sheet=lay_out(found), t=words("summary")["page"])


@router.get("/summary.docx", response_class=Response)
async def summary_document(state: State, session: SessionCookie = None) -> Response:
    """The sheet as a Word document; without one, the page that says what to do."""
    found = await _find(state, session)
    if isinstance(found, HTMLResponse):
        return found
    site = state.settings.public_url
    content = await run_in_threadpool(lambda: to_docx(lay_out(found), site))
    name = quote(words("summary")["file"].format(day=found.day), safe="")
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename=\"summary.docx\"; filename*=UTF-8''{name}",
    }
    return Response(content, media_type=MEDIA, headers=headers)


async def _find(state: AppState, session: str | None) -> Summary | HTMLResponse:
    """The summary of the cookie's conversation, or the page that stands in its place."""
    try:
        conversation_id = await state.gateway.find(session or "")
        card = await state.gateway.look(lambda store: newest_screening(store, conversation_id))
    except UnknownSession:
        card = None
    except StoreAway:
        return _refused("away", 503)
    return read_summary(card) if card else _refused("none", 404)


def newest_screening(session: Session, conversation_id: str) -> Card | None:
    """The last screening that was said.

    None too once the resident has left, or has been silent for half an hour: like the second tab,
    it must not show the next person at a shared telephone what the last one said.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None or conversation.address is None:
        return None
    if conversation.last_at < utcnow() - JOINABLE:
        return None
    said = (
        select(Message.body)
        .where(Message.conversation_id == conversation_id, Message.author == Author.bot)
        .order_by(Message.seq.desc())
    )
    for body in session.scalars(said.execution_options(yield_per=READ_AT_ONCE)):
        for card in reversed(body.get("cards") or ()):
            if isinstance(card, dict) and card.get("type") == SCREENING:
                return card
    return None


def _refused(why: str, status: int) -> HTMLResponse:
    text = words("summary")
    return PAGES.answer(
        "summary_refused.html", status, refused=text["refused"][why], t=text["page"]
    )
