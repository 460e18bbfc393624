"""POST /login, POST /logout, GET /me: staff only."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Request, Response
from pydantic import BaseModel, StringConstraints

from bot.accounts.door import COOKIE, Refused, accounts_of, address_of, staff
from bot.accounts.logins import (
    AccountsAway,
    LoginBusy,
    LoginLocked,
    StaffMember,
    WrongLogin,
)
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import Strict

CLOSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (401, 403, 503)
}
LOGIN: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 413, 415, 422, 429, 503)
}
router = APIRouter(tags=["staff"])


class LoginRequest(Strict):
    username: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=400)]


class Me(BaseModel):
    """Who is logged in. Send `csrf` back as X-CSRF-Token with everything that changes something."""

    username: str
    name: str
    roles: list[str]
    city: str | None
    csrf: str | None


@router.post("/login", response_model=Me, responses=LOGIN)
async def login(
    given: LoginRequest,
    request: Request,
    response: Response,
    old: Annotated[str | None, Cookie(alias=COOKIE)] = None,
) -> dict[str, Any]:
    """Log in with a password; the login itself is an HttpOnly cookie."""
    accounts = accounts_of(request)
    try:
        cookie, member = await accounts.login(
            given.username, given.password, address_of(request), old
        )
    except WrongLogin as error:
        raise Refused(401, "wrong_login", {"WWW-Authenticate": 'Bearer realm="wenfa"'}) from error
    except LoginLocked as error:
        minutes = -(-error.seconds // 60)
        wait = {"Retry-After": str(error.seconds)}
        raise Refused(429, "login_locked", wait, minutes=minutes) from error
    except LoginBusy as error:
        raise Refused(503, "login_busy", {"Retry-After": "5"}) from error
    except AccountsAway as error:
        raise Problem(503, "accounts_away") from error
    set_cookie(response, cookie, secure=accounts.secure_cookie)
    response.headers["Cache-Control"] = "no-store"
    return _me(member)


@router.post("/logout", status_code=204, responses=CLOSED)
async def logout(
    member: Annotated[StaffMember, staff()], request: Request, response: Response
) -> None:
    """Log out this browser."""
    if member.csrf is None:
        raise Problem(403, "token_cannot_log_out")
    try:
        await accounts_of(request).logout(member)
    except AccountsAway as error:
        raise Problem(503, "accounts_away") from error
    response.delete_cookie(COOKIE, path="/")


@router.get("/me", response_model=Me, responses=CLOSED)
async def me(member: Annotated[StaffMember, staff()], response: Response) -> dict[str, Any]:
    """Who is logged in."""
    response.headers["Cache-Control"] = "no-store"
    return _me(member)


def set_cookie(response: Response, cookie: str, *, secure: bool) -> None:
    """The staff cookie: never read by a script, never sent from another site, ends with the
    browser."""
    response.set_cookie(
        COOKIE, cookie, httponly=True, samesite="strict", secure=secure, path="/"
    )  # fmt: skip


def _me(member: StaffMember) -> dict[str, Any]:
    return {
        "username": member.username,
        "name": member.name,
        "roles": sorted(member.roles),
        "city": member.city_id,
        "csrf": member.csrf,
    }
