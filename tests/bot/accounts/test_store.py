"""Names, passwords and the audit, whatever is written into them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bot.accounts import audit, names, store
from bot.accounts.passwords import LONGEST, SHORTEST, WeakPassword
from bot.accounts.roles import Role
from bot.accounts.store import AccountError
from bot.accounts.tables import Audit
from tests.bot.accounts.people import HIRING, QUICK, hire

any_text = st.text(st.characters(exclude_categories=()), max_size=60)
on_one_database = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(st.one_of(any_text, st.from_regex(r"[A-Za-z0-9._-]{0,40}", fullmatch=True)))
def test_a_user_name_has_one_spelling(typed: str) -> None:
    spelt = names.username(typed)
    if spelt is not None:
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,31}", spelt)
        assert names.username(spelt) == spelt
        assert names.username(typed.upper()) == names.username(typed.upper().lower())


class TestPasswords:
    @settings(max_examples=40, deadline=None)
    @given(any_text.filter(lambda text: len(set(text.lower())) > 9))
    def test_what_was_hashed_is_verified(self, password: str) -> None:
        try:
            kept = QUICK.hash("ming", password)
        except WeakPassword:
            return
        assert QUICK.verify(kept, password)
        assert not QUICK.verify(kept, password + "x")
        assert not QUICK.verify(None, password)
        assert password not in kept

    @pytest.mark.parametrize(
        ("password", "why"),
        [
            ("", "too_short"),
            ("x1y2z3w4v", "too_short"),
            ("chen.xiaoming", "too_plain"),
            ("CHEN.XiaoMing", "too_plain"),
            ("ｃｈｅｎ.xiaoming", "too_plain"),
            ("1111111111", "too_plain"),
            ("121212121212", "too_plain"),
            ("x" * (LONGEST + 1), "too_long"),
        ],
    )
    def test_too_weak(self, password: str, why: str) -> None:
        with pytest.raises(WeakPassword, match=why):
            QUICK.hash("chen.xiaoming", password)

    def test_just_good_enough(self) -> None:
        for good in ("x1y2z3w4v5", "一二三四五六七八九十", "abcd" * (LONGEST // 4)):
            assert len(good) >= SHORTEST
            assert QUICK.verify(QUICK.hash("ming", good), good)

    @pytest.mark.parametrize("kept", ["", "x", "$argon2id$", "$2b$12$abc"])
    def test_a_spoilt_hash_lets_nobody_in(self, kept: str) -> None:
        assert not QUICK.verify(kept, "anything at all")

    def test_a_very_long_one_is_not_a_way_to_keep_us_busy(self) -> None:
        assert not QUICK.verify(QUICK.hash("ming", "x1y2z3w4v5"), "x" * 10_000_000)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.binary() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(any_text | st.integers(), inner),
    max_leaves=8,
)


class TestAudit:
    @on_one_database
    @given(st.dictionaries(any_text, anything), any_text | st.integers())
    def test_anything_can_be_written_down(
        self, any_database: Engine, detail: dict[str, Any], object_id: object
    ) -> None:
        with Session(any_database) as session, session.begin():
            before = session.scalar(select(func.count()).select_from(Audit)) or 0
            audit.record(session, HIRING, "ticket.view", "ticket", object_id, detail)
        with Session(any_database) as session:
            rows = audit.last(session, before + 9)
            assert len(rows) == before + 1
            assert rows[-1].verb == "ticket.view"
            assert rows[-1].detail is not None
            audit.shown(rows[-1].detail).encode()

    def test_what_cannot_be_written_is_noted_as_such(self, any_database: Engine) -> None:
        class Rude:
            def __str__(self) -> str:
                raise RuntimeError

        ring: dict[str, Any] = {}
        ring["ring"] = ring
        with Session(any_database) as session, session.begin():
            details: list[Any] = [{"x": Rude()}, ring, {("a", 1): 1}, {"x": "长" * 9000}, None, {}]
            for detail in details:
                audit.record(session, HIRING, "x", "x", "长" * 9000, detail)
        with Session(any_database) as session:
            rows = audit.last(session, 10)
            details = [row.detail for row in rows]
            assert details[:3] == [
                {"unwritable": "RuntimeError"},
                {"unwritable": "ValueError"},
                {"unwritable": "TypeError"},
            ]
            assert details[3] is not None
            assert list(details[3]) == ["cut"]
            assert details[4:] == [None, {}]
            assert len(rows[0].object_id) == 200

    def test_a_deed_that_is_undone_leaves_no_row(self, any_database: Engine) -> None:
        with Session(any_database) as session:
            audit.record(session, HIRING, "x", "x", "x")
            session.flush()
            session.rollback()
            assert audit.last(session, 10) == []

    def test_every_change_of_an_account_is_there(self, any_database: Engine) -> None:
        hire(any_database, "ming", Role.OPERATOR)
        with Session(any_database) as session, session.begin():
            account = store.find(session, "ming")
            store.set_roles(session, HIRING, account, {Role.DESK, Role.OPERATOR})
            store.set_password(session, HIRING, account, QUICK.hash("ming", "x1y2z3w4v5"))
            store.disable(session, HIRING, account)
            store.disable(session, HIRING, account)  # nothing new
            store.enable(session, HIRING, account)
            store.enable(session, HIRING, account)
            made, secret = store.add_token(session, HIRING, account, "", 1)
            session.flush()
            store.revoke_token(session, HIRING, made.id)
        with Session(any_database) as session:
            rows = audit.last(session, 99)
            assert [row.verb for row in rows] == [
                "account.add", "account.roles", "account.password", "account.disable",
                "account.enable", "token.add", "token.revoke",
            ]  # fmt: skip
            assert rows[1].detail == {"before": ["operator"], "after": ["operator", "desk"]}
            assert {row.username for row in rows} == {"test"}
            assert secret not in str([row.detail for row in rows])


@pytest.mark.parametrize(
    ("typed", "name", "key"),
    [
        ("m", None, "bad_username"),
        ("陈明", None, "bad_username"),
        ("-ming", None, "bad_username"),
        ("MING", None, "username_taken"),
        ("hua", "", "bad_name"),
        ("hua", "  ", "bad_name"),
        ("hua", "明" * 31, "bad_name"),
        ("hua", "陈\u202e明", "bad_name"),
        ("hua", "陈\x00明", "bad_name"),
    ],
)
def test_what_cannot_be_an_account(
    any_database: Engine, typed: str, name: str | None, key: str
) -> None:
    hire(any_database, "ming", Role.OPERATOR)
    with Session(any_database) as session, pytest.raises(AccountError, match=key):
        store.add(session, HIRING, typed, "x", {Role.OPERATOR}, name=name)
