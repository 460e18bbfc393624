"""A clerk's morning: from the overdue answer on the first page to what a resident reads.

`WENFA_SCREENSHOTS=1` writes the pictures of docs/staff.md; otherwise they are only tried.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.accounts.tables import LoginSession
from knowledge.database import connect
from knowledge.freshness import CONTENT, count_change
from knowledge.tables import FaqItem
from tests.e2e.chat_page import Chat
from tests.e2e.conftest import PATIENCE, OpenChat
from tests.e2e.staff import PASSWORD, hire
from tests.e2e.test_accessibility import WCAG
from tests.e2e.test_screenshots import folder, take
from tests.stack import Stack

__all__ = ["folder"]
pytestmark = pytest.mark.e2e
DEPOSIT = "real_estate.deposit"
NEW_ANSWER = (
    "合同到期、房子和家具没有坏，可以要回押金。"
    "先把交房时拍的照片和合同找出来，再请人民调解员一起说。"
)


@dataclass
class Clerk:
    """A browser on the staff's site."""

    page: Page
    url: str
    username: str

    def goto(self, path: str) -> None:
        self.page.goto(f"{self.url}/admin{path}")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    @property
    def done(self) -> Locator:
        return self.page.locator(".done")


@pytest.fixture
def come_in(stack: Stack, browser: Browser) -> Iterator[object]:
    """come_in(role, display, viewport) → a Clerk who has logged in; the browser never complains."""
    opened: list[tuple[Page, list[str]]] = []

    def enter(role: str, display: str, viewport: ViewportSize | None = None) -> Clerk:
        username = f"c{uuid.uuid4().hex[:8]}"
        hire(stack, username, display, role)
        context = browser.new_context(
            viewport=viewport or {"width": 1280, "height": 800},
            locale="zh-CN",
            reduced_motion="reduce",
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type == "error" and "status of 4" not in said.text
                else None
            ),
        )
        opened.append((page, complaints))
        page.goto(f"{stack.url}/admin")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(f"{stack.url}/admin")
        return Clerk(page, stack.url, username)

    yield enter
    for page, _ in opened:
        page.context.close()
    assert [text for _, complaints in opened for text in complaints] == []


@pytest.fixture
def overdue(stack: Stack) -> None:
    """An answer whose day of review is long over."""
    database = connect(f"sqlite:///{stack.home / 'wenfa.sqlite3'}")
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        item = session.get_one(FaqItem, DEPOSIT)
        item.review_by = date(2026, 1, 31)
        count_change(session, CONTENT)
    database.dispose()


def shot(clerk: Clerk, file: Path) -> None:
    size = clerk.page.viewport_size
    assert size is not None
    take(Chat(clerk.page, clerk.url), file, size["width"], size["height"])


def test_a_clerk_s_morning(
    overdue: None, come_in: OpenChat, open_chat: OpenChat, tmp_path: Path, folder: Path
) -> None:
    clerk: Clerk = come_in("reviewer", "周敏")  # type: ignore[assignment]
    title = "退租了，房东不退押金"
    # the first page says what is overdue, and leads there
    expect(clerk.link(title)).to_be_visible()
    shot(clerk, folder / "admin-home.png")
    clerk.link(title).click()
    expect(clerk.page.get_by_text("过了核对日期").first).to_be_visible()
    # too early to publish: what is wrong stands beside its field
    clerk.page.get_by_label("短答").fill("一定能要回来。")
    clerk.button("发布").click()
    expect(clerk.page.get_by_text("“一定能”像是保证结果")).to_be_visible()
    expect(clerk.page.get_by_text("要写 25 到 100 个字")).to_be_visible()
    shot(clerk, folder / "admin-wrong.png")
    clerk.page.get_by_label("短答").fill(NEW_ANSWER)
    clerk.page.get_by_label("最晚哪天再核对").fill("2027-06-30")
    clerk.button("存草稿").click()
    expect(clerk.done).to_contain_text("居民还看不到")
    # tried before anybody sees it
    clerk.link("试一试").click()
    clerk.page.get_by_label("像居民那样问一句").fill("租房押金房东不退怎么办")
    clerk.button("问").click()
    expect(clerk.page.get_by_text("就是这一条")).to_be_visible()
    shot(clerk, folder / "admin-try.png")
    clerk.page.go_back()
    clerk.page.go_back()
    clerk.button("发布").click()
    expect(clerk.done).to_contain_text("居民马上看得到")
    # and a resident who asks gets the new words, in the conversation and on the page
    resident = open_chat()
    resident.ask("租房押金房东不退怎么办")
    expect(resident.log.locator(".card.faq")).to_contain_text(NEW_ANSWER)
    resident.page.goto(f"{resident.url}/faq/item/{DEPOSIT}")
    expect(resident.page.get_by_text(NEW_ANSWER)).to_be_visible()
    # two rows of a workbook are wrong: refused with reasons, nothing written
    file = tmp_path / "faq.xlsx"
    clerk.goto("/excel")
    shot(clerk, folder / "admin-excel.png")
    with clerk.page.expect_download() as download:
        clerk.link("常见问题").last.click()
    download.value.save_as(file)
    rows = _rows(file)
    spoilt = tmp_path / "spoilt.xlsx"
    _change(
        file,
        spoilt,
        {
            rows["labor.wages_unpaid"]: {
                "短答": "保证能要到钱，包赢，请放心来问我们一起去要。多带上材料。"
            },
            rows["labor.boss_gone"]: {"依据": "听说的"},
            rows[DEPOSIT]: {"短答": NEW_ANSWER.replace("再请", "然后请")},
        },
    )
    _send(clerk, spoilt)
    expect(clerk.page.get_by_text("有写错的行，整份都还没有写入")).to_be_visible()
    expect(clerk.page.get_by_text("像是保证结果").first).to_be_visible()
    expect(clerk.page.get_by_text("“听说的”看不懂")).to_be_visible()
    expect(clerk.page.get_by_role("button", name="写入这")).to_have_count(0)
    shot(clerk, folder / "admin-excel-refused.png")
    # mended, and applied
    mended = tmp_path / "mended.xlsx"
    _change(file, mended, {rows[DEPOSIT]: {"短答": NEW_ANSWER.replace("再请", "然后请")}})
    _send(clerk, mended)
    clerk.button("写入这 1 行").click()
    expect(clerk.done).to_contain_text("居民马上看得到")
    resident.page.reload()
    expect(resident.page.get_by_text("然后请")).to_be_visible()
    # rolled back to what was published this morning
    clerk.goto(f"/faq/{DEPOSIT}/history")
    shot(clerk, folder / "admin-history.png")
    clerk.button("退回到这一版").first.click()
    expect(clerk.done).to_contain_text("已退回到那一版")
    resident.page.reload()
    expect(resident.page.get_by_text(NEW_ANSWER)).to_be_visible()


