"""/console: where operators log in, and the page on which they answer residents.

The page holds no data: its scripts ask the public API, as any other system would.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.accounts.door import COOKIE, LOGIN_PAGE, LoginFirst, NotForYou, accounts_of, staff
from bot.accounts.entering import LONGEST_NAME, TurnedAway, enter
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.login import set_cookie
from bot.api.state import AppState, State
from bot.console.assist import panel_words
from bot.follow_ups.providers import providers
from bot.hooks.passing import system_name
from bot.hooks.systems import System, outgoing
from bot.web.forms import plain_form
from bot.web.pages import PRIVATE, Pages

HERE = Path(__file__).parent
HOME = "/console"
ADMIN = "/admin"
DESK = "/desk"
PAGES = Pages(HERE, "console")
# the only addresses that a login leads to
_NEXT = re.compile(
    r"/console(/call|/practice|\?ticket=[0-9]{12})?|/(admin|supervise|desk)(/[\w-][\w.-]*)*",
    re.ASCII,
)
_SAME_SITE = ("same-origin", "none")
_known = staff(page=True).dependency
router = APIRouter(prefix=HOME, include_in_schema=False)


@router.get("")
async def console(request: Request, state: State) -> Response:
    """The operators' page; to the login page, and back to the same ticket, when not logged in."""
    try:
        member: StaffMember = await _known(request)
    except LoginFirst:
        return RedirectResponse(_login_address(request), status_code=303)
    if not member.may(Role.OPERATOR):
        return _refused(member)
    me = {"username": member.username, "name": member.name, "csrf": member.csrf or ""}
    client = {"me": me, "words": PAGES.words["script"], "assist": panel_words()}
    return _page(
        "console.html", "page", member=member, csrf=me["csrf"],
        providers=providers(), systems=_systems(state, member),
        client=json.dumps(client, ensure_ascii=False),
    )  # fmt: skip


@router.get("/login")
async def login_page(request: Request) -> Response:
    """A plain form, which needs no script."""
    return _login_page(_next(request.query_params.get("next")))


@router.post("/login")
async def log_in(request: Request) -> Response:
    """The form, filled in: the cookie and the console, or the form again and why."""
    if request.headers.get("sec-fetch-site", "none") not in _SAME_SITE:
        # somebody else's page would log this browser in as somebody of theirs
        return _login_page(HOME, "elsewhere", 403)
    fields = await plain_form(request)
    username, password = fields.get("username", ""), fields.get("password", "")
    to = _next(fields.get("next"))
    entered = await enter(request, username, password)
    if isinstance(entered, TurnedAway):
        name = username[:LONGEST_NAME]
        page = _login_page(to, entered.key, entered.status, name, minutes=entered.minutes)
        if entered.seconds:
            page.headers["Retry-After"] = str(entered.seconds)
        return page
    response = RedirectResponse(_home_of(entered.member, to), status_code=303, headers=PRIVATE)
    set_cookie(response, entered.cookie, secure=accounts_of(request).secure_cookie)
    return response


@router.post("/logout")
async def log_out(
    member: Annotated[StaffMember, staff(page=True)], request: Request
) -> RedirectResponse:
    """Out, and back to the login page."""
    await accounts_of(request).logout(member)
    response = RedirectResponse(LOGIN_PAGE, status_code=303, headers=PRIVATE)
    response.delete_cookie(COOKIE, path="/")
    return response


def install(app: FastAPI) -> None:
    """Whoever is logged in and lacks the role for a page is told so, and can log out."""
    app.add_exception_handler(NotForYou, _not_for_you)


async def _not_for_you(request: Request, error: Exception) -> HTMLResponse:
    assert isinstance(error, NotForYou)
    return _refused(error.member)


def _systems(state: AppState, member: StaffMember) -> list[tuple[str, str]]:
    """The systems that take a ticket of the member's cities; none unless they are switched on."""
    cities = [member.city_id] if member.city_id else list(state.catalogue.atlas.cities)
    taken = state.settings.exchange
    return [
        (str(system), system_name(system))
        for system in System
        if any(outgoing(taken, system, city) for city in cities)
    ]


def _refused(member: StaffMember) -> HTMLResponse:
    return _page("refused.html", "login", 403, member=member, csrf=member.csrf or "")


def _next(given: str | None) -> str:
    """Where a login leads: a page of the console, nothing else."""
    return given if given and _NEXT.fullmatch(given) else HOME


def _home_of(member: StaffMember, to: str) -> str:
    """Who answers no residents starts where they keep the content, or have a desk's slips."""
    if to != HOME or member.may(Role.OPERATOR):
        return to
    if member.may(Role.EDITOR):
        return ADMIN
    return DESK if member.may(Role.DESK) else to


def _login_address(request: Request) -> str:
    to = _next(f"{HOME}?{request.url.query}")
    return LOGIN_PAGE if to == HOME else f"{LOGIN_PAGE}?{urlencode({'next': to})}"


def _login_page(
    to: str, error: str | None = None, status: int = 200, username: str = "", **values: object
) -> HTMLResponse:
    text = str(PAGES.words["login"]["errors"][error]).format(**values) if error else ""
    return _page("login.html", "login", status, to=to, error=text, username=username)


def _page(template: str, words: str, status: int = 200, **context: object) -> HTMLResponse:
    return PAGES.answer(template, status, words=PAGES.words[words], **context)
