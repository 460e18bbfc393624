"""/supervise/follow-ups: 不满意 and complaints, one after the other until a supervisor closes them.

Operators come here too: to the ones that are theirs, to write what came of them.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from bot.accounts.door import NotForYou, staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.follow_ups import LARGEST_ID, looked_through, settled
from bot.api.problems import Problem
from bot.api.state import AppState, State
from bot.follow_ups import listing
from bot.follow_ups.listing import Figures, Wanted
from bot.follow_ups.providers import providers
from bot.follow_ups.settling import LONGEST, Deed, Incomplete, NoSuchFollowUp
from bot.follow_ups.states import Kind, Move
from bot.follow_ups.states import State as Standing
from bot.supervise.site import HERE, PAGES
from bot.tickets.desk import Refused
from bot.web.forms import plain_form
from bot.web.pages import PRIVATE, Pages
from knowledge.china import CHINA, today
from knowledge.text import storable

WORDS = Pages(HERE, "follow_ups")
ADDRESS = "/supervise/follow-ups"
MENU = "follow_ups"
FILTERS = ("kind", "state", "platform", "provider", "mine")
FIELDS = ("result", "upheld", "reason")
UPHELD = {"yes": True, "no": False}
Operator = Annotated[StaffMember, staff(Role.OPERATOR, page=True)]
Named = TypeVar("Named", bound=StrEnum)
router = APIRouter(prefix=ADDRESS, include_in_schema=False)


@router.get("")
async def listed(request: Request, member: Operator, state: State) -> HTMLResponse:
    """What is asked for, and the figures of all."""
    done = str(WORDS.words["done"].get(request.query_params.get("done", ""), ""))
    return await _page(member, state, dict(request.query_params), done=done)


@router.post("/{follow_up}/{move}")
async def settle(
    request: Request,
    follow_up: Annotated[int, Path(ge=1, le=LARGEST_ID)],
    move: Move,
    member: Operator,
    state: State,
) -> Response:
    """Do it; or the page again with what was written, and what stands in the way."""
    if move is not Move.answer and not member.may(Role.SUPERVISOR):
        raise NotForYou(member)
    form = await plain_form(request)
    typed = {name: storable(form.get(name, "")).strip()[:LONGEST] for name in FIELDS}
    query = {name: text for name, text in parse_qsl(form.get("query", "")) if name in FILTERS}
    deed = Deed(
        move,
        typed["result"],
        UPHELD.get(typed["upheld"]),
        typed["reason"],
        _named(Standing, form.get("seen")),
    )
    here: dict[str, object] = {**typed, "id": follow_up}
    errors: dict[str, str] = WORDS.words["errors"]
    try:
        await settled(state, member, follow_up, deed)
    except Incomplete as missing:
        wrong = {missing.field: errors[missing.field]}
        alert = WORDS.words["alert"]
        return await _page(member, state, query, 422, typed=here, errors=wrong, alert=alert)
    except Refused as refused:
        said = Problem(409, refused.reason, **refused.values).detail
        # what stands there now is another's: one's own words are not put in its place
        lost = typed["reason"] if move is Move.reopen else typed["result"]
        return await _page(member, state, query, 409, alert=said, lost=lost)
    except NoSuchFollowUp:
        lost = typed["result"]
        return await _page(member, state, query, 404, alert=errors["unknown"], lost=lost)
    address = f"{ADDRESS}?{urlencode({**query, 'done': move})}"
    return RedirectResponse(address, status_code=303, headers=PRIVATE)


async def _page(
    member: StaffMember,
    state: AppState,
    asked: dict[str, str],
    status: int = 200,
    *,
    typed: dict[str, object] | None = None,
    errors: dict[str, str] | None = None,
    alert: str = "",
    lost: str = "",
    done: str = "",
) -> HTMLResponse:
    """`asked` as the filter's form sends it; whatever is no choice of it asks for nothing."""
    wanted = _wanted(asked)
    rows = await looked_through(state, member, wanted)

    def count(session: Session) -> Figures:
        return listing.figures(session, member, today())

    supervisor = member.may(Role.SUPERVISOR)
    menu = PAGES.words["menu"]
    chosen = {
        "kind": wanted.kind, "state": wanted.state, "platform": wanted.platform,
        "provider": wanted.provider, "mine": "true" if wanted.mine else None,
    }  # fmt: skip
    return WORDS.answer(
        "follow_ups.html", status,
        t=PAGES.words, member=member, csrf=member.csrf or "", here=MENU,
        menu=menu if supervisor else {MENU: menu[MENU]},
        w=WORDS.words, rows=rows, figures=await state.gateway.look(count),
        wanted=chosen, query=urlencode({name: text for name, text in chosen.items() if text}),
        providers=providers(), supervisor=supervisor, address=ADDRESS, longest=LONGEST,
        typed=typed or {}, errors=errors or {}, alert=alert, lost=lost, done=done, when=_when,
    )  # fmt: skip


def _wanted(asked: dict[str, str]) -> Wanted:
    platform, provider = asked.get("platform"), asked.get("provider")
    return Wanted(
        _named(Kind, asked.get("kind")),
        _named(Standing, asked.get("state")),
        platform if platform in WORDS.words["platforms"] else None,
        provider if provider in providers() else None,
        asked.get("mine") == "true",
    )


def _named(kind: type[Named], given: str | None) -> Named | None:
    with suppress(ValueError):
        return kind(given or "")
    return None


def _when(moment: str) -> str:
    """A time of the API on China's clock: 2026-11-27 15:04."""
    return datetime.fromisoformat(moment).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
