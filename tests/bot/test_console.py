"""/console: who comes in, where a login leads, and that every word and file is there."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
import yaml
from fastapi import FastAPI
from sqlalchemy import Engine

from bot.accounts import entering
from bot.accounts.door import COOKIE
from bot.accounts.logins import Accounts, AccountsAway
from bot.accounts.roles import Role
from bot.accounts.throttle import PER_USERNAME, WINDOW
from bot.console import pages
from bot.settings import Settings
from tests.bot.accounts.people import PASSWORD, QUICK, Clock, hire, log_in, stranger
from tests.bot.test_page import HAN, Page, leaves, without_comments

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATIC = sorted((pages.HERE / "static").glob("*.js"))
TEMPLATES = sorted((pages.HERE / "templates").glob("*.html"))
WORDS: dict[str, Any] = yaml.safe_load(
    (pages.HERE / "content" / "console.yml").read_text(encoding="utf-8")
)
TICKET = "/console?ticket=261103829174"
LOGIN = "/console/login"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/console",
    "/\\evil.example",
    "/console/../logout",
    "/console?ticket=261103829174&x=1",
    "/console?ticket=261103829174\r\nSet-Cookie: a=b",
    "/console\n",
    "javascript:alert(1)",
    "/",
    "",
]
PEOPLE = {
    "console-ming": (Role.OPERATOR,),
    "console-ban": (Role.SUPERVISOR,),
    "console-lan": (Role.EDITOR,),
    "console-guan": (Role.ADMIN,),
}


@pytest.fixture(scope="session")
def staffed(app: FastAPI) -> FastAPI:
    """The real app, with an operator, a supervisor, an editor and an admin."""
    accounts: Accounts = app.state.accounts
    for username, roles in PEOPLE.items():
        hire(accounts._database, username, *roles, name=username.removeprefix("console-"))
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def browser(staffed: FastAPI, engine: object) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that nobody has logged in yet."""
    async with stranger(staffed, "192.0.2.7") as client:
        yield client


async def sign_in(
    browser: httpx.AsyncClient,
    username: str = "console-ming",
    password: str = PASSWORD,
    to: str | None = None,
    **headers: str,
) -> httpx.Response:
    """Fill in the form and send it, as a browser without scripts does."""
    fields = {"username": username, "password": password} | ({} if to is None else {"next": to})
    return await browser.post(LOGIN, data=fields, headers=headers)


def private(response: httpx.Response) -> bool:
    return response.headers["cache-control"] == "no-store"


# ---------------------------------------------------------------- coming in


async def test_a_stranger_is_led_to_the_login_and_back_to_the_ticket(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/console")
    assert (answer.status_code, answer.headers["location"]) == (303, LOGIN)
    answer = await browser.get(TICKET)
    assert answer.headers["location"] == f"{LOGIN}?{urlencode({'next': TICKET})}"
    form = await browser.get(answer.headers["location"])
    assert form.status_code == 200
    assert private(form)
    hidden = next(a for t, a in Page(form.text).tags if t == "input" and a.get("name") == "next")
    assert hidden["value"] == TICKET
    answer = await sign_in(browser, to=TICKET)
    assert (answer.status_code, answer.headers["location"]) == (303, TICKET)
    assert private(answer)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert (await browser.get(TICKET)).status_code == 200


@pytest.mark.parametrize("to", ELSEWHERE)
async def test_a_login_leads_nowhere_else(browser: httpx.AsyncClient, to: str) -> None:
    answer = await sign_in(browser, to=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    form = await browser.get(LOGIN, params={"next": to})
    assert "evil" not in form.text


async def test_a_wrong_password(browser: httpx.AsyncClient) -> None:
    for username, password in (
        ("console-ming", "wrong"),
        ("nobody-at-all", PASSWORD),
        ("x" * 101, PASSWORD),
        ("console-ming", "x" * 401),
    ):
        answer = await sign_in(browser, username, password, TICKET)
        assert answer.status_code == 401
        assert WORDS["login"]["errors"]["wrong"] in answer.text
        assert password not in answer.text
        assert "set-cookie" not in answer.headers
        assert private(answer)
    assert (await browser.get("/console")).status_code == 303


async def test_what_was_typed_is_text(browser: httpx.AsyncClient) -> None:
    answer = await sign_in(browser, '"><script>alert(1)</script>', "x")
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"username=&password=", "application/x-www-form-urlencoded"),
        (b"username=%20&password=x", "application/x-www-form-urlencoded"),
        (b"\xff\xfe\x00%%%", "application/x-www-form-urlencoded"),
        (b"a=1&" * 50, "application/x-www-form-urlencoded"),
        (b'{"username": "console-ming"}', "application/json"),
        (b"username=a&password=b", "text/plain"),
    ],
)
async def test_a_form_without_its_fields(
    browser: httpx.AsyncClient, content: bytes, kind: str
) -> None:
    answer = await browser.post(LOGIN, content=content, headers={"content-type": kind})
    assert answer.status_code == 422
    assert WORDS["login"]["errors"]["empty"] in answer.text


