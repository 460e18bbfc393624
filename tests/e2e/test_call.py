"""Telephone and counter: an operator writes along, the panel fills, one key makes the ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from tests.e2e.chat_page import PHONE
from tests.e2e.conftest import PATIENCE
from tests.e2e.console_page import PASSWORD, Console, hire
from tests.e2e.test_accessibility import violations
from tests.e2e.test_screenshots import folder, take
from tests.stack import Stack

__all__ = ["folder"]
pytestmark = pytest.mark.e2e
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
WAGES = "我在小榄的厂里做工，老板拖欠我三个月工资，上个月20号我离职了"
VIOLENCE = "我老公正在打我，我躲在房间里"
CALLER = "13800138000"


class Call(Console):
    """The page on which a call is taken down."""

    def goto(self, path: str = "/console/call") -> None:
        super().goto(path)

    def part(self, name: str) -> Locator:
        """A section of the panel."""
        return self.page.get_by_role("complementary").get_by_role("region", name=name, exact=True)

    @property
    def to_say(self) -> Locator:
        """What the operator says now."""
        return self.page.locator("#say")


@pytest.fixture(scope="module")
def username(stack: Stack) -> str:
    name = f"call{uuid4().hex[:8]}"
    hire(stack, name, "李莉")
    return name


@pytest.fixture
def call(stack: Stack, browser: Browser, username: str) -> Iterator[Call]:
    """Logged in, before an empty page; nothing leaves the product, nothing is complained of."""
    context = browser.new_context(viewport=DESKTOP, locale="zh-CN", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = Call(context.new_page(), stack.url)
    page.goto()
    page.log_in(username, PASSWORD)
    expect(page.box).to_be_focused()
    yield page
    context.close()
    assert page.foreign_requests == []
    assert page.complaints == []


def test_a_call_fills_the_panel_and_one_key_makes_the_ticket(call: Call, folder: Path) -> None:
    expect(call.to_say).to_contain_text("12348")
    call.box.press_sequentially(WAGES, delay=5)
    expect(call.part("找哪里").get_by_role("listitem").first).to_contain_text("劳动")
    expect(call.part("近处的地方")).to_contain_text("小榄")
    expect(call.part("期限")).to_contain_text("最后一天")
    expect(call.part("现成的答案")).to_contain_text("工资")
    expect(call.page.locator("#place-heard")).to_contain_text("中山市小榄镇")
    expect(call.page.locator("#matter-heard")).to_contain_text("劳动人事")
    assert call.box.input_value() == WAGES
    # the next line, without the hands leaving the keys: the place has been said already
    call.box.press("Alt+ArrowDown")
    expect(call.to_say).to_contain_text("单位全名")
    # legal aid, asked on the side: the focus stays with the questions
    aid = call.part("法律援助")
    aid.get_by_role("button", name="没有", exact=True).first.click()
    aid.get_by_role("button", name=re.compile("农民工")).first.click()
    expect(aid).to_contain_text("可能符合")
    call.part("找哪里").get_by_role("button", name="告诉对方了").first.click()
    call.page.locator("#assist").evaluate("node => node.scrollTo(0, 0)")
    take(call, folder / "console-call.png", DESKTOP["width"], DESKTOP["height"])
    # a number without a yes is refused in words, and nothing is lost
    call.page.get_by_label("对方的电话").fill(CALLER)
    call.expect_complaints()  # the browser itself reports the refusal
    call.box.press("Control+Enter")
    expect(call.alert).to_contain_text("同意")
    assert call.box.input_value() == WAGES
    call.page.get_by_label(re.compile("对方同意留电话")).check()
    call.page.get_by_label(re.compile("方便回拨")).check()
    call.page.reload()
    expect(call.box).to_have_value(WAGES)
    expect(call.page.get_by_label("对方的电话")).to_have_value(CALLER)
    expect(call.part("法律援助")).to_contain_text("可能符合")
    call.box.press("Control+Enter")
    shown = call.page.locator("#made .number")
    expect(shown).to_have_text(re.compile(r"^\d{4} \d{4} \d{4}$"))
    expect(call.page.locator("#made-title")).to_be_focused()
    expect(call.to_say).to_contain_text("工单号")
    number = shown.inner_text().replace(" ", "")
    summary = call.page.locator("#summary li")
    expect(summary).to_have_count(6)
    expect(summary.nth(5)).to_contain_text("可能符合")
    call.page.get_by_role("button", name="满意", exact=True).click()
    expect(call.page.locator("#rate")).to_be_hidden()
    call.page.get_by_label("已转介到窗口").check()
    call.page.get_by_role("button", name="办结", exact=True).click()
    expect(call.page.locator("#close")).to_be_hidden()
    call.page.get_by_role("link", name="在话务台里打开").click()
    expect(call.heading).to_contain_text(f"{number[:4]} {number[4:8]} {number[8:]}")
    expect(call.log).to_contain_text(WAGES)


def test_danger_comes_first_and_two_calls_do_not_mix(call: Call) -> None:
    call.box.fill("我想给卖房的委托书做个公证")
    expect(call.part("找哪里")).to_contain_text("公证")
    call.page.get_by_role("button", name="再记一位").click()
    expect(call.box).to_have_value("")
    call.box.fill(VIOLENCE)
    expect(call.page.locator("#danger")).to_contain_text("110")
    expect(call.to_say).to_contain_text("请先打 110")
    call.page.get_by_role("button", name="说过了，下一句").click()
    expect(call.to_say).to_contain_text("您说话方便吗")
    call.page.locator("#calls").get_by_role("button").first.click()
    expect(call.box).to_have_value("我想给卖房的委托书做个公证")
    expect(call.page.locator("#danger")).to_be_empty()
    expect(call.to_say).to_contain_text("12348")


def test_when_the_network_fails_nothing_is_lost_and_one_ticket_is_made(call: Call) -> None:
    expect(call.to_say).to_contain_text("12348")
    call.box.fill(WAGES)
    expect(call.part("找哪里")).to_contain_text("劳动")
    call.expect_complaints()
    for door in ("assist", "calls"):
        call.page.route(f"**/api/v1/{door}", lambda route: route.abort())
    call.box.press_sequentially("，还有加班费")
    expect(call.page.locator("#assist > .alert")).to_contain_text("网络")
    expect(call.part("找哪里")).to_contain_text("劳动")  # the last good one stays
    call.box.press("Control+Enter")
    expect(call.alert).to_contain_text("网络")
    expect(call.box).to_have_value(WAGES + "，还有加班费")
    for door in ("assist", "calls"):
        call.page.unroute(f"**/api/v1/{door}")
    made: list[int] = []
    call.page.on(
        "response", lambda r: made.append(r.status) if r.url.endswith("/api/v1/calls") else None
    )
    call.box.press("Control+Enter")
    call.page.keyboard.press("Control+Enter")
    expect(call.page.locator("#made .number")).to_be_visible()
    assert made == [201]
    call.page.get_by_role("button", name="记下一位").click()
    expect(call.box).to_be_focused()
    expect(call.box).to_have_value("")
    expect(call.part("找哪里")).not_to_contain_text("劳动")


def test_it_works_on_a_telephone_and_axe_finds_nothing(call: Call) -> None:
    call.page.set_viewport_size(PHONE)
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        call.page.emulate_media(color_scheme=scheme)
        call.box.fill("")
        assert violations(call) == []
        call.box.fill(VIOLENCE)
        expect(call.page.locator("#danger")).to_contain_text("110")
        expect(call.part("现成的答案").get_by_role("listitem").first).to_be_visible()
        assert violations(call) == []
        assert call.overflow() == 0
    # every line of what helps can be reached without a mouse
    call.box.focus()
    call.press_until("Tab", "#assist")
    call.press_until("Tab", "#assist .p-referrals button")
    call.box.fill(WAGES)
    call.box.press("Control+Enter")
    expect(call.page.locator("#made .number")).to_be_visible()
    assert violations(call) == []
    assert call.overflow() == 0
