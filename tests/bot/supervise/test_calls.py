"""/supervise/reports/calls: a pasted table is looked at first, and applied whole or not at all."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.reports.tables import CallFigures
from tests.bot.supervise.conftest import Enter, Office

CALLS = "/supervise/reports/calls"
TABLE = "日期\t呼入\t接通\t三十秒内接通\r\n2026-11-01\t120\t117\t101\r\n2026年11月2日\t98\t90\t"


def kept(office: Office) -> dict[tuple[str, str], tuple[Any, ...]]:
    with Session(office.database) as session:
        return {
            (one.city_id, str(one.day)): (one.offered, one.answered, one.within_30)
            for one in session.scalars(select(CallFigures))
        }


async def send(browser: httpx.AsyncClient, **fields: str) -> httpx.Response:
    return await browser.post(CALLS, data=fields)


async def test_first_seen_then_applied(enter: Enter, office: Office) -> None:
    async with enter(username="banzhang") as browser:
        seen = await send(browser, city="zhongshan", table=TABLE)
        assert seen.status_code == 200
        assert "读到 2 天" in seen.text
        assert "97.5%" in seen.text
        assert kept(office) == {}
        hidden = re.search(r'name="table" value="([^"]*)"', seen.text)
        assert hidden
        done = await send(browser, city="zhongshan", table=unescape(hidden[1]), apply="1")
        assert done.status_code == 303
        after = await browser.get(done.headers["location"])
    assert "已导入" in after.text
    assert kept(office) == {
        ("zhongshan", "2026-11-01"): (120, 117, 101), ("zhongshan", "2026-11-02"): (98, 90, None),
    }  # fmt: skip
    (row,) = office.audited("calls.import")
    assert row.detail == {"city": "zhongshan", "days": 2, "replaced": 0}


async def test_a_day_again_replaces_and_is_announced(enter: Enter, office: Office) -> None:
    async with enter() as browser:
        await send(browser, city="zhongshan", table=TABLE, apply="1")
        again = "2026-11-01 10 9\n2026-11-01 11 10"
        seen = await send(browser, city="zhongshan", table=again)
        assert "2026-11-01 在第 1 行已经有了" in seen.text
        assert "导入后换成新的：2026-11-01" in seen.text
        await send(browser, city="zhongshan", table=again, apply="1")
        await send(browser, city="qingyuan", table=again, apply="1")
    assert kept(office)["zhongshan", "2026-11-01"] == (11, 10, None)
    assert kept(office)["zhongshan", "2026-11-02"] == (98, 90, None)
    assert kept(office)["qingyuan", "2026-11-01"] == (11, 10, None)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-11-03 5 6", "第 2 行：接通 6 比呼入 5 多"),
        ("2026-11-03 5 4 5", "第 2 行：30 秒内接通 5 比接通 4 多"),
        ("2026-11-31 5 4", "看不懂日期“2026-11-31”"),
        ("2999-01-01 5 4", "还没有到"),
        ("2026-11-03 5", "这一行有 2 列"),
        ("2026-11-03 五 4", "“五”不是件数"),
        ("2026-11-03 -5 -6", "不是件数"),
        ("<script>alert(1)</script> 1 1", "看不懂日期"),
    ],
)
async def test_one_wrong_line_stops_all_of_them(
    enter: Enter, office: Office, line: str, said: str
) -> None:
    async with enter() as browser:
        for more in ({}, {"apply": "1"}):
            answer = await send(browser, city="zhongshan", table=f"2026-11-01 1 1\n{line}", **more)
            assert answer.status_code == 422
            assert said in answer.text
            assert "<script>alert" not in answer.text
    assert kept(office) == {}
    assert office.audited("calls.import") == []


async def test_only_for_a_city_that_is_one_s_own(enter: Enter, office: Office) -> None:
    async with enter() as browser:
        assert "请先选城市" in (await send(browser, table=TABLE, apply="1")).text
        assert (await send(browser, city="beijing", table=TABLE, apply="1")).status_code == 422
        assert "没有读到" in (await send(browser, city="zhongshan", table="  ", apply="1")).text
        long = await send(browser, city="zhongshan", table="2026-11-01 1 1\n" * 4000, apply="1")
        assert "粘贴的字太多" in long.text
    assert kept(office) == {}
    async with enter(city="qingyuan") as browser:  # whatever the form says
        await send(browser, city="zhongshan", table=TABLE, apply="1")
        assert {city for city, _ in kept(office)} == {"qingyuan"}
    async with enter(city="zhongshan") as browser:
        assert "2026-11-01" not in (await browser.get(CALLS)).text


async def test_without_the_token_nothing_is_written(enter: Enter, office: Office) -> None:
    async with enter() as browser:
        del browser.headers["X-CSRF-Token"]
        assert (await send(browser, city="zhongshan", table=TABLE, apply="1")).status_code == 403
        page = (await browser.get(CALLS)).text
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        assert token
        done = await send(browser, city="zhongshan", table=TABLE, apply="1", csrf=token[1])
        assert done.status_code == 303
    async with enter(Role.OPERATOR) as browser:
        assert (await send(browser, city="zhongshan", table=TABLE, apply="1")).status_code == 403
