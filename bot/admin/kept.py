"""What was typed is not lost when the login of whoever sends it is over.

Nothing of it is kept on the server: the form goes back to the browser that sent it, as hidden
fields beside a login. After the login that browser sends it once more, without a token: it is
shown again, and saved only when its writer looks at it and presses the button.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from bot.accounts.door import DoorAway, LoginFirst, NotForYou, Unproven, accounts_of
from bot.accounts.entering import Entered, enter
from bot.accounts.logins import StaffMember
from bot.admin import closures, editing
from bot.admin.entries import Elsewhere, OwnCityOnly
from bot.admin.site import HERE, HOME, admin_page, place_of
from bot.admin.typed import Sent, is_form, parts_of, sent_by, typed_in
from bot.api.login import set_cookie
from bot.api.problems import Problem
from bot.api.state import AppState
from bot.console.pages import PAGES as CONSOLE
from bot.gateway.store import StoreAway
from bot.web.pages import PRIVATE, Pages
from knowledge.editing.kinds import Kind
from knowledge.editing.versions import NotThere

PAGES = Pages(HERE, "kept")
# in the address of what is sent once more: no second login is tried with what the form holds
ONCE_MORE = "once-more"
Answer = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI) -> None:
    """What becomes of a form that was sent without a login; every other request as before."""
    answers: dict[type[Exception], Answer] = {
        LoginFirst: _logged_out,
        NotForYou: _not_theirs,
        Unproven: _unproven,
        DoorAway: _away,
    }
    for kind, answer in answers.items():
        elsewhere = app.exception_handlers.get(kind) or app.exception_handlers[Problem]
        app.add_exception_handler(kind, _of_forms(answer, elsewhere))  # type: ignore[arg-type]


def _of_forms(answer: Answer, elsewhere: Answer) -> Answer:
    async def chosen(request: Request, error: Exception) -> Response:
        return await (answer if is_form(request) else elsewhere)(request, error)

    return chosen


async def _logged_out(request: Request, error: Exception) -> Response:
    # right after a login there is none: the browser keeps no cookie
    return await _login(request, "no_cookie" if ONCE_MORE in request.query_params else "logged_out")


async def _not_theirs(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotForYou)
    return await _login(request, "other_account", 403, error.member)


async def _unproven(request: Request, error: Exception) -> Response:
    """The form again, as it was typed; of a deed, that it was not done."""
    assert isinstance(error, Unproven)
    member = request.state.member = error.member
    try:
        return await _again(request, member)
    except (Elsewhere, OwnCityOnly):
        return await _login(request, "other_account", 403, member)
    except (NotThere, StoreAway) as said:
        answer: Answer = request.app.exception_handlers[type(said)]
        return await answer(request, said)


async def _again(request: Request, member: StaffMember) -> Response:
    """Raises what the page of the form raises."""
    state: AppState = request.app.state.parts
    parts = parts_of(request)
    if parts == ["closures"]:
        return await closures.again(request, member, state)
    if len(parts) == 2 and parts[0] in set(Kind):
        return await editing.again(request, parts[0], parts[1], member, state)
    return admin_page(
        "said.html", member, place_of(request), 403,
        text=PAGES.words["not_done"], typed=await typed_in(request), back=_back(parts),
    )  # fmt: skip


def _back(parts: list[str]) -> str | None:
    """The page of the thing to which something was to be done; None: the page of its kind."""
    own = len(parts) == 3 and parts[0] != "closures"
    return f"{HOME}/{parts[0]}/{parts[1]}" if own else None


async def _away(request: Request, error: Exception) -> Response:
    """Sent once more as it is: the login may well be the same in a minute."""
    return await _page(request, await sent_by(request), PAGES.words["alerts"]["away"], 503)


async def _login(
    request: Request, why: str, status: int = 401, member: StaffMember | None = None
) -> Response:
    """A login beside what was typed; filled in, the way back to the form."""
    sent = await sent_by(request)
    alert = PAGES.words["alerts"][why].format(name=member.name if member else "")
    if sent.password is not None and ONCE_MORE not in request.query_params:
        entered = await enter(request, sent.username, sent.password)
        if isinstance(entered, Entered):
            return _once_more(request, entered.cookie)
        texts = {**CONSOLE.words["login"]["errors"], "away": PAGES.words["alerts"]["away"]}
        alert = texts[entered.key].format(minutes=entered.minutes)
        page = await _page(request, sent, alert, entered.status, login=True)
        if entered.seconds:
            page.headers["Retry-After"] = str(entered.seconds)
        return page
    return await _page(request, sent, alert, status, login=True)


def _once_more(request: Request, cookie: str) -> Response:
    """To the same address, by whoever has just come in: 307 keeps what the browser sends."""
    address = f"{quote(request.url.path)}?{ONCE_MORE}=1"
    response = RedirectResponse(address, 307, headers=PRIVATE)
    set_cookie(response, cookie, secure=accounts_of(request).secure_cookie)
    return response


async def _page(
    request: Request, sent: Sent, alert: str, status: int, *, login: bool = False
) -> Response:
    return PAGES.answer(
        "kept.html", status,
        w=PAGES.words, login=CONSOLE.words["login"] if login else None, alert=alert,
        address=quote(request.url.path), sent=sent, typed=await typed_in(request),
    )  # fmt: skip
