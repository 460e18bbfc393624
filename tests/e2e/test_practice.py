"""Practice by keyboard on a telephone; and the product hears in each case what the case teaches."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, expect

from bot.practice.cases import Asks, practice_cases
from tests.e2e.chat_page import PHONE
from tests.e2e.conftest import PATIENCE
from tests.e2e.console_page import Console, hire
from tests.e2e.test_accessibility import violations
from tests.stack import Stack

pytestmark = pytest.mark.e2e
AMONG = 3  # of the matters and of the desks, as a resident gets them offered


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_case_by_keyboard_alone(stack: Stack, browser: Browser, scheme: str) -> None:
    """Choose by Enter, read why, come to the result; nothing to complain of on any page."""
    username = f"new{uuid4().hex[:8]}"
    hire(stack, username, "新来的")
    context = browser.new_context(
        viewport={"width": 360, "height": PHONE["height"]},
        locale="zh-CN",
        reduced_motion="reduce",
        color_scheme="dark" if scheme == "dark" else "light",
    )
    context.set_default_timeout(PATIENCE)
    console = Console(context.new_page(), stack.url)
    page = console.page
    console.goto()
    console.log_in(username)
    page.wait_for_url("**/console")
    console.goto("/console/practice")
    expect(page.get_by_text("没做过").first).to_be_visible()
    assert violations(console) == []
    assert console.overflow() == 0
    page.get_by_role("link", name="小声打来的电话").press("Enter")
    case = practice_cases()["violence"]
    for turn in case.turns:
        expect(page.get_by_role("heading", level=2)).not_to_be_empty()
        unsafe = next((one for one in turn.choices if one.fit == "unsafe"), turn.best)
        page.get_by_role("button", name=unsafe.text, exact=True).press("Enter")
        expect(page.locator("#now")).to_contain_text(unsafe.text)
        expect(page.locator("#now")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="安全错误")).to_be_visible()
    assert violations(console) == []
    assert console.overflow() == 0
    page.get_by_role("link", name="回到全部案例").press("Enter")
    expect(page.get_by_text("处安全错误")).to_be_visible()
    context.close()
    assert console.foreign_requests == []
    assert console.complaints == []


def test_the_product_hears_what_the_cases_teach(stack: Stack) -> None:
    """The opening words of every case, given to the real engine."""
    cases = list(practice_cases().values())
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        texts = [case.turns[0].says for case in cases]
        answer = client.post("/api/v1/triage/batch", json={"texts": texts})
    answer.raise_for_status()
    wrong = []
    for case, heard in zip(cases, answer.json()["results"], strict=True):
        desks = [one["service"] for one in heard["referrals"]][:AMONG]
        matters = [one["id"] for one in heard["matters"]][:AMONG]
        if heard["urgent"]["kind"] != case.urgent:
            wrong.append(f"{case.id}: {heard['urgent']['kind']}, taught {case.urgent}")
        if case.matter != "general" and case.matter not in matters:
            wrong.append(f"{case.id}: {matters}, taught {case.matter}")
        taught = [turn.best.label for turn in case.turns if turn.asks is Asks.service]
        if not set(taught) <= set(desks):
            wrong.append(f"{case.id}: {desks}, taught {taught}")
    assert not wrong, "\n".join(wrong)