async def test_nobody_comes_in_while_the_accounts_cannot_be_read(
    browser: httpx.AsyncClient, staffed: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise AccountsAway

    monkeypatch.setattr(staffed.state.accounts, "login", away)
    answer = await sign_in(browser, "li")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert WORDS["login"]["errors"]["away"] in answer.text
    assert 'value="li"' in answer.text


async def test_too_many_tries(browser: httpx.AsyncClient, staffed: FastAPI) -> None:
    database: Engine = staffed.state.accounts._database
    hire(database, "console-slip", Role.OPERATOR)
    clock = Clock()
    settings = Settings()
    real = staffed.state.accounts
    staffed.state.accounts = Accounts(database, settings, passwords=QUICK, clock=clock)
    try:
        for _ in range(PER_USERNAME):
            assert (await sign_in(browser, "console-slip", "wrong")).status_code == 401
        answer = await sign_in(browser, "console-slip")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= WINDOW / timedelta(seconds=1) + 1
        assert re.search(r"请 1[56] 分钟后再来", answer.text)
        clock.passes(minutes=16)
        assert (await sign_in(browser, "console-slip")).status_code == 303
    finally:
        staffed.state.accounts = real


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_logs_nobody_in(browser: httpx.AsyncClient, site: str) -> None:
    answer = await sign_in(browser, **{"Sec-Fetch-Site": site})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert (await sign_in(browser, **{"Sec-Fetch-Site": "same-origin"})).status_code == 303


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("console-ming", 200),
        ("console-ban", 200),
        ("console-lan", 403),
        # an admin sees no resident's words by being one
        ("console-guan", 403),
    ],
)
async def test_who_may_see_the_console(
    browser: httpx.AsyncClient, username: str, status: int
) -> None:
    assert (await sign_in(browser, username)).status_code == 303
    answer = await browser.get("/console")
    assert answer.status_code == status
    assert private(answer)
    assert username.removeprefix("console-") in answer.text
    assert ('id="client"' in answer.text) == (status == 200)


