"""Coming in, being known, going out, through HTTP on both databases."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from bot.accounts import logins, store
from bot.accounts.logins import Accounts
from bot.accounts.passwords import Passwords
from bot.accounts.roles import Role
from bot.accounts.tables import LoginAttempt, LoginSession
from bot.settings import Settings
from tests.bot.accounts.people import (
    HIRING,
    PASSWORD,
    QUICK,
    Clock,
    come_in,
    hire,
    log_in,
    stranger,
    token_for,
)

LOGIN = "/api/v1/login"
ME = "/api/v1/me"


def said(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    detail: str = answer.json()["detail"]
    return detail


async def test_a_right_password_lets_in(browser: httpx.AsyncClient) -> None:
    answer = await log_in(browser, "ming")
    assert answer.status_code == 200
    body = answer.json()
    csrf = body.pop("csrf")
    assert len(csrf) >= 43
    assert body == {
        "username": "ming", "name": "陈明", "roles": ["operator"], "city": "zhongshan",
    }  # fmt: skip
    cookie = answer.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    assert name == "wenfa_staff"
    assert {part.strip().lower() for part in rest.split(";")[1:]} == {
        "httponly", "path=/", "samesite=strict",
    }  # fmt: skip
    again = await browser.get(ME)
    assert again.json() == answer.json()
    assert again.headers["cache-control"] == "no-store"


async def test_behind_https_the_cookie_stays_there(staffed: Engine, doors: FastAPI) -> None:
    doors.state.accounts = Accounts(staffed, Settings(secure_cookie=True), passwords=QUICK)
    async with stranger(doors) as browser:
        answer = await log_in(browser, "ming")
    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("typed", ["ming", " MING ", "ｍｉｎｇ"])
async def test_the_name_s_spelling_is_no_riddle(browser: httpx.AsyncClient, typed: str) -> None:
    assert (await log_in(browser, typed)).status_code == 200


async def test_full_width_letters_in_a_password(browser: httpx.AsyncClient) -> None:
    assert (await log_in(browser, "ming", "马 battery ｓｔａｐｌｅ ８８")).status_code == 200


async def test_nobody_is_told_what_was_wrong(browser: httpx.AsyncClient, staffed: Engine) -> None:
    hire(staffed, "gone", Role.OPERATOR)
    with Session(staffed) as session, session.begin():
        store.disable(session, HIRING, store.find(session, "gone"))
    wrong = await log_in(browser, "ming", "not the right one")
    unknown = await log_in(browser, "nobody", "not the right one")
    disabled = await log_in(browser, "gone")
    assert wrong.status_code == 401
    assert said(wrong) == "用户名或密码不对。"
    assert wrong.headers["www-authenticate"].startswith("Bearer")
    for other in (unknown, disabled):
        assert other.status_code == 401
        assert other.content == wrong.content
        assert "set-cookie" not in other.headers


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("\x00", 401), ("ming\x00", 401), ("a" * 100, 401), ("' OR 1=1 --", 401), ("中文", 401),
        ("x\nming", 401), ("\ud800", 422), ("a" * 101, 422),
    ],
)  # fmt: skip
async def test_odd_names_are_wrong_names(
    browser: httpx.AsyncClient, typed: str, status: int
) -> None:
    body = json.dumps({"username": typed, "password": "\x00 \uffff"})
    answer = await browser.post(LOGIN, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    said(answer)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"username": "ming", "password": "x"}', "text/plain", 415),
        ("username=ming&password=x", "application/x-www-form-urlencoded", 415),
        ("{", "application/json", 400),
        ('{"username": "ming"}', "application/json", 422),
        ('{"username": "", "password": "x"}', "application/json", 422),
        ('{"username": "ming", "password": ""}', "application/json", 422),
        ('{"username": "ming", "password": "x", "role": "admin"}', "application/json", 422),
        ('{"username": "ming", "password": ["x"]}', "application/json", 422),
        ('{"username": "ming", "password": "%s"}' % ("x" * 401), "application/json", 422),
        ("[]", "application/json", 422),
    ],
)
async def test_only_json_of_the_right_shape(
    browser: httpx.AsyncClient, body: str, kind: str, status: int
) -> None:
    """Another site's form cannot send JSON: that and SameSite keep its logins out."""
    answer = await browser.post(LOGIN, content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    said(answer)


async def test_logging_out(browser: httpx.AsyncClient, doors: FastAPI) -> None:
    await log_in(browser, "ming")
    stolen = browser.cookies["wenfa_staff"]
    answer = await browser.post("/api/v1/logout")
    assert answer.status_code == 204
    assert "wenfa_staff" not in browser.cookies
    async with stranger(doors) as other:
        other.cookies.set("wenfa_staff", stolen)
        assert (await other.get(ME)).status_code == 401


async def test_logging_in_again_ends_the_earlier_login(browser: httpx.AsyncClient) -> None:
    await log_in(browser, "ming")
    first = browser.cookies["wenfa_staff"]
    await log_in(browser, "lan")
    assert browser.cookies["wenfa_staff"] != first
    assert (await browser.get(ME)).json()["username"] == "lan"
    browser.cookies.set("wenfa_staff", first, domain="wenfa.test")
    browser.cookies.delete("wenfa_staff")
    assert (await browser.get(ME, headers={"Cookie": f"wenfa_staff={first}"})).status_code == 401


async def test_a_planted_cookie_is_never_made_valid(browser: httpx.AsyncClient) -> None:
    planted = "A" * 43
    await browser.post(
        LOGIN,
        json={"username": "ming", "password": PASSWORD},
        headers={"Cookie": f"wenfa_staff={planted}"},
    )
    assert browser.cookies["wenfa_staff"] != planted
    browser.cookies.clear()
    answer = await browser.get(ME, headers={"Cookie": f"wenfa_staff={planted}"})
    assert answer.status_code == 401


async def test_only_digests_are_kept(browser: httpx.AsyncClient, staffed: Engine) -> None:
    await log_in(browser, "ming")
    secret = token_for(staffed, "ming")
    with staffed.connect() as connection:
        for table in ("login_session", "api_token", "account", "audit"):
            kept = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert browser.cookies["wenfa_staff"] not in kept
            assert secret not in kept
            assert PASSWORD not in kept


class TestHowLongALoginLasts:
    async def test_idle(self, browser: httpx.AsyncClient, clock: Clock) -> None:
        await log_in(browser, "ming")
        clock.passes(minutes=59)
        assert (await browser.get(ME)).status_code == 200
        clock.passes(minutes=59)  # the visit counted
        assert (await browser.get(ME)).status_code == 200
        clock.passes(minutes=60)
        assert (await browser.get(ME)).status_code == 401

    async def test_at_the_longest(self, browser: httpx.AsyncClient, clock: Clock) -> None:
        await log_in(browser, "ming")
        for _ in range(23):
            clock.passes(minutes=30)
            assert (await browser.get(ME)).status_code == 200
        clock.passes(minutes=30)
        assert (await browser.get(ME)).status_code == 401

    async def test_an_open_stream_is_not_activity(
        self, browser: httpx.AsyncClient, accounts: Accounts, clock: Clock
    ) -> None:
        await log_in(browser, "ming")
        member = await accounts.by_cookie(browser.cookies["wenfa_staff"], None)
        assert member is not None
        clock.passes(minutes=40)
        assert await accounts.again(member) == member
        clock.passes(minutes=40)
        assert await accounts.again(member) is None

    async def test_the_next_login_clears_the_old_ones_away(
        self, browser: httpx.AsyncClient, staffed: Engine, doors: FastAPI, clock: Clock
    ) -> None:
        await log_in(browser, "ming")
        clock.passes(hours=2)
        async with come_in(doors, "lan"):
            pass
        with Session(staffed) as session:
            assert session.scalar(select(func.count()).select_from(LoginSession)) == 1

    @pytest.mark.parametrize("ending", ["disabled", "password"])
    async def test_it_ends_at_once(
        self, browser: httpx.AsyncClient, staffed: Engine, accounts: Accounts, ending: str
    ) -> None:
        await log_in(browser, "ming")
        member = await accounts.by_cookie(browser.cookies["wenfa_staff"], None)
        assert member is not None
        with Session(staffed) as session, session.begin():
            account = store.find(session, "ming")
            if ending == "disabled":
                store.disable(session, HIRING, account)
            else:
                hashed = QUICK.hash("ming", "another one 2026")
                store.set_password(session, HIRING, account, hashed)
        assert (await browser.get(ME)).status_code == 401
        assert await accounts.again(member) is None
        assert (await log_in(browser, "ming")).status_code == 401

    async def test_new_roles_work_at_once(
        self, browser: httpx.AsyncClient, staffed: Engine
    ) -> None:
        await log_in(browser, "ming")
        assert (await browser.get("/tickets")).status_code == 200
        with Session(staffed) as session, session.begin():
            store.set_roles(session, HIRING, store.find(session, "ming"), {Role.EDITOR})
        assert (await browser.get("/tickets")).status_code == 403

    async def test_a_password_changed_in_the_middle_of_a_login(
        self, doors: FastAPI, staffed: Engine, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The old password was right when it was checked, and is wrong when the login is made."""
        plain = QUICK.verify

        def then_changed(kept: str | None, password: str) -> bool:
            right = plain(kept, password)
            with Session(staffed) as session, session.begin():
                hashed = QUICK.hash("ming", "another one 2026")
                store.set_password(session, HIRING, store.find(session, "ming"), hashed)
            return right

        monkeypatch.setattr(QUICK, "verify", then_changed)
        async with stranger(doors) as browser:
            assert (await log_in(browser, "ming")).status_code == 401


class TestThrottling:
    async def test_a_name_is_locked_after_five(
        self, browser: httpx.AsyncClient, doors: FastAPI, staffed: Engine, clock: Clock
    ) -> None:
        for _ in range(5):
            assert (await log_in(browser, "Ming", "wrong wrong")).status_code == 401
            clock.passes(minutes=1)
        locked = await log_in(browser, "ming")  # the right password
        assert locked.status_code == 429
        assert said(locked) == "登录失败的次数太多，请 11 分钟后再试。忘记密码请联系管理员。"
        assert 10 * 60 < int(locked.headers["retry-after"]) <= 10 * 60 + 1
        assert (await log_in(browser, "lan")).status_code == 200
        # a restarted app, and another address, know it too
        doors.state.accounts = Accounts(staffed, Settings(), passwords=QUICK, clock=clock)
        async with stranger(doors, "192.0.2.7") as other:
            assert (await log_in(other, "ming")).status_code == 429
        # tries during the lock do not make it longer
        clock.passes(seconds=int(locked.headers["retry-after"]))
        assert (await log_in(browser, "ming")).status_code == 200

    async def test_nobody_s_name_is_locked_as_well(self, browser: httpx.AsyncClient) -> None:
        """Otherwise the lock would tell who exists."""
        for _ in range(5):
            assert (await log_in(browser, "nobody", "wrong wrong")).status_code == 401
        assert (await log_in(browser, "nobody", "wrong wrong")).status_code == 429

    async def test_a_right_password_forgives(self, browser: httpx.AsyncClient) -> None:
        for _ in range(3):
            for _ in range(4):
                assert (await log_in(browser, "ming", "wrong wrong")).status_code == 401
            assert (await log_in(browser, "ming")).status_code == 200

    @pytest.mark.parametrize(
        ("address", "neighbour", "elsewhere"),
        [
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"),
            ("::ffff:192.0.2.7", "192.0.2.7", "::ffff:192.0.2.8"),
        ],
    )
    async def test_an_address_is_locked_after_twenty(
        self, doors: FastAPI, staffed: Engine, address: str, neighbour: str, elsewhere: str
    ) -> None:
        async with stranger(doors, address) as browser:
            for index in range(20):
                answer = await log_in(browser, f"guess{index}", "wrong wrong")
                assert answer.status_code == 401
        async with stranger(doors, neighbour) as browser:
            locked = await log_in(browser, "ming")
            assert locked.status_code == 429
            assert int(locked.headers["retry-after"]) > 0
        async with stranger(doors, elsewhere) as browser:
            assert (await log_in(browser, "ming")).status_code == 200

    async def test_guesses_all_at_once(self, browser: httpx.AsyncClient) -> None:
        """One may slip in beside the fifth: two are checked at the same time."""
        answers = await asyncio.gather(
            *(log_in(browser, "ming", "wrong wrong") for _ in range(logins.WAITING))
        )
        tried = sum(answer.status_code == 401 for answer in answers)
        assert 5 <= tried <= 4 + logins.AT_ONCE
        assert sum(answer.status_code == 429 for answer in answers) == len(answers) - tried

    async def test_a_long_line_is_turned_away(
        self, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logins, "WAITING", 0)
        busy = await log_in(browser, "ming")
        assert busy.status_code == 503
        assert said(busy) == "现在登录的人太多，请过几秒再试。"
        assert busy.headers["retry-after"] == "5"

    async def test_what_no_longer_counts_is_deleted(
        self, browser: httpx.AsyncClient, staffed: Engine, clock: Clock
    ) -> None:
        for _ in range(4):
            await log_in(browser, "ming", "wrong wrong")
        clock.passes(minutes=15)
        await log_in(browser, "ming", "wrong wrong")
        with Session(staffed) as session:
            assert session.scalar(select(func.count()).select_from(LoginAttempt)) == 1

    async def test_a_password_typed_as_the_name_is_not_kept(
        self, browser: httpx.AsyncClient, staffed: Engine
    ) -> None:
        await log_in(browser, "My Secret! 2026", "ming")
        with Session(staffed) as session:
            assert session.scalars(select(LoginAttempt.username)).all() == [None]


class TestTheWorkIsDoneAside:
    async def test_others_are_answered_meanwhile(
        self, doors: FastAPI, staffed: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two passwords are being checked, a third waits; the event loop is free all the while."""
        begun, go_on = threading.Semaphore(0), threading.Event()
        at_once: list[int] = []
        inside = 0

        def slow(kept: str | None, password: str) -> bool:
            nonlocal inside
            inside += 1
            at_once.append(inside)
            begun.release()
            assert go_on.wait(10)
            inside -= 1
            return False

        async with come_in(doors, "lan") as other, stranger(doors) as browser:
            monkeypatch.setattr(QUICK, "verify", slow)
            tries = [
                asyncio.create_task(log_in(browser, f"guess{index}", "x")) for index in range(3)
            ]
            for _ in range(2):
                await asyncio.to_thread(begun.acquire, timeout=10)
            assert (await other.get(ME)).status_code == 200
            assert at_once == [1, 2]
            go_on.set()
            answers = await asyncio.gather(*tries)
        assert [answer.status_code for answer in answers] == [401, 401, 401]
        assert max(at_once) == 2

    async def test_a_stranger_costs_the_same(
        self, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One hash is checked for each try, of the same kind, whoever is asked for."""
        await log_in(browser, "lan")  # nobody's hash is made by now
        checked: list[str] = []
        real = QUICK._hasher.verify

        class Watched:
            def verify(self, kept: str, password: bytes) -> bool:
                checked.append(kept.rpartition("$")[0].rpartition("$")[0])
                return bool(real(kept, password))

        monkeypatch.setattr(QUICK, "_hasher", Watched())
        for name in ("ming", "nobody", "不是名字"):
            await log_in(browser, name, "wrong wrong")
        assert len(checked) == 3
        assert len(set(checked)) == 1

    async def test_new_parameters_renew_the_hash(
        self, doors: FastAPI, staffed: Engine, clock: Clock
    ) -> None:
        def kept() -> str:
            with Session(staffed) as session:
                return store.find(session, "ming").password_hash

        before = kept()
        stronger = Passwords(time_cost=2, memory_kib=16)
        doors.state.accounts = Accounts(staffed, Settings(), passwords=stronger, clock=clock)
        async with stranger(doors) as browser:
            assert (await log_in(browser, "ming", "wrong wrong")).status_code == 401
            assert kept() == before
            assert (await log_in(browser, "ming")).status_code == 200
            assert "m=16,t=2" in kept()
            assert (await browser.get(ME)).status_code == 200
            renewed = kept()
            assert (await log_in(browser, "ming")).status_code == 200
            assert kept() == renewed


class TestTokens:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
    async def test_a_token_needs_neither_cookie_nor_csrf(
        self, browser: httpx.AsyncClient, staffed: Engine, scheme: str
    ) -> None:
        bearer = {"Authorization": f"{scheme} {token_for(staffed, 'ming')}"}
        me: dict[str, Any] = (await browser.get(ME, headers=bearer)).json()
        assert (me["username"], me["csrf"]) == ("ming", None)
        assert (await browser.post("/tickets", headers=bearer)).status_code == 200

    async def test_it_cannot_log_out(self, browser: httpx.AsyncClient, staffed: Engine) -> None:
        bearer = {"Authorization": f"Bearer {token_for(staffed, 'ming')}"}
        assert (await browser.post("/api/v1/logout", headers=bearer)).status_code == 403
        assert (await browser.get(ME, headers=bearer)).status_code == 200

    @pytest.mark.parametrize("ending", ["revoked", "expired", "disabled"])
    async def test_it_ends(
        self, browser: httpx.AsyncClient, staffed: Engine, accounts: Accounts, clock: Clock,
        ending: str,
    ) -> None:  # fmt: skip
        secret = token_for(staffed, "ming")
        bearer = {"Authorization": f"Bearer {secret}"}
        member = await accounts.by_token(secret, None)
        assert member is not None
        assert await accounts.again(member) == member
        with Session(staffed) as session, session.begin():
            if ending == "revoked":
                store.revoke_token(session, HIRING, store.tokens(session)[0][0].id)
            elif ending == "disabled":
                store.disable(session, HIRING, store.find(session, "ming"))
        if ending == "expired":
            clock.passes(days=1, seconds=1)
        assert (await browser.get(ME, headers=bearer)).status_code == 401
        assert await accounts.again(member) is None

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic bWluZzp4", "Bearer \xff"])
    async def test_a_wrong_header_is_not_saved_by_a_cookie(
        self, browser: httpx.AsyncClient, header: str
    ) -> None:
        await log_in(browser, "ming")
        answer = await browser.get(ME, headers={b"Authorization": header.encode("latin-1")})
        assert answer.status_code == 401

    @pytest.mark.parametrize("cookie", ["", "x", "\xff", "a" * 5000])
    async def test_a_wrong_cookie(self, browser: httpx.AsyncClient, cookie: str) -> None:
        header = {b"Cookie": f"wenfa_staff={cookie}".encode("latin-1")}
        assert (await browser.get(ME, headers=header)).status_code == 401


async def test_a_database_that_is_away(
    browser: httpx.AsyncClient, doors: FastAPI, accounts: Accounts, clock: Clock
) -> None:
    """503 in words. A login that is only read goes on while nobody can write."""
    await log_in(browser, "ming")
    away = create_engine("postgresql+psycopg://x@127.0.0.1:9/x").execution_options()
    known, accounts._writing = accounts._writing, away
    clock.passes(minutes=5)
    assert (await browser.get(ME)).status_code == 200
    assert (await browser.post("/api/v1/logout")).status_code == 503
    assert (await log_in(browser, "ming")).status_code == 503
    accounts._writing, accounts._database = known, away
    for answer in (await browser.get(ME), await log_in(browser, "ming")):
        assert answer.status_code == 503
        said(answer)
    bearer = {"Authorization": "Bearer x"}
    assert (await browser.get(ME, headers=bearer)).status_code == 503
    away.dispose()