def test_what_was_typed_outlives_the_login_on_a_phone(stack: Stack, come_in: OpenChat) -> None:
    clerk: Clerk = come_in("editor", "吴刚", {"width": 360, "height": 740})  # type: ignore[assignment]
    alert, steps = clerk.page.get_by_role("alert"), clerk.page.get_by_label("怎么办")
    typed = "先找出合同，“原件”最好\n再请人民调解员 & 房东一起说"
    clerk.goto(f"/faq/{DEPOSIT}")
    steps.fill(typed)
    _log_out(stack)
    clerk.button("存草稿").click()
    expect(alert).to_contain_text("登录过期了")
    clerk.page.get_by_text("看看您写的").click()
    expect(clerk.page.get_by_text("再请人民调解员 & 房东一起说")).to_be_visible()
    assert clerk.page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert Axe().run(clerk.page, options=WCAG).response["violations"] == []
    clerk.page.get_by_label("用户名").fill(clerk.username)
    clerk.page.get_by_label("密码").fill(PASSWORD)
    clerk.button("登录").click()
    # the form as it was, and nothing is saved but by the clerk
    expect(alert).to_contain_text("还没有保存")
    expect(steps).to_have_value(typed)
    clerk.button("存草稿").click()
    expect(clerk.done).to_contain_text("草稿已保存")
    expect(steps).to_have_value(typed)
    clerk.button("丢掉草稿").click()


def _log_out(stack: Stack) -> None:
    """Everybody, as a long lunch does."""
    database = connect(f"sqlite:///{stack.home / 'wenfa.sqlite3'}")
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        session.execute(delete(LoginSession))
    database.dispose()


def _rows(file: Path) -> dict[str, int]:
    """The row of each answer by its id."""
    sheet = load_workbook(file)["常见问题"]
    return {str(cells[0].value): cells[0].row for cells in sheet.iter_rows(min_row=2)}


def _change(file: Path, to: Path, cells: dict[int, dict[str, str]]) -> None:
    book = load_workbook(file)
    sheet = book["常见问题"]
    columns = {str(cell.value): cell.column for cell in sheet[1]}
    for row, texts in cells.items():
        for title, text in texts.items():
            sheet.cell(row, columns[title]).value = text
    book.save(to)


def _send(clerk: Clerk, file: Path) -> None:
    clerk.goto("/excel")
    clerk.page.set_input_files("#file", file)
    clerk.button("上传，先看一看").click()
    clerk.page.wait_for_url("**/admin/excel/*")
    expect(clerk.page.locator("#reading")).to_have_count(0)


PAGES = [
    "", "/faq", f"/faq/{DEPOSIT}", f"/faq/{DEPOSIT}/try", f"/faq/{DEPOSIT}/history", "/faq/new",
    "/place?q=小榄", "/place/point.442000118", "/person", "/person/new", "/closures", "/questions",
    "/corrections",
    "/excel", "/audit",
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_and_no_sideways_scrolling_on_a_phone(come_in: OpenChat, scheme: str) -> None:
    clerk: Clerk = come_in("reviewer", "周敏", {"width": 360, "height": 740})  # type: ignore[assignment]
    clerk.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    found = {}
    for path in PAGES:
        clerk.goto(path)
        over = clerk.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        violations = Axe().run(clerk.page, options=WCAG).response["violations"]
        found[path] = (
            over,
            [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in violations],
        )
    assert found == dict.fromkeys(PAGES, (0, []))
