"""Closed routes: `Annotated[StaffMember, staff(Role.OPERATOR)]` is all that a route needs to say.

Not logged in: 401 (a page: 303 to the login page). Logged in without any of the roles: 403. A
request that changes something and comes with the cookie, without the login's CSRF token: 403.
A site whose forms hold more than a click answers the exceptions of a page itself: nothing typed
is lost there (bot.admin.kept).
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from bot.accounts.logins import Accounts, AccountsAway, StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem, document, problem

COOKIE = "wenfa_staff"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
LOGIN_PAGE = "/console/login"
SAFE = {"GET", "HEAD", "OPTIONS"}
FORM = "application/x-www-form-urlencoded"


class Refused(Problem):
    """A Problem with headers of its own."""

    def __init__(self, status: int, detail: str, headers: dict[str, str], **values: object) -> None:
        super().__init__(status, detail, None, **values)
        self.headers = headers


class LoginFirst(Exception):
    """A page that needs a login."""


class NotForYou(Exception):
    """A page that this member's roles do not open."""

    def __init__(self, member: StaffMember) -> None:
        super().__init__(member.username)
        self.member = member


class Unproven(Problem):
    """A page's form without the CSRF token of this login: of an older one, or of another site."""

    def __init__(self, member: StaffMember) -> None:
        super().__init__(403, "csrf")
        self.member = member


class DoorAway(Problem):
    """Nobody can be looked up: the database does not answer."""

    def __init__(self) -> None:
        super().__init__(503, "accounts_away")


def install(app: FastAPI) -> None:
    """What becomes of the exceptions above."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(LoginFirst, _login_first)
    app.add_exception_handler(NotForYou, _not_for_you)


def accounts_of(request: Request) -> Accounts:
    """The running app's accounts."""
    accounts: Accounts = request.app.state.accounts
    return accounts


def address_of(request: Request) -> str | None:
    """The client's address; behind a proxy on this machine, the one that the proxy names."""
    return request.client.host if request.client else None


def staff(*needed: Role, page: bool = False) -> Any:
    """A dependency that gives the StaffMember; without roles, anybody who is logged in."""

    async def door(request: Request) -> StaffMember:
        member, by_cookie = await _who(request)
        if member is None:
            if page:
                raise LoginFirst
            raise Refused(401, "login_needed", {"WWW-Authenticate": 'Bearer realm="wenfa"'})
        if needed and not member.may(*needed):
            if page:
                raise NotForYou(member)
            raise Problem(403, "role_needed")
        if by_cookie and request.method not in SAFE and not await _csrf(request, member):
            raise Unproven(member) if page else Problem(403, "csrf")
        request.state.member = member  # for who has to say on a page why something failed
        return member

    return Depends(door)


async def _who(request: Request) -> tuple[StaffMember | None, bool]:
    """The member, and whether the browser's cookie says so. A header goes before a cookie."""
    accounts, address = accounts_of(request), address_of(request)
    header = request.headers.get("authorization")
    cookie = request.cookies.get(COOKIE)
    try:
        if header is not None:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer":
                return None, False
            return await accounts.by_token(token.strip(), address), False
        return (await accounts.by_cookie(cookie, address) if cookie else None), True
    except AccountsAway as error:
        raise DoorAway from error


async def _csrf(request: Request, member: StaffMember) -> bool:
    """The token in the header or, of a plain form, in its field `csrf`."""
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("content-type", "").partition(";")[0] == FORM:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        given = fields.get(CSRF_FIELD, [""])[0]
    expected = member.csrf or secrets.token_hex()
    return secrets.compare_digest((given or "").encode(), expected.encode())


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    response = document(error.status, error.detail)
    response.headers.update(error.headers)
    return response


async def _not_for_you(request: Request, error: Exception) -> JSONResponse:
    return problem(Problem(403, "role_needed"))


async def _login_first(request: Request, error: Exception) -> Response:
    """To the login, and from there back to the page that was asked for."""
    path = request.url.path
    back = request.method in SAFE and path.startswith(
        ("/admin", "/supervise", "/desk", "/console/call", "/console/practice")
    )
    return RedirectResponse(
        f"{LOGIN_PAGE}?{urlencode({'next': path})}" if back else LOGIN_PAGE, status_code=303
    )
