"""A supervisor's day in a browser: the board that moves by itself, reports, a quality check.

`WENFA_SCREENSHOTS=1` writes the pictures of docs/supervisors.md; otherwise they are only tried.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, ViewportSize, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.accounts.tables import Account
from bot.clock import utcnow
from bot.duty.tables import Duty
from bot.reports.quality import MOST_DRAWN
from bot.tables import Ticket
from knowledge.china import today
from knowledge.database import connect
from tests.e2e.chat_page import PHONE, Chat
from tests.e2e.conftest import PATIENCE
from tests.e2e.console_page import Resident
from tests.e2e.staff import PASSWORD, Operator, hire
from tests.e2e.test_accessibility import violations
from tests.e2e.test_screenshots import folder, take
from tests.stack import Stack

__all__ = ["folder"]
pytestmark = pytest.mark.e2e
NARROW: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
CALLS = "日期\t呼入\t接通\t三十秒内接通\n{day}\t120\t117\t101"
Enter = Callable[..., Chat]


@pytest.fixture
def come_in(stack: Stack, browser: Browser) -> Iterator[Enter]:
    """come_in(display, viewport) → a supervisor who has logged in; the browser never complains."""
    opened: list[Chat] = []

    def enter(display: str, viewport: ViewportSize = PHONE, **options: Any) -> Chat:
        username = f"b{uuid.uuid4().hex[:8]}"
        hire(stack, username, display, "supervisor")
        context = browser.new_context(
            viewport=viewport, locale="zh-CN", reduced_motion="reduce", accept_downloads=True,
            **options,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        chat = Chat(context.new_page(), stack.url)
        opened.append(chat)
        page = chat.page
        page.goto(f"{stack.url}/supervise")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(f"{stack.url}/supervise")
        return chat

    yield enter
    for chat in opened:
        chat.page.context.close()
    assert [url for chat in opened for url in chat.foreign_requests] == []
    assert [text for chat in opened for text in chat.complaints] == []


def change(stack: Stack, number: str, **values: Any) -> None:
    """What time, or an operator of the console, would have done to a ticket."""
    database = connect(f"sqlite:///{stack.home / 'wenfa.sqlite3'}")
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        session.execute(update(Ticket).where(Ticket.number == number).values(**values))
    database.dispose()


@pytest.fixture(scope="module")
def somebody_there(stack: Stack) -> None:
    """An operator on duty, whose console is heard of: who asks for a person stands in line."""
    username = f"d{uuid.uuid4().hex[:8]}"
    hire(stack, username, "王强")
    now = utcnow()
    database = connect(f"sqlite:///{stack.home / 'wenfa.sqlite3'}")
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        account = session.scalars(select(Account).where(Account.username == username)).one()
        session.add(
            Duty(
                account_id=account.id, state="on", own_word=True, since=now,
                seen_at=now + timedelta(days=1), last_offer_at=None, at_once=20, skills=[],
                regions=[],
            )
        )  # fmt: skip
    database.dispose()


def fits(chat: Chat) -> bool:
    """Nothing is wider than the window; what must be is inside its own frame."""
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return not chat.page.evaluate(wide)


@pytest.mark.usefixtures("somebody_there")
def test_the_board_moves_by_itself(come_in: Enter, stack: Stack, folder: Path) -> None:
    chat = come_in("周敏", DESKTOP)
    page = chat.page
    with stack.client() as client:
        resident = Resident.arrives(client, "zhongshan")
        number = resident.asks_for_a_person("老板拖欠我三个月工资，我在小榄打工")
        shown = f"{number[:4]} {number[4:8]} {number[8:]}"
        line = page.locator("#waits-rows tr").filter(has_text=shown)
        expect(line).to_be_visible()  # nobody has reloaded anything
        expect(line.locator(".standing")).to_have_text("没到时限")
        change(stack, number, waiting_since=utcnow() - timedelta(minutes=9))
        expect(line.locator(".standing")).to_have_text("超过时限")
        expect(page.locator("#n-broken.bad .mark")).to_have_text("要马上处理")
        link = line.get_by_role("link")
        link.focus()
        for other in range(3):
            Resident.arrives(client, "zhongshan").asks_for_a_person(f"工厂欠薪，第{other}个人")
        numbers = page.locator("#waits-rows a")
        expect(page.locator("#waits-rows tr").nth(3)).to_be_visible()
        expect(link).to_be_focused()
        for href in numbers.evaluate_all("links => links.map((link) => link.search)"):
            change(stack, href.partition("=")[2], opponent="某某电子厂")
        expect(page.locator("#opponents-rows tr").first).to_contain_text("某某电子厂")
        assert violations(chat) == []
        take(chat, folder / "supervise-board.png", DESKTOP["width"], DESKTOP["height"])
        operator = Operator.of(stack, client)
        assert operator.do(number, "claim").status_code == 200
        expect(line).to_have_count(0)
    page.set_viewport_size(NARROW)
    assert fits(chat)
    assert violations(chat) == []
    chat.expect_complaints()
    page.route("**/api/v1/board", lambda route: route.abort())
    expect(page.locator("#stale")).to_contain_text("连不上服务器")


def test_it_works_without_scripts(come_in: Enter) -> None:
    chat = come_in("周敏", java_script_enabled=False)
    expect(chat.page.get_by_role("heading", name="谁在等")).to_be_visible()
    expect(
        chat.page.locator("noscript").or_(chat.page.get_by_text("请自己刷新页面")).first
    ).to_be_visible()


@pytest.mark.usefixtures("somebody_there")
def test_reports_calls_and_a_quality_check(come_in: Enter, stack: Stack, folder: Path) -> None:
    with stack.client() as client:
        operator = Operator.of(stack, client, display="李莉")
        for _ in range(2):
            number = Resident.arrives(client, "zhongshan").asks_for_a_person("老板拖欠工资")
            assert operator.do(number, "claim").status_code == 200
            operator.do(number, "reply", id="1", text="您好，我看到您说的了。")
            assert operator.do(number, "close", outcome="answered").status_code == 200
    chat = come_in("周敏", NARROW)
    page = chat.page
    page.goto(f"{stack.url}/supervise/reports/calls")
    page.get_by_label("城市").select_option("zhongshan")
    page.get_by_label("粘贴在这里").fill(CALLS.format(day=today()))
    page.get_by_role("button", name="先看一看").press("Enter")
    expect(page.get_by_role("heading", name="读到 1 天")).to_be_visible()
    assert fits(chat)
    assert violations(chat) == []
    page.get_by_role("button", name="确认导入").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已导入")

    page.goto(f"{stack.url}/supervise/reports?city=zhongshan")
    expect(page.locator(".figures tr").filter(has_text="电话接通率")).to_contain_text("97.5%")
    assert fits(chat)
    assert violations(chat) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="全部表格（xlsx）").click()
    book = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert book.sheetnames[0] == "指标"
    with page.expect_download() as download:
        page.get_by_role("button", name="下载 CSV").click()
    assert download.value.suggested_filename.startswith("抽样-")
    page.set_viewport_size(DESKTOP)
    page.evaluate("window.scrollTo(0, 0)")
    take(chat, folder / "supervise-reports.png", DESKTOP["width"], DESKTOP["height"])
    page.set_viewport_size(NARROW)

    page.goto(f"{stack.url}/supervise/quality")
    # other stories may have left tickets of others: enough is drawn that everybody's is among it
    page.locator("input[name=count]").fill(str(MOST_DRAWN))
    page.get_by_role("button", name="抽取").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已抽取")
    assert fits(chat)
    assert violations(chat) == []
    row = page.get_by_role("row").filter(has_text="李莉").first
    row.get_by_role("link", name="看和评").press("Enter")
    expect(page.get_by_role("heading", name="对话")).to_be_visible()
    for choice in page.get_by_role("radio", name="是", exact=True).all():
        choice.press("Space")
    assert fits(chat)
    assert violations(chat) == []
    page.get_by_role("button", name="保存").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("评查已保存")
    expect(page.get_by_role("rowheader", name="李莉")).to_be_visible()


def test_no_ticket_is_without_somebody_who_answers_for_it(stack: Stack) -> None:
    """Whatever the tests before this one have done with it."""
    from bot.reports.now import unowned

    database = connect(f"sqlite:///{stack.home / 'wenfa.sqlite3'}")
    with Session(database) as session:
        assert list(session.scalars(select(Ticket.number).where(unowned()))) == []
    database.dispose()
