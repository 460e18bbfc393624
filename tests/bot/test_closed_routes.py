"""Every route of the real app is public by name, or closed: the walk finds new ones by itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, NamedTuple

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from bot.accounts.door import COOKIE, LOGIN_PAGE, SAFE, install, staff
from bot.accounts.logins import Accounts, StaffMember
from bot.accounts.roles import Role
from bot.api import problems
from bot.settings import Settings
from tests.bot.accounts.people import QUICK, hire, log_in, stranger
from tests.bot.databases import any_database, templates

__all__ = ["any_database", "templates"]

# what anybody in the street may ask for
PUBLIC = {
    "GET /",
    "GET /leave",
    "GET /health",
    "GET /ready",
    "GET /metrics",
    "GET /openapi.json",
    "HEAD /openapi.json",
    "MOUNT /static",
    "POST /api/v1/triage",
    "POST /api/v1/triage/batch",
    "GET /api/v1/places/nearest",
    "GET /api/v1/faq/search",
    "POST /api/v1/legal-aid/screening",
    "GET /api/v1/legal-aid/facts",
    "POST /api/v1/chat/sessions",
    "POST /api/v1/chat",
    # a resident's own conversation, by its unguessable token
    "GET /api/v1/chat/session",
    "GET /api/v1/chat/events",
    "POST /api/v1/chat/typing",
    "POST /api/v1/chat/leave",
    # its last screening, by the cookie that holds that token
    "GET /legal-aid/summary",
    "GET /legal-aid/summary.docx",
    "GET /law",
    "GET /law/{law}",
    "GET /law/{law}/{article}",
    "GET /faq",
    "POST /faq",
    "GET /faq/{about}",
    "GET /faq/item/{item_id}",
    "POST /api/v1/login",
    "GET /console/login",
    "POST /console/login",
    "MOUNT /console/static",
    "MOUNT /admin/static",
    "MOUNT /supervise/static",
    "MOUNT /desk/static",
    "MOUNT /practice/static",
}
# what everybody who is logged in may ask for, whatever their role
ANY_ROLE = {"GET /api/v1/me", "POST /api/v1/logout", "POST /console/logout"}


class Door(NamedTuple):
    """One method of one path; `path` has its parameters filled in."""

    name: str
    method: str
    path: str


def doors_of(routes: list[BaseRoute], prefix: str = "") -> Iterator[Door]:
    """Every door below `routes`; what cannot be asked by HTTP is named by its kind."""
    for context in iter_route_contexts(routes):
        route = context.original_route
        template = prefix + str(getattr(context, "path", None) or getattr(route, "path", "?"))
        path = re.sub(r"\{[^}]*\}", "1", template)
        methods = getattr(context, "methods", None) or getattr(route, "methods", None)
        if isinstance(route, Mount):
            inner = list(route.routes)
            if inner:
                yield from doors_of(inner, prefix + route.path)
            else:
                yield Door(f"MOUNT {template}", "MOUNT", path)
        elif methods:
            for method in sorted(methods):
                yield Door(f"{method} {template}", method, path)
        else:
            kind = "WEBSOCKET" if isinstance(route, WebSocketRoute) else type(route).__name__
            yield Door(f"{kind} {template}", kind, path)


def is_shut(answer: httpx.Response) -> bool:
    to_login = answer.status_code == 303 and (
        answer.headers["location"].partition("?")[0] == LOGIN_PAGE
    )
    return to_login or answer.status_code in (401, 403)


async def left_open(
    app: FastAPI,
    nobody: httpx.AsyncClient,
    no_role: httpx.AsyncClient,
    all_roles: httpx.AsyncClient,
) -> list[str]:
    """What is neither public by name nor shut, and how it was found."""
    found = []
    for door in doors_of(list(app.routes)):
        if door.name in PUBLIC:
            continue
        if door.method.upper() != door.method or door.method in ("MOUNT", "WEBSOCKET"):
            found.append(f"{door.name}: cannot be asked, name it or take it away")
            continue
        if not is_shut(await nobody.request(door.method, door.path)):
            found.append(f"{door.name}: open to everybody")
        forged = {"Cookie": f"{COOKIE}=forged", "X-CSRF-Token": "forged"}
        if not is_shut(await nobody.request(door.method, door.path, headers=forged)):
            found.append(f"{door.name}: open to a forged cookie")
        bearer = {"Authorization": "Bearer forged"}
        if not is_shut(await nobody.request(door.method, door.path, headers=bearer)):
            found.append(f"{door.name}: open to a forged token")
        if door.name not in ANY_ROLE:
            answer = await no_role.request(door.method, door.path)
            if answer.status_code != 403:
                found.append(f"{door.name}: {answer.status_code} to a login without any role")
        if door.method not in SAFE:
            for headers in ({}, {"X-CSRF-Token": "forged"}):
                answer = await all_roles.request(door.method, door.path, headers=headers)
                if answer.status_code != 403:
                    found.append(f"{door.name}: {answer.status_code} without the CSRF token")
    return found


async def walk(app: FastAPI, database: Engine) -> list[str]:
    """Look at every door as a stranger, as somebody without a role, and as a forged request."""
    hire(database, "walk-none")
    hire(database, "walk-all", *Role)
    async with stranger(app) as nobody, stranger(app) as no_role, stranger(app) as all_roles:
        for browser, name in ((no_role, "walk-none"), (all_roles, "walk-all")):
            assert (await log_in(browser, name)).status_code == 200
        del all_roles.headers["X-CSRF-Token"]
        found = await left_open(app, nobody, no_role, all_roles)
        # the walk itself has changed nothing: it was never let in
        assert (await all_roles.get("/api/v1/me")).status_code == 200
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def real(app: FastAPI, engine: object) -> AsyncIterator[tuple[FastAPI, Engine]]:
    accounts: Accounts = app.state.accounts
    yield app, accounts._database


@pytest.mark.asyncio(loop_scope="session")
async def test_every_door_of_the_app_is_public_by_name_or_shut(
    real: tuple[FastAPI, Engine],
) -> None:
    assert await walk(*real) == []


def test_the_walk_sees_every_door_of_the_document(app: FastAPI) -> None:
    """The served document is another list of the doors: none of it may be missing here."""
    seen = {door.name for door in doors_of(list(app.routes))}
    documented = {
        f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items()
        for method in methods
    }  # fmt: skip
    assert documented <= seen
    assert seen >= PUBLIC | ANY_ROLE  # a name of a door that is gone would let the next one in


async def test_the_walk_would_notice(any_database: Engine) -> None:
    """An open door of each kind is found; a shut one is not."""
    from bot.api import login

    app = FastAPI(docs_url=None, redoc_url=None)
    problems.install(app)
    install(app)
    app.state.accounts = Accounts(any_database, Settings(), passwords=QUICK)
    app.include_router(login.router, prefix="/api/v1")
    inner, outer = APIRouter(prefix="/inner"), APIRouter(prefix="/outer")

    @inner.get("/open/{number}")
    async def open_to_all(number: str) -> str:
        return number

    @inner.get("/shut/{number}")
    async def shut(member: Annotated[StaffMember, staff(Role.DESK)], number: int) -> str:
        return member.name

    @inner.post("/shut", dependencies=[staff(Role.DESK)])
    async def shut_too(body: dict[str, str]) -> str:
        return ""

    @inner.get("/page")
    async def page(member: Annotated[StaffMember, staff(Role.DESK, page=True)]) -> str:
        return member.name

    @inner.get("/roleless")
    async def roleless(member: Annotated[StaffMember, staff()]) -> str:
        return member.name

    @inner.delete("/by-hand")
    async def by_hand(member: Annotated[StaffMember, staff()]) -> str:
        return member.name

    @inner.websocket("/socket")
    async def socket() -> None:
        return None

    async def plain(request: object) -> PlainTextResponse:
        return PlainTextResponse("x")

    outer.include_router(inner)
    app.include_router(outer)
    app.mount("/mounted", Starlette(routes=[Route("/deep/{x:path}", plain, methods=["PUT"])]))
    app.mount("/asgi", PlainTextResponse("x"))
    found = await walk(app, any_database)
    assert {line.partition(":")[0] for line in found} == {
        "GET /outer/inner/open/{number}",
        "GET /outer/inner/roleless",
        "DELETE /outer/inner/by-hand",
        "WEBSOCKET /outer/inner/socket",
        "PUT /mounted/deep/{x",
        "MOUNT /asgi",
    }
    assert "DELETE /outer/inner/by-hand: 200 to a login without any role" in found
    assert "GET /outer/inner/open/{number}: open to everybody" in found
