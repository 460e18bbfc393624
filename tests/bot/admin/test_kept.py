"""An hour of typing outlives its login: it comes back after the next one, and nothing saves it."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.accounts.door import COOKIE
from bot.accounts.roles import Role
from bot.accounts.tables import Account, Audit, LoginSession
from bot.accounts.throttle import PER_USERNAME
from bot.admin import closures, kept
from bot.admin.listing import WORDS
from bot.admin.site import PAGES
from bot.api.state import AppState
from bot.console.pages import PAGES as CONSOLE
from bot.web.forms import MOST_FIELDS
from knowledge.tables import ContentDraft
from tests.bot.accounts.people import PASSWORD, hire, log_in, stranger
from tests.bot.admin.test_entries import ANSWER, fields_of
from tests.bot.conftest import FakeEngine

pytestmark = pytest.mark.asyncio(loop_scope="session")
SAID: dict[str, Any] = kept.PAGES.words
ALERTS: dict[str, str] = SAID["alerts"]
WRONG: dict[str, str] = CONSOLE.words["login"]["errors"]
PLACE, WAGES = "place/point.442000118", "faq/labor.wages_unpaid"
TYPED = "大门右边有坡道 “A” & 'B' \\"
LINES = "先拍照 “A” & 'B' \\\n到服务站请人民调解员来说"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Clerk:
    """A browser that sends a form as the page has it: with the token in a field of its own."""

    browser: httpx.AsyncClient
    username: str
    database: Engine

    async def see(self, path: str, status: int = 200) -> str:
        answer = await self.browser.get(f"/admin/{path}")
        assert answer.status_code == status, answer.text[:400]
        return answer.text

    async def send(self, path: str, fields: Any, status: int, **headers: str) -> httpx.Response:
        answer = await self.browser.post(
            f"/admin/{path}", content=urlencode(list(_pairs(fields))), headers=FORM | headers
        )
        assert answer.status_code == status, answer.text[:2000]
        return answer

    async def form(self, path: str) -> dict[str, Any]:
        return fields_of(await self.see(path))

    def logged_out(self) -> None:
        """As an hour without a click, a restart or a click in another window does it."""
        with Session(self.database.execution_options(immediate=True)) as session, session.begin():
            account = select(Account.id).where(Account.username == self.username)
            session.execute(delete(LoginSession).where(LoginSession.account_id.in_(account)))

    async def back(
        self, page: str, status: int, username: str | None = None, password: str = PASSWORD
    ) -> httpx.Response:
        """Fill in the login of a page, and let the browser follow where it leads."""
        address, hidden = carried(page)
        login = [("username", username or self.username), ("password", password)]
        self.browser.follow_redirects = True
        try:
            return await self.send(address.removeprefix("/admin/"), hidden + login, status)
        finally:
            self.browser.follow_redirects = False


def _pairs(fields: Any) -> list[tuple[str, str]]:
    """A browser sends each choice of a ranked field by itself."""
    found: list[tuple[str, str]] = []
    for name, value in fields.items() if isinstance(fields, dict) else fields:
        found += [(name, one) for one in (value if isinstance(value, list) else [value])]
    return found


def carried(page: str) -> tuple[str, list[tuple[str, str]]]:
    """Where the form of a page leads, and what it holds unseen."""
    found = re.search(
        r'<form method="post" action="([^"]+)" class="fields">(.*?)</form>', page, re.S
    )
    assert found, page[:2000]
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[2])
    return found[1], [(html.unescape(name), html.unescape(value)) for name, value in hidden]


@pytest.fixture
def clerks(app: FastAPI, stored: Engine, _swept: None, engine: FakeEngine) -> Any:
    """clerks(Role…, city=None) → a Clerk who is logged in."""

    @asynccontextmanager
    async def come(
        *roles: Role, city: str | None = None, name: str = "周敏"
    ) -> AsyncIterator[Clerk]:
        username = hired(stored, *roles, city=city, name=name)
        async with stranger(app) as browser:
            assert (await log_in(browser, username)).status_code == 200
            del browser.headers["X-CSRF-Token"]
            yield Clerk(browser, username, stored)

    return come


def hired(database: Engine, *roles: Role, city: str | None = None, name: str = "吴刚") -> str:
    username = f"k{secrets.token_hex(4)}"
    hire(database, username, *roles, name=name, city_id=city)
    return username


def drafts(database: Engine) -> int:
    with Session(database) as session:
        return session.scalar(select(func.count()).select_from(ContentDraft)) or 0


async def test_what_was_typed_comes_back_after_the_login(clerks: Any, stored: Engine) -> None:
    async with clerks(Role.EDITOR) as clerk:
        form = await clerk.form(WAGES) | {"steps": LINES, "fee": "", "deed": "save"}
        clerk.logged_out()
        page = (await clerk.send(WAGES, form, 401)).text
        assert ALERTS["logged_out"] in page
        assert SAID["kept"] in page
        # it can be read as well as sent again
        assert "到服务站请人民调解员来说</dd>" in page
        address, hidden = carried(page)
        assert address == f"/admin/{WAGES}"
        # everything but the token, each choice by itself, also what was emptied
        assert hidden == [pair for pair in _pairs(form) if pair[0] != "csrf"]
        again = (await clerk.back(page, 403)).text
        assert WORDS.words["alerts"]["again"] in again
        shown = fields_of(again)
        for name in form.keys() - {"csrf", "deed"}:
            assert shown[name] == form[name], name
        assert drafts(stored) == 0
        # and now by the clerk herself
        saved = await clerk.send(WAGES, shown | {"deed": "save"}, 303)
        assert saved.headers["location"].endswith("?done=saved")
        after = await clerk.form(WAGES)
        assert (after["steps"], after["fee"]) == (LINES, "")


async def test_what_is_carried_is_only_text(clerks: Any) -> None:
    evil = '"><script>alert(1)</script>'
    async with clerks(Role.EDITOR) as clerk:
        form = await clerk.form(PLACE) | {"accessibility": evil, evil: evil}
        clerk.logged_out()
        page = (await clerk.send(PLACE, form, 401)).text
        assert "<script>" not in page
        assert (evil, evil) in carried(page)[1]
        again = (await clerk.back(page, 403)).text
        assert "<script>" not in again
        assert fields_of(again)["accessibility"] == evil


async def test_of_a_new_answer_too_and_it_becomes_one(clerks: Any, stored: Engine) -> None:
    async with clerks(Role.REVIEWER) as clerk:
        form = await clerk.form("faq/new") | {"answer": ANSWER, "title": "牛踩了菜地"}
        clerk.logged_out()
        page = (await clerk.send("faq/new", form | {"deed": "publish"}, 401)).text
        shown = fields_of((await clerk.back(page, 403)).text)
        assert (shown["answer"], shown["title"]) == (ANSWER, "牛踩了菜地")
        assert shown["mark"] == form["mark"]
        assert drafts(stored) == 0


@pytest.mark.parametrize("token", ["", "of another login"])
async def test_a_wrong_token_loses_nothing_and_saves_nothing(
    clerks: Any, stored: Engine, token: str
) -> None:
    async with clerks(Role.REVIEWER) as clerk:
        form = await clerk.form(PLACE) | {"accessibility": TYPED, "deed": "publish", "csrf": token}
        page = (await clerk.send(PLACE, form, 403)).text
        assert WORDS.words["alerts"]["again"] in page
        shown = fields_of(page)
        assert shown["accessibility"] == TYPED
        assert drafts(stored) == 0
        await clerk.send(PLACE, shown | {"deed": "save"}, 303)


async def test_a_login_in_another_window_is_enough(clerks: Any) -> None:
    async with clerks(Role.EDITOR) as clerk:
        form = await clerk.form(PLACE) | {"accessibility": TYPED, "deed": "save"}
        clerk.logged_out()
        fields = {"username": clerk.username, "password": PASSWORD}
        assert (await clerk.browser.post("/console/login", data=fields)).status_code == 303
        page = (await clerk.send(PLACE, form, 403)).text
        assert fields_of(page)["accessibility"] == TYPED


async def test_whoever_was_faster_meanwhile_is_told(clerks: Any) -> None:
    async with clerks(Role.EDITOR) as clerk, clerks(Role.EDITOR, name="吴刚") as other:
        form = await clerk.form(PLACE) | {"accessibility": TYPED, "deed": "save"}
        clerk.logged_out()
        theirs = await other.form(PLACE) | {"accessibility": "吴刚写的", "deed": "save"}
        await other.send(PLACE, theirs, 303)
        page = (await clerk.send(PLACE, form, 401)).text
        shown = fields_of((await clerk.back(page, 403)).text)
        late = (await clerk.send(PLACE, shown | {"deed": "save"}, 409)).text
        assert "吴刚" in late
        assert fields_of(late)["accessibility"] == TYPED


async def test_a_slip_in_between_does_not_hide_who_was_faster(clerks: Any) -> None:
    async with clerks(Role.EDITOR) as clerk, clerks(Role.EDITOR, name="吴刚") as other:
        form = await clerk.form(PLACE) | {"accessibility": TYPED, "phone": "abc", "deed": "save"}
        theirs = await other.form(PLACE) | {"accessibility": "吴刚写的", "deed": "save"}
        await other.send(PLACE, theirs, 303)
        shown = fields_of((await clerk.send(PLACE, form, 422)).text)
        await clerk.send(PLACE, shown | {"phone": "", "deed": "save"}, 409)


async def test_a_login_that_fails_keeps_it_too(clerks: Any) -> None:
    async with clerks(Role.EDITOR) as clerk:
        form = await clerk.form(PLACE) | {"accessibility": TYPED, "deed": "save"}
        clerk.logged_out()
        page = (await clerk.send(PLACE, form, 401)).text
        hidden = carried(page)
        for password, status, key in (("", 422, "empty"), ("不对的密码", 401, "wrong")):
            page = (await clerk.back(page, status, password=password)).text
            assert WRONG[key] in page
            assert carried(page) == hidden
            assert f'value="{clerk.username}"' in page
            assert not password or password not in page
        for _ in range(PER_USERNAME - 1):
            page = (await clerk.back(page, 401, password="x")).text
        locked = await clerk.back(page, 429)
        assert int(locked.headers["retry-after"]) > 0
        assert WRONG["locked"].partition("{")[0] in locked.text
        assert carried(locked.text) == hidden


@pytest.mark.parametrize(
    ("roles", "city", "path"),
    [
        ((Role.OPERATOR,), None, PLACE),
        ((Role.EDITOR,), "qingyuan", PLACE),
        ((Role.EDITOR,), "zhongshan", WAGES),
    ],
)
async def test_another_account_has_only_its_own_rights(
    clerks: Any, stored: Engine, roles: tuple[Role, ...], city: str | None, path: str
) -> None:
    async with clerks(Role.EDITOR) as clerk:
        form = await clerk.form(path) | {"deed": "save"}
        form[{PLACE: "source", WAGES: "fee"}[path]] = TYPED
        clerk.logged_out()
        page = (await clerk.send(path, form, 401)).text
        hidden = carried(page)
        refused = (await clerk.back(page, 403, hired(stored, *roles, city=city))).text
        assert ALERTS["other_account"].format(name="吴刚") in refused
        # it is not theirs, but it is not lost: her own login brings it back
        assert carried(refused) == hidden
        shown = fields_of((await clerk.back(refused, 403)).text)
        assert TYPED in shown.values()
        assert drafts(stored) == 0


async def test_an_editor_s_login_publishes_nothing(clerks: Any, stored: Engine) -> None:
    async with clerks(Role.REVIEWER) as clerk:
        form = await clerk.form(PLACE) | {"accessibility": TYPED, "deed": "publish"}
        clerk.logged_out()
        page = (await clerk.send(PLACE, form, 401)).text
        again = (await clerk.back(page, 403, hired(stored, Role.EDITOR))).text
        assert 'value="publish"' not in again
        shown = fields_of(again)
        refused = (await clerk.send(PLACE, shown | {"deed": "publish"}, 403)).text
        assert WORDS.words["alerts"]["reviewer"] in refused
        assert fields_of(refused)["accessibility"] == TYPED
        assert drafts(stored) == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_gets_no_words_into_a_form(clerks: Any, site: str) -> None:
    async with clerks(Role.EDITOR) as clerk:
        form = await clerk.form(PLACE) | {"accessibility": "别人塞进来的"}
        theirs = {"Sec-Fetch-Site": site}
        wrong = await clerk.send(PLACE, form | {"csrf": "x"}, 403, **theirs)
        assert "别人塞进来的" not in wrong.text
        assert wrong.headers["content-type"].startswith("application/problem+json")
        clerk.logged_out()
        login = {"username": clerk.username, "password": PASSWORD}
        for fields in (form, form | login):
            away = await clerk.send(PLACE, fields, 303, **theirs)
            assert away.headers["location"] == "/console/login"
            assert "set-cookie" not in away.headers
        own = {"Sec-Fetch-Site": "same-origin"}
        assert ALERTS["logged_out"] in (await clerk.send(PLACE, form, 401, **own)).text
        # a browser that does not say it: then its cookie does, which no other site can make it send
        assert ALERTS["logged_out"] in (await clerk.send(PLACE, form, 401)).text
        clerk.browser.cookies.clear()
        away = await clerk.send(PLACE, form | login, 303)
        assert away.headers["location"] == "/console/login"
        assert "set-cookie" not in away.headers


async def test_a_browser_that_keeps_no_cookie_does_not_log_in_for_ever(
    clerks: Any, stored: Engine
) -> None:
    async with clerks(Role.EDITOR) as clerk:
        form = await clerk.form(PLACE) | {"accessibility": TYPED}
        clerk.logged_out()
        _, hidden = carried((await clerk.send(PLACE, form, 401)).text)
        login = [("username", clerk.username), ("password", PASSWORD)]
        sent_on = await clerk.send(PLACE, hidden + login, 307)
        assert sent_on.headers["set-cookie"].startswith(f"{COOKIE}=")
        assert sent_on.headers["cache-control"] == "no-store"
        clerk.browser.cookies.clear()
        address = sent_on.headers["location"].removeprefix("/admin/")
        own = {"Sec-Fetch-Site": "same-origin"}
        page = (await clerk.send(address, hidden + login, 401, **own)).text
        assert ALERTS["no_cookie"] in page
        assert carried(page) == (f"/admin/{PLACE}", hidden)
        assert PASSWORD not in page
        with Session(stored) as session:
            logins = session.scalars(
                select(Audit.verb).where(Audit.object_id == clerk.username, Audit.verb == "login")
            ).all()
        assert len(logins) == 2  # in the morning and now


async def test_a_form_that_no_page_has_is_not_sent_back(clerks: Any) -> None:
    async with clerks(Role.EDITOR) as clerk:
        clerk.logged_out()
        many = [("accessibility", "x")] * (MOST_FIELDS + 1)
        assert carried((await clerk.send(PLACE, many, 401)).text)[1] == []
        await clerk.send(PLACE, {"accessibility": "长" * 100_000}, 413)


async def test_a_database_that_is_away_at_the_door(
    clerks: Any, app: FastAPI, stored: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with clerks(Role.EDITOR) as clerk:
        form = await clerk.form(PLACE) | {"accessibility": TYPED, "deed": "save"}

        def away(*_: object) -> None:
            raise OperationalError("scripted", {}, Exception())

        monkeypatch.setattr(app.state.accounts, "_by_cookie", away)
        page = (await clerk.send(PLACE, form, 503)).text
        assert ALERTS["away"] in page
        assert 'type="password"' not in page
        monkeypatch.undo()
        address, hidden = carried(page)
        await clerk.send(address.removeprefix("/admin/"), hidden, 303)
        assert (await clerk.form(PLACE))["accessibility"] == TYPED


async def test_what_went_away_meanwhile_leaves_the_words_to_copy(
    clerks: Any, stored: Engine
) -> None:
    async with clerks(Role.EDITOR) as clerk:
        form = await clerk.form("person/new") | {
            "name": "李律师", "role": "联络人", "source": "聘书", "deed": "save",
        }  # fmt: skip
        made = await clerk.send("person/new", form, 303)
        path = made.headers["location"].removeprefix("/admin/").partition("?")[0]
        mine = await clerk.form(path) | {"note": LINES, "deed": "save"}
        with Session(stored.execution_options(immediate=True)) as session, session.begin():
            session.execute(delete(ContentDraft))
        gone = (await clerk.send(path, mine, 404)).text
        assert PAGES.words["refused"]["not_there"] in gone
        assert "调解员来说</dd>" in gone
        clerk.logged_out()
        page = (await clerk.send(path, mine, 401)).text
        assert "调解员来说</dd>" in (await clerk.back(page, 404)).text


async def test_nobody_is_there_is_written_again(clerks: Any, parts: AppState) -> None:
    said = closures.WORDS.words
    async with clerks(Role.DESK, city="qingyuan") as clerk:
        form = await clerk.form("closures") | {"place": "太平镇", "reason": "全所培训"}
        clerk.logged_out()
        page = (await clerk.send("closures", form, 401)).text
        again = (await clerk.back(page, 403)).text
        assert said["again"] in again
        assert said["errors"]["which"] in again  # two of that name: chosen as ever
        shown = fields_of(again)
        assert (shown["place"], shown["reason"]) == ("太平镇", "全所培训")
        parts.live.refresh()
        assert not parts.catalogue.closures


@pytest.mark.parametrize(
    ("path", "back"),
    [
        (f"{PLACE}/archive", f"/admin/{PLACE}"),
        (f"{PLACE}/discard", f"/admin/{PLACE}"),
        ("excel/1/apply", "/admin/excel/1"),
        ("closures/1/lift", "/admin/closures"),
        ("questions/settle", "/admin/questions"),
        ("corrections/settle", "/admin/corrections"),
        ("rules/settle", "/admin"),
    ],
)
async def test_a_deed_is_not_done_by_the_login(clerks: Any, path: str, back: str) -> None:
    async with clerks(Role.REVIEWER) as clerk:
        clerk.logged_out()
        page = (await clerk.send(path, {"note": "并到别的里了", "id": "1"}, 401)).text
        told = (await clerk.back(page, 403)).text
        assert SAID["not_done"] in told
        assert f'<a href="{back}">{PAGES.words["back"]}</a>' in told
        assert ("并到别的里了" in told) == path.startswith("place")


async def test_every_word_is_used() -> None:
    source = Path(kept.__file__).read_text(encoding="utf-8")
    template = (Path(kept.__file__).parent / "templates" / "kept.html").read_text(encoding="utf-8")
    used = set(re.findall(r"\bw\.(\w+)", template)) | set(
        re.findall(r'PAGES\.words\["(\w+)"\]', source)
    )
    assert used == set(SAID)
    assert all(f'"{name}"' in source for name in ALERTS)
