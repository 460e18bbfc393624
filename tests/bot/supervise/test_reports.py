"""/supervise/reports: each figure with its n, the same in the files; nobody is recognised."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from bot.accounts.roles import Role
from bot.clock import china_day
from bot.reports.tables import CallFigures
from bot.tables import Inbox
from bot.tickets.summary import matter_name
from tests.bot.supervise.conftest import Enter, Office

XIAOLAN, GUZHEN = "442000118", "442000105"
FEW = "少于5"


def rows_of(answer: httpx.Response) -> list[list[str]]:
    """A CSV as Excel reads it."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def sheets_of(answer: httpx.Response) -> dict[str, list[tuple[Any, ...]]]:
    assert answer.status_code == 200, answer.text
    book = load_workbook(io.BytesIO(answer.content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def figures_of(page: str) -> dict[str, tuple[str, str]]:
    """name → (value, part / n) as the page shows them."""
    table = page.split('<table class="figures">')[1].split("</table>")[0]
    found = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td>", table)
    return {name: (value, part) for name, value, part in found}


async def take(browser: httpx.AsyncClient, what: str = "export", **query: object) -> httpx.Response:
    return await browser.get(
        f"/supervise/reports/{what}", params={k: str(v) for k, v in query.items()}
    )


@pytest.fixture
def busy(office: Office) -> Office:
    """A day: ten tickets of 小榄 (wages), two of 古镇 (a divorce and wages), one of 清远."""
    li, now = office.hire("李莉"), office.now
    soon, late = now + timedelta(seconds=25), now + timedelta(minutes=4)
    for n in range(10):
        office.closed(
            li, region_id=XIAOLAN, service="labor_arbitration", queued_at=now, taken_at=now,
            first_reply_at=soon if n < 8 else late, opened_at=now,
        )  # fmt: skip
    office.ticket(region_id=GUZHEN, matter="marriage_family", queued_at=now - timedelta(hours=1),
                  opened_at=now - timedelta(hours=1))  # fmt: skip
    office.closed(li, outcome="referred", region_id=GUZHEN, channel="phone")
    office.closed(li, city="qingyuan", opened_at=now)
    merged = office.closed(li, "duplicate")
    office.add(
        *(
            Inbox(
                conversation_id=merged.conversation_id, channel_message_id=f"m{n}", body={},
                received_at=now, answered_at=now + timedelta(seconds=seconds), handled=handled,
                lease_owner=None, lease_until=None,
            )
            for n, (seconds, handled) in enumerate(
                [(1, "answered"), (29, "answered"), (31, "answered"), (1, "relayed")]
            )
        )
    )  # fmt: skip
    day = china_day(now)
    for city, offered, answered, within in (("zhongshan", 100, 96, 80), ("qingyuan", 10, 1, None)):
        office.add(
            CallFigures(
                city_id=city, day=day, offered=offered, answered=answered, within_30=within,
                imported_by="x", imported_at=now,
            )
        )  # fmt: skip
    for score in ("satisfied", "satisfied", "fair"):
        office.rating(merged, score)
    return office


async def test_every_figure_has_its_n(enter: Enter, busy: Office) -> None:
    async with enter() as browser:
        page = await browser.get("/supervise/reports", params={"city": "zhongshan"})
    assert page.status_code == 200
    found = figures_of(page.text)
    assert found["接线员 30 秒内首次回答"] == ("72.7%", "8 / 11")
    assert found["机器人 30 秒内回答"] == ("66.7%", "2 / 3")
    assert found["网上接通率"] == ("90.9%", "10 / 11")
    assert found["电话接通率"] == ("96%", "96 / 100")
    assert found["电话 30 秒内接通"] == ("80%", "80 / 100")
    assert found["满意率（网络平台）"] == ("66.7%", "2 / 3")
    assert found["满意率（热线平台）"] == ("—", "0 / 0")
    assert "n = 13" in page.text
    assert "÷" in page.text  # how each is counted stands beside it


async def test_without_a_city_all_of_them_and_with_one_s_own_only_that(
    enter: Enter, busy: Office
) -> None:
    async with enter() as browser:
        everywhere = figures_of((await browser.get("/supervise/reports")).text)
        assert everywhere["电话接通率"] == ("88.2%", "97 / 110")
        assert everywhere["电话 30 秒内接通"] == ("80%", "80 / 100")  # who did not tell is not in n
    async with enter(city="qingyuan") as browser:
        own = await browser.get("/supervise/reports")
        assert figures_of(own.text)["电话接通率"] == ("10%", "1 / 10")
        assert "n = 1" in own.text
        other = await browser.get("/supervise/reports", params={"city": "zhongshan"})
        assert other.status_code == 422
        assert "不管这个城市" in other.text
        for what in ("export", "sample"):
            assert (await take(browser, what, city="zhongshan")).status_code == 422


async def test_the_workbook(enter: Enter, busy: Office) -> None:
    async with enter(username="banzhang") as browser:
        answer = await take(browser, city="zhongshan", format="xlsx")
        assert "attachment" in answer.headers["content-disposition"]
        found = sheets_of(answer)
    assert list(found) == [
        "指标", "按日期", "按服务", "按事由", "按镇街", "按结果", "按渠道", "镇街和事由",
        "满意率按服务", "满意率按接线员", "满意率按镇街", "满意率按月",
    ]  # fmt: skip
    for name, rows in found.items():
        assert rows[0][0] == name
        assert rows[1][0]  # what it counts
        assert "中山市" in rows[2][0]
        assert rows[3][0].startswith("n = ")
    towns = {row[0]: row[1] for row in found["按镇街"][5:]}
    assert towns["中山市古镇镇"] == FEW
    assert towns["没有说"] == FEW
    assert towns["中山市小榄镇"] == 10
    pairs = {(row[0], row[1]): row[2] for row in found["镇街和事由"][5:]}
    assert pairs["中山市古镇镇", matter_name("marriage_family") or ""] == FEW
    assert 2 not in pairs.values()
    assert {row[0]: row[1] for row in found["按结果"][5:]}["已转介到窗口"] == 1
    assert {row[0]: row[1] for row in found["按渠道"][5:]}["电话"] == 1
    assert sum(row[1] for row in found["按日期"][6:]) == 13
    (row,) = busy.audited("report.export")
    assert row.username == "banzhang"
    assert row.detail == {"table": "all", "format": "xlsx", "city": "zhongshan", "n": 13}


@pytest.mark.parametrize("by", ["day", "service", "matter", "town", "outcome", "channel",
                                "town_matter", "rated_service", "rated_operator", "rated_town",
                                "rated_month", "figures"])  # fmt: skip
async def test_each_table_as_csv(enter: Enter, busy: Office, by: str) -> None:
    async with enter() as browser:
        rows = rows_of(await take(browser, city="zhongshan", format="csv", by=by))
    assert rows[3][0].startswith("n = ")
    assert any(len(row) > 1 for row in rows)
    assert len(busy.audited("report.export")) == 1
    if by == "town":
        assert [row[1] for row in rows if row and row[0] == "中山市古镇镇"] == [FEW]


async def test_ratings_by_whom_and_where(enter: Enter, office: Office) -> None:
    li, wang = office.hire("李莉"), office.hire("王强")
    for score in ("satisfied", "satisfied", "satisfied", "fair", "dissatisfied", "satisfied"):
        office.rating(office.closed(li, region_id=XIAOLAN), score)
    for _ in range(5):
        office.rating(office.closed(wang, region_id=XIAOLAN), "satisfied")
    office.rating(office.closed(wang, region_id=GUZHEN), "dissatisfied")
    async with enter() as browser:
        page = (await browser.get("/supervise/reports")).text
        by_town = rows_of(await take(browser, format="csv", by="rated_town"))
        by_operator = rows_of(await take(browser, format="csv", by="rated_operator"))
    assert "66.7%" in page
    assert by_operator[-2:] == [
        ["李莉", "6", "4", "1", "1", "66.7%"], ["王强", "6", "5", "0", "1", "83.3%"],
    ]  # fmt: skip
    # one hidden alone could be reckoned from n
    assert by_town[-2:] == [
        ["中山市古镇镇", FEW, "", "", "", ""], ["中山市小榄镇", "不单列", "", "", "", ""],
    ]  # fmt: skip


async def test_merged_tickets_are_counted_once(enter: Enter, office: Office) -> None:
    kept = office.ticket()
    office.ticket(merged_into=kept.id, state="closed", closed_at=office.now, outcome="duplicate")
    async with enter() as browser:
        assert "n = 1" in (await browser.get("/supervise/reports")).text


async def test_a_day_is_one_of_china(enter: Enter, office: Office) -> None:
    """23:30 UTC is the next morning there."""
    office.ticket(opened_at=office.now.replace(year=2026, month=3, day=4, hour=23, minute=30))
    async with enter() as browser:
        query = {"from": "2026-03-05", "to": "2026-03-05", "format": "csv", "by": "day"}
        rows = rows_of(await take(browser, **query))
        before = rows_of(await take(browser, **query | {"from": "2026-03-04", "to": "2026-03-04"}))
    assert rows[-1][:2] == ["2026-03-05", "1"]
    assert before[-1][:2] == ["2026-03-04", "0"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from": "2026-13-01"}, "2026-13-01"),
        ({"from": "0001-01-01"}, "0001-01-01"),
        ({"to": "9999-12-31", "from": "2026-01-01"}, "9999-12-31"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "不能晚于"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "366"),
        ({"city": "beijing"}, "没有这个城市"),
    ],
)
async def test_what_cannot_be_shown_is_said(enter: Enter, query: dict[str, str], said: str) -> None:
    async with enter() as browser:
        for path in ("", "/export", "/sample"):
            answer = await browser.get(f"/supervise/reports{path}", params=query)
            assert answer.status_code == 422
            assert said in answer.text


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("export", {"format": "pdf"}),
        ("export", {"format": "csv", "by": "name"}),
        ("sample", {"count": "0"}),
        ("sample", {"count": "1001"}),
        ("sample", {"count": "²"}),
    ],
)
async def test_what_is_not_there_is_not_written(
    enter: Enter, office: Office, what: str, query: dict[str, str]
) -> None:
    async with enter() as browser:
        assert (await take(browser, what, **query)).status_code == 422
    assert office.audited("report.export") == office.audited("report.sample") == []


