"""/admin/corrections: candidates in masked words, settled once, by a reviewer, each city's own."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.roles import Role
from bot.admin import corrections
from bot.clock import utcnow
from bot.tickets.tables import Correction
from tests.bot.admin.conftest import Enter, Keep

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = corrections.WORDS.words
PAGE = "/admin/corrections"
WAGES, DOG = "老板欠我工资不给", "邻居的狗咬了人"


def corrected(text: str, city: str = "zhongshan", state: str = "candidate") -> Correction:
    return Correction(
        at=utcnow(), by="zhou", city_id=city, ticket_number="261103829174", text=text,
        axis="matter", before="general", after="labor", state=state,
    )  # fmt: skip


def row_of(stored: Engine, row: Correction) -> Correction:
    with Session(stored) as session:
        return session.get_one(Correction, row.id)


async def test_candidates_are_read_by_editors_and_decided_by_reviewers(
    enter: Enter, keep: Keep, stored: Engine
) -> None:
    waits, settled = corrected(WAGES), corrected(DOG, state="refused")
    keep(waits, settled)
    fields = {"id": str(waits.id), "verdict": "accept"}
    async with enter(Role.EDITOR) as browser:
        text = (await browser.get(PAGE)).text
        assert WAGES in text
        assert "事由：其他 → 劳动人事" in text
        assert DOG not in text
        assert 'name="verdict"' not in text
        assert WORDS["only_reviewers"] in text
        assert (await browser.post(f"{PAGE}/settle", data=fields)).status_code == 403
    async with enter(Role.REVIEWER) as browser:
        text = (await browser.get(PAGE)).text
        token = re.search(r'name="csrf" value="([^"]+)"', text)
        assert token
        del browser.headers["X-CSRF-Token"]
        assert (await browser.post(f"{PAGE}/settle", data=fields)).status_code == 403
        for _ in range(2):  # a second click is no second deed
            done = await browser.post(f"{PAGE}/settle", data=fields | {"csrf": token[1]})
            assert done.status_code == 303
        told = (await browser.get(done.headers["location"])).text
        assert "已采用" in told
        assert WAGES not in told
    after = row_of(stored, waits)
    assert (after.state, after.ticket_number) == ("accepted", None)  # it leads to nobody any more
    with Session(stored) as session:
        deeds = [row for row in audit.last(session, 20) if row.verb == "correction.accept"]
    assert [row.object_id for row in deeds] == [str(waits.id)]


async def test_a_city_sees_and_settles_its_own(enter: Enter, keep: Keep, stored: Engine) -> None:
    there = corrected(DOG, city="qingyuan")
    keep(there)
    async with enter(Role.REVIEWER, city="zhongshan") as browser:
        assert WORDS["nothing"] in (await browser.get(PAGE)).text
        fields = {"id": str(there.id), "verdict": "refuse"}
        assert (await browser.post(f"{PAGE}/settle", data=fields)).status_code == 303
        for wrong in ({}, {"id": "x", "verdict": "accept"}, {"id": "1", "verdict": "x"}):
            assert (await browser.post(f"{PAGE}/settle", data=wrong)).status_code == 404
    assert row_of(stored, there).state == "candidate"
