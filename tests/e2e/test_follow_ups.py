"""A complaint from the chat to the supervisor who closes it, at 360 px and by keyboard."""

from __future__ import annotations

import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PATIENCE
from tests.e2e.console_page import Console, Resident, hire
from tests.e2e.test_accessibility import WCAG
from tests.stack import Stack

pytestmark = pytest.mark.e2e
SAID = "交了三千块写诉状，写错了名字，退也不肯退"


def tap(resident: Resident, choice: str) -> None:
    message = {"id": uuid.uuid4().hex, "choice": choice}
    body = {"session": resident.session, "message": message}
    resident.client.post("/api/v1/chat", json=body).raise_for_status()


def test_a_complaint_reaches_a_supervisor_and_is_closed(stack: Stack, browser: Browser) -> None:
    username = f"b{uuid.uuid4().hex[:8]}"
    hire(stack, username, "何班长", "supervisor")
    with stack.client() as client:
        resident = Resident.arrives(client, "zhongshan")
        tap(resident, "complain:begin")
        tap(resident, "complain:lawyer")
        number = resident.say(SAID)["ticket"]["number"]
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, locale="zh-CN", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    console = Console(context.new_page(), stack.url)
    page = console.page
    console.goto("/supervise/follow-ups")
    console.log_in(username)
    one = page.locator(".follow-up").filter(has_text=SAID)
    expect(one).to_contain_text("投诉 · 律师、律师事务所")
    expect(one.get_by_role("link", name="工单")).to_have_attribute(
        "href", f"/console?ticket={number}"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page, options=WCAG).response["violations"] == []
    # without a decision it stays, and says what is missing
    one.get_by_label("处理结果").fill("问过律所，已退费。")
    one.get_by_role("button", name="办结").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("没有存下")
    expect(one).to_contain_text("请选投诉属实还是不属实")
    expect(one.get_by_label("处理结果")).to_have_value("问过律所，已退费。")
    assert Axe().run(page, options=WCAG).response["violations"] == []
    one.get_by_label("属实", exact=True).press("Space")
    one.get_by_role("button", name="办结").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("办结了")
    expect(one).to_contain_text("已办结")
    assert Axe().run(page, options=WCAG).response["violations"] == []
    context.close()
