"""/console/call: who comes in, and that every word of it exists and is used."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml
from fastapi import FastAPI

from bot.accounts.logins import Accounts
from bot.accounts.roles import Role
from bot.console.pages import HERE
from tests.bot.accounts.people import PASSWORD, hire, stranger
from tests.bot.test_page import Page, leaves, without_comments

pytestmark = pytest.mark.asyncio(loop_scope="session")
CALL = "/console/call"
WORDS: dict[str, Any] = yaml.safe_load((HERE / "content" / "call.yml").read_text(encoding="utf-8"))
PANEL: dict[str, Any] = yaml.safe_load(
    (HERE / "content" / "assist.yml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="session")
def staffed(app: FastAPI) -> FastAPI:
    accounts: Accounts = app.state.accounts
    hire(accounts._database, "page-li", Role.OPERATOR, name="李莉")
    hire(accounts._database, "page-qing", Role.OPERATOR, city_id="qingyuan")
    hire(accounts._database, "page-lan", Role.EDITOR)
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def browser(staffed: FastAPI, engine: object) -> AsyncIterator[httpx.AsyncClient]:
    async with stranger(staffed, "192.0.2.31") as client:
        yield client


async def sign_in(browser: httpx.AsyncClient, username: str) -> httpx.Response:
    fields = {"username": username, "password": PASSWORD, "next": CALL}
    return await browser.post("/console/login", data=fields)


async def test_a_stranger_is_led_to_the_login_and_back(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(CALL)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/login?next=%2Fconsole%2Fcall"
    assert (await sign_in(browser, "page-li")).headers["location"] == CALL
    page = await browser.get(CALL)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "李莉" in page.text


async def test_who_answers_no_residents_does_not_come_in(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "page-lan")
    assert (await browser.get(CALL)).status_code == 403


async def test_the_page_holds_names_and_words_only(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "page-li")
    page = Page((await browser.get(CALL)).text)
    client = json.loads(page.scripts[0])
    assert set(client) == {"me", "words", "assist", "longest"}
    assert (client["words"], client["assist"]) == (WORDS["script"], PANEL)
    for tag, attrs in page.tags:
        assert tag != "style"
        assert not [name for name in attrs if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action"):
            assert re.match(r"/(?!/)|#|$", attrs.get(name) or ""), (tag, attrs)
    values = {attrs.get("value") for tag, attrs in page.tags if tag == "option"}
    assert {"zhongshan", "qingyuan", "labor_arbitration", "labor", "violence", "self"} <= values


async def test_an_operator_of_a_city_chooses_no_other(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "page-qing")
    page = Page((await browser.get(CALL)).text)
    values = {attrs.get("value") for tag, attrs in page.tags if tag == "option"}
    assert "qingyuan" in values
    assert "zhongshan" not in values


async def test_every_file_of_the_page_is_served(browser: httpx.AsyncClient) -> None:
    for name in ("call.js", "assist.js", "call.css", "assist.css"):
        assert (await browser.get(f"/console/static/{name}")).status_code == 200


# looked up by a value that the server or the browser gives: A.titles[name], C.errors[kind], …
BY_VALUE = ("errors.", "scores.", "titles.", "outcomes.", "aid.outcomes.")


@pytest.mark.parametrize(
    ("file", "letter", "words"),
    [("call.js", "C", WORDS["script"]), ("assist.js", "A", PANEL)],
    ids=["call", "assist"],
)
async def test_every_word_of_the_scripts_exists_and_is_used(
    file: str, letter: str, words: dict[str, Any]
) -> None:
    text = without_comments(HERE / "static" / file)
    used = set(re.findall(rf"\b{letter}\.((?:\w+\.)*\w+)", text))
    if letter == "A":  # call.js and the server name two of them
        used |= set(re.findall(r"client\.assist\.(\w+)", without_comments(HERE / "static/call.js")))
        source = (HERE / "assist.py").read_text(encoding="utf-8")
        used |= set(re.findall(r'words\["(\w+)"\]', source))
    known = leaves(words)
    groups = {path.rsplit(".", 1)[0] for path in known if "." in path}
    assert not {path for path in used if path not in known and path not in groups}
    assert not {path for path in known if path not in used and not path.startswith(BY_VALUE)}


async def test_every_word_of_the_template_exists_and_is_used() -> None:
    text = without_comments(HERE / "templates" / "call.html")
    used = set(re.findall(r"\bwords\.(\w+)", text))
    used |= set(re.findall(r'choice\("(\w+)"', text))  # its label is words[name]
    assert used == set(WORDS["page"])