async def test_the_sample_says_nothing_of_anybody(enter: Enter, office: Office) -> None:
    li, now = office.hire("李莉"), office.now
    for n in range(6):
        ticket = office.closed(
            li, region_id=XIAOLAN, trouble="我叫张三", contact="13800138000", queued_at=now,
            taken_at=now, first_reply_at=now + timedelta(seconds=10 + 30 * n), opened_at=now,
            summary=["张三"], said=("我叫张三",),
        )  # fmt: skip
        if n == 0:
            office.rating(ticket, "dissatisfied")
    office.closed(li, region_id="441802100", city="qingyuan", matter="marriage_family")
    office.ticket(region_id=XIAOLAN)  # not closed
    async with enter() as browser:
        rows = rows_of(await take(browser, "sample", format="csv", count=50))
        book = sheets_of(await take(browser, "sample", count=3))
    head, *drawn = rows[5:]
    assert head == [
        "周（星期一）",
        "平台",
        "服务",
        "事由",
        "县区",
        "办理结果",
        "评价",
        "等人的时间",
    ]
    assert rows[3] == ["n = 7"]
    assert len(drawn) == 7
    assert len(book["抽样"]) == 6 + 3
    assert {row[0] for row in drawn} == {
        str(china_day(now) - timedelta(days=china_day(now).weekday()))
    }
    assert sorted(row[6] for row in drawn) == ["不满意", *["没有评价"] * 6]
    assert {row[7] for row in drawn} == {"30 秒以内", "5 分钟以内", "没有排队"}
    assert {row[4] for row in drawn} == {"中山市", "不写"}  # one of its kind names no county
    written = str(rows) + str(book)
    for secret in ("张三", "13800138000", "李莉", ticket.number):
        assert secret not in written
    assert [row.detail["drawn"] for row in office.audited("report.sample") if row.detail] == [7, 3]


async def test_for_supervisors_only(enter: Enter) -> None:
    async with enter(Role.OPERATOR) as browser:
        for path in ("", "/export", "/sample", "/calls"):
            assert (await browser.get(f"/supervise/reports{path}")).status_code == 403
