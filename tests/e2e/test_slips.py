"""A desk's day in a browser: one slip finished, one sent back, and the resident sees how it goes.

`WENFA_SCREENSHOTS=1` writes the pictures of docs/desks.md; otherwise they are only tried.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize, expect

from tests.e2e.chat_page import PHONE, WAGES, Chat
from tests.e2e.conftest import PATIENCE, OpenChat
from tests.e2e.staff import PASSWORD, Operator, wenfa
from tests.e2e.test_accessibility import WCAG
from tests.e2e.test_screenshots import folder, take
from tests.stack import Stack

__all__ = ["folder"]
pytestmark = pytest.mark.e2e
XIAOLAN = "point.442000118"
PLACE = "小榄镇公共法律服务站"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
OpenDesk = Callable[..., Chat]


@pytest.fixture
def at_desk(stack: Stack, browser: Browser) -> Iterator[OpenDesk]:
    """at_desk(name, viewport) → a desk's browser that has come in; it never complains."""
    opened: list[Chat] = []

    def enter(name: str = "陈站长", viewport: ViewportSize = DESKTOP) -> Chat:
        username = f"d{uuid.uuid4().hex[:8]}"
        wenfa(
            stack, "user", "add", username, "--role", "desk", "--place", XIAOLAN,
            "--display", name, "--password-stdin", typed=PASSWORD + "\n",
        )  # fmt: skip
        context = browser.new_context(viewport=viewport, locale="zh-CN", reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        desk = Chat(context.new_page(), stack.url)
        opened.append(desk)
        desk.page.goto(f"{stack.url}/console/login")
        desk.page.get_by_label("用户名").fill(username)
        desk.page.get_by_label("密码").fill(PASSWORD)
        desk.page.get_by_role("button", name="登录").click()
        desk.page.wait_for_url(f"{stack.url}/desk")  # who is only a desk starts there
        return desk

    yield enter
    for desk in opened:
        desk.page.context.close()
    assert [url for desk in opened for url in desk.foreign_requests] == []
    # a browser calls a form that comes back (422), and an old page (409), an error
    heard = [text for desk in opened for text in desk.complaints]
    assert [text for text in heard if "status of 4" not in text] == []


def sound(desk: Chat) -> None:
    """No violation by day and by night, nothing wider than a phone, nothing that needs a script."""
    desk.page.set_viewport_size(PHONE)
    for scheme in ("light", "dark"):
        desk.page.emulate_media(color_scheme=scheme)
        violations = Axe().run(desk.page, options=WCAG).response["violations"]
        assert [(one["id"], [n["html"][:120] for n in one["nodes"]]) for one in violations] == []
    assert desk.overflow() == 0
    desk.page.emulate_media(color_scheme="light")
    desk.page.set_viewport_size(DESKTOP)


def push(desk: Chat, name: str) -> None:
    desk.page.get_by_role("button", name=name, exact=True).click()


def test_one_slip_is_finished_and_one_sent_back(
    stack: Stack, open_chat: OpenChat, at_desk: OpenDesk, folder: Path
) -> None:
    resident = open_chat()
    resident.ask(WAGES)
    resident.ask("转人工")
    number = resident.page.locator("#log .ticket .number").inner_text().replace(" ", "")
    with stack.client() as client:
        operator = Operator.of(stack, client)
        assert operator.do(number, "claim").status_code == 200

        def sends(service: str, request: str) -> dict[str, Any]:
            asked = {"service": service, "place": XIAOLAN, "request": request, "consent": True}
            answer = operator.do(number, "slips", **asked)
            assert answer.status_code == 201, answer.text
            found: dict[str, Any] = answer.json()
            return found

        aid = sends("legal_aid", "拖欠三个月工资，想申请法律援助，合同在手")
        talk = sends("peoples_mediation", "老板愿意谈，请约一次调解")
        expect(resident.page.locator("#log")).to_contain_text(f"您的事已转给{PLACE}")
        operator.do(number, "handback", note="已转小榄站")
        expect(resident.page.locator("#log")).to_contain_text("接线员先忙到这里")

        desk = at_desk()
        expect(desk.page.locator("#new + .slips a")).to_have_count(2)
        sound(desk)
        size = desk.page.viewport_size
        assert size
        take(desk, folder / "desk-list.png", size["width"], size["height"])

        # finished
        desk.page.get_by_role("link", name=aid["number_shown"]).click()
        expect(desk.page.get_by_text("拖欠三个月工资，想申请法律援助")).to_be_visible()
        assert desk.page.locator("script").count() == 0
        sound(desk)
        push(desk, "接收")
        expect(desk.page.locator(".done")).to_have_text("已接收。")
        assert f"您的事已转到{PLACE}" in resident.ask("查进度")
        push(desk, "开始办理")
        desk.page.get_by_label("写一句进展").fill("约了周一来签申请表")
        push(desk, "写进展")
        expect(desk.page.get_by_text("约了周一来签申请表")).to_be_visible()
        sound(desk)
        take(desk, folder / "desk-slip.png", size["width"], size["height"])
        desk.page.get_by_role("link", name="办结", exact=True).click()
        push(desk, "确认办结")
        expect(desk.page.locator(".wrong")).to_be_visible()  # a result is needed
        sound(desk)
        desk.page.get_by_label("办理结果").fill("已受理，指派律师")
        push(desk, "确认办结")
        expect(desk.page.locator(".done")).to_have_text("已办结。")
        expect(resident.page.locator("#log")).to_contain_text("已把您转去的事办结了")
        expect(resident.page.get_by_role("button", name="满意", exact=True).last).to_be_visible()

        # sent back, by keyboard only
        desk.page.goto(f"{stack.url}/desk/slips/{talk['number']}")
        desk.press_until("Tab", "a[href$='/return']")
        desk.page.keyboard.press("Enter")
        desk.page.wait_for_url("**/return")
        sound(desk)
        desk.press_until("Tab", "input[name=reason]")
        desk.page.keyboard.press("Space")
        desk.press_until("Tab", "#text")
        desk.page.keyboard.type("是劳动仲裁的事")
        desk.press_until("Tab", "button.primary")
        desk.page.keyboard.press("Enter")
        expect(desk.page.locator(".done")).to_contain_text("已退回")
        sound(desk)
        seen = operator.see(number)
        assert seen["responsible"] == PLACE  # the other desk has accepted, and answers
        event = seen["events"][-1]
        assert (event["kind"], event["actor"]) == ("slip_returned", "陈站长")
        assert "不归本台管：是劳动仲裁的事" in event["text"]

        # what has been decided is not decided again by an old page
        desk.page.goto(f"{stack.url}/desk/slips/{talk['number']}/finish")
        expect(desk.page.get_by_role("alert")).to_contain_text("已退回")