async def test_logging_out_needs_the_token_of_this_login(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/console/logout")).headers["location"] == LOGIN
    await sign_in(browser)
    assert (await browser.post("/console/logout", data={"csrf": "x"})).status_code == 403
    page = Page((await browser.get("/console")).text)
    field = next(a for t, a in page.tags if t == "input" and a.get("name") == "csrf")
    cookie = browser.cookies[COOKIE]
    answer = await browser.post("/console/logout", data={"csrf": field["value"]})
    assert (answer.status_code, answer.headers["location"]) == (303, LOGIN)
    assert COOKIE not in browser.cookies
    # the cookie itself is worth nothing any more
    answer = await browser.get("/console", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 303


# ---------------------------------------------------------------- the page


async def test_the_page_says_who_is_logged_in_and_holds_no_data(
    browser: httpx.AsyncClient,
) -> None:
    await sign_in(browser)
    answer = await browser.get("/console")
    client = json.loads(Page(answer.text).scripts[0])
    assert set(client) == {"me", "words", "assist"}
    assert client["words"] == WORDS["script"]
    assert client["me"]["username"] == "console-ming"
    me = (await browser.get("/api/v1/me")).json()
    assert client["me"]["csrf"] == me["csrf"]


async def test_nothing_is_inline_and_nothing_comes_from_elsewhere(
    browser: httpx.AsyncClient,
) -> None:
    found = [await browser.get(LOGIN)]
    await sign_in(browser, "console-lan")
    found.append(await browser.get("/console"))
    await sign_in(browser)
    found.append(await browser.get("/console"))
    for answer in found:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        for tag, attrs in Page(answer.text).tags:
            assert tag != "style"
            assert not [name for name in attrs if name.startswith("on") or name == "style"]
            for name in ("src", "href", "action"):
                assert re.match(r"/(?!/)|#|$", attrs.get(name) or ""), (tag, attrs)
            if tag == "script":
                assert attrs.get("src") or attrs.get("type") == "application/json"


async def test_every_file_the_pages_name_is_served(browser: httpx.AsyncClient) -> None:
    named = {
        target
        for file in TEMPLATES
        for target in re.findall(r'(?:src|href)="(/[\w/.-]*\.\w+)"', file.read_text("utf-8"))
    }
    for file in STATIC:
        for path in re.findall(r'from "([\w./]+)"', file.read_text(encoding="utf-8")):
            named.add(path if path.startswith("/") else f"/console/static/{path[2:]}")
    assert named >= {"/console/static/console.js", "/static/colours.css", "/static/view.js"}
    for path in named:
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("file", [*STATIC, *TEMPLATES], ids=lambda file: file.name)
async def test_no_word_is_written_in_scripts_or_templates(file: Any) -> None:
    assert not HAN.findall(without_comments(file))


@pytest.mark.parametrize("file", STATIC, ids=lambda file: file.name)
async def test_what_residents_write_is_never_read_as_html(file: Any) -> None:
    text = without_comments(file)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


async def test_every_word_of_the_templates_exists_and_is_used() -> None:
    for section, names in (
        ("login", ("login.html", "refused.html")),
        ("page", ("console.html",)),
    ):
        text = "".join(without_comments(pages.HERE / "templates" / name) for name in names)
        used = set(re.findall(r"\bwords\.(\w+)", text))
        assert used == set(WORDS[section]) - {"errors"}
    used = set(re.findall(r"\bd\.(\w+)", (pages.HERE / "templates/console.html").read_text()))
    assert used == {name for dialog in WORDS["page"]["dialogs"].values() for name in dialog}
    files = (pages.HERE / "pages.py", Path(entering.__file__))
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    assert all(f'"{name}"' in source for name in WORDS["login"]["errors"])


# looked up by a value that the server or the browser gives: W.groups[id], W.done[deed], …
BY_VALUE = (
    "errors.", "groups.", "nobody.", "ticket.states.", "why.", "talk.authors.", "done.",
    "line.slips.", "line.standing.", "duty.states.",
)  # fmt: skip


async def test_every_word_of_the_scripts_exists_and_is_used() -> None:
    used: set[str] = set()
    for file in STATIC:
        text = without_comments(file)
        used |= set(re.findall(r"\bW\.((?:\w+\.)*\w+)", text))
        for letter, group in re.findall(r"const (\w) = W\.(\w+);", text):
            used |= {f"{group}.{name}" for name in re.findall(rf"\b{letter}\.(\w+)", text)}
    # handed to times.js as L
    used |= {f"line.{name}" for name in re.findall(
        r"\bL\.(\w+)", without_comments(pages.HERE / "static" / "times.js")
    )}  # fmt: skip
    known = leaves(WORDS["script"])
    groups = {path.rsplit(".", 1)[0] for path in known if "." in path}
    assert not {path for path in used if path not in known and path not in groups}
    assert not {path for path in known if path not in used and not path.startswith(BY_VALUE)}


async def test_what_is_filled_in_is_what_the_words_ask_for() -> None:
    names = {"n", "h", "name", "number", "what", "place", "state", "text", "names", "desk", "facts"}
    for path, value in leaves(WORDS).items():
        for name in re.findall(r"\{(\w+)\}", str(value)) if isinstance(value, str) else ():
            assert name in names | {"minutes"}, path


async def test_the_words_of_tickets_are_the_ones_of_the_server() -> None:
    """Names that both have are the same: an operator must not read two words for one thing."""
    tickets = yaml.safe_load(
        (pages.HERE.parent / "content" / "tickets.yml").read_text(encoding="utf-8")
    )
    script = WORDS["script"]
    assert script["ticket"]["states"] == tickets["states"]
    assert script["talk"]["authors"] == tickets["authors"]


async def test_a_login_by_the_api_opens_the_page_too(browser: httpx.AsyncClient) -> None:
    assert (await log_in(browser, "console-ming")).status_code == 200
    assert (await browser.get("/console")).status_code == 200
