"""Closed routes: logged in, with the role, with the CSRF token."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from bot.accounts import roles
from bot.accounts.roles import Role
from tests.bot.accounts.people import come_in, hire, log_in

some_roles = st.frozensets(st.sampled_from(Role))


async def test_not_logged_in(browser: httpx.AsyncClient) -> None:
    for method in ("GET", "POST"):
        answer = await browser.request(method, "/tickets")
        assert answer.status_code == 401
        assert answer.json()["detail"] == "请先登录。"
    page = await browser.get("/page")
    assert (page.status_code, page.headers["location"]) == (303, "/console/login")


async def test_without_the_role(doors: FastAPI, staffed: Engine) -> None:
    async with come_in(doors, "lan") as editor:
        for method, path in (("GET", "/tickets"), ("POST", "/tickets"), ("GET", "/page")):
            answer = await editor.request(method, path)
            assert answer.status_code == 403, path
            assert "权限" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        (Role.OPERATOR, 200, 200),
        (Role.SUPERVISOR, 200, 200),
        (Role.DESK, 200, 403),
        (Role.EDITOR, 403, 403),
        (Role.REVIEWER, 403, 403),
        (Role.ADMIN, 403, 403),
    ],
)
async def test_each_role(
    doors: FastAPI, any_database: Engine, role: Role, reads: int, writes: int
) -> None:
    hire(any_database, "somebody", role)
    async with come_in(doors, "somebody") as browser:
        assert (await browser.get("/tickets")).status_code == reads
        assert (await browser.post("/tickets")).status_code == writes


async def test_the_csrf_token(doors: FastAPI, staffed: Engine) -> None:
    hire(staffed, "hua", Role.OPERATOR)
    async with come_in(doors, "ming") as browser, come_in(doors, "hua") as other:
        assert (await browser.post("/tickets")).status_code == 200
        right = browser.headers.pop("X-CSRF-Token")
        theirs = other.headers["X-CSRF-Token"]
        assert (await browser.post("/tickets")).status_code == 403
        for wrong in ("", theirs, right[:-1], right.swapcase(), "\xe9"):
            header = {b"X-CSRF-Token": wrong.encode("latin-1")}
            answer = await browser.post("/tickets", headers=header)
            assert answer.status_code == 403, wrong
            assert "X-CSRF-Token" in answer.json()["detail"]
        for data in ({"csrf": theirs}, {}, {"other": right}):
            assert (await browser.post("/tickets", data=data)).status_code == 403
        # a plain form carries it in a field
        assert (await browser.post("/tickets", data={"csrf": right})).status_code == 200
        # reading needs none
        assert (await browser.get("/tickets")).status_code == 200


async def test_a_stranger_learns_nothing_from_a_body(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/tickets", json={"anything": 1})
    assert answer.status_code == 401
    await log_in(browser, "lan")
    assert (await browser.post("/tickets", json={"anything": 1})).status_code == 403


@given(some_roles, some_roles, some_roles)
def test_more_roles_never_take_away(
    held: frozenset[Role], more: frozenset[Role], needed: frozenset[Role]
) -> None:
    if roles.may(held, needed):
        assert roles.may(held | more, needed)
    assert roles.may(held, held) == bool(held)
    assert not roles.may(frozenset(), needed)


@given(some_roles)
def test_only_the_named_roles_include_another(held: frozenset[Role]) -> None:
    allowed = {role for role in Role if roles.may(held, {role})}
    extra = allowed - held
    assert extra <= {Role.OPERATOR, Role.EDITOR}
    assert (Role.OPERATOR in extra) == (Role.SUPERVISOR in held and Role.OPERATOR not in held)
    assert (Role.EDITOR in extra) == (Role.REVIEWER in held and Role.EDITOR not in held)


@given(st.lists(st.sampled_from([*Role, "king", "", "Operator"])))
def test_unknown_roles_of_another_version_give_nothing(names: list[str]) -> None:
    assert roles.known(names) == {role for role in Role if role.value in names}
