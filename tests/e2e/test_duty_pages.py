"""/supervise/duty and /supervise/callbacks in a browser: narrow, by keyboard, without barriers."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from tests.e2e.staff import hire
from tests.e2e.test_accessibility import violations
from tests.e2e.test_supervise import NARROW, Enter, come_in, fits
from tests.stack import Stack

__all__ = ["come_in"]
pytestmark = pytest.mark.e2e


def test_duty_and_call_backs_by_keyboard_at_360_pixels(come_in: Enter, stack: Stack) -> None:
    username = f"d{uuid.uuid4().hex[:8]}"
    hire(stack, username, "冯凡")
    chat = come_in("周敏", NARROW)
    page = chat.page
    page.goto(f"{stack.url}/supervise/duty")
    expect(page.get_by_role("heading", name="值班", exact=True)).to_be_visible()
    assert fits(chat)
    assert violations(chat) == []

    form = page.get_by_role("form", name="清远的值班时间")
    form.get_by_label("每半天最多约几个回电").fill("many")
    chat.expect_complaints()  # the browser says so of a page that answers 422
    form.get_by_role("button", name="保存值班时间").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("还没有保存")
    assert violations(chat) == []
    form.get_by_label("每半天最多约几个回电").fill("9")
    form.get_by_role("button", name="保存值班时间").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("改好了")
    # the hours that the test's cities have are still there
    expect(form.get_by_label("值班时间", exact=True)).to_have_value("周一至周日 00:00-24:00")

    page.get_by_role("link", name="安排：冯凡").press("Enter")
    page.get_by_role("checkbox", name="公证").press("Space")
    page.get_by_label("接哪些镇街、区县").fill("小榄镇")
    assert fits(chat)
    assert violations(chat) == []
    page.get_by_role("button", name="保存").press("Enter")
    row = page.get_by_role("row").filter(has_text="冯凡")
    expect(row).to_contain_text("公证")
    expect(row).to_contain_text("小榄镇")

    page.goto(f"{stack.url}/supervise/callbacks")
    expect(page.get_by_text("约了 0 个，最多 9 个").first).to_be_visible()
    assert fits(chat)
    assert violations(chat) == []
