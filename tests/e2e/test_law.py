"""From a citation to the article and back, and an article that is asked for in the conversation."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.chat_page import PHONE, WAGES, Chat
from tests.e2e.conftest import OpenChat
from tests.e2e.test_accessibility import WCAG

pytestmark = pytest.mark.e2e


def test_a_citation_leads_to_the_article_and_back(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    link = chat.referrals.first.locator(".basis a").first
    named = link.inner_text()
    link.click()
    chat.page.wait_for_url("**/law/**")
    assert unquote(chat.page.url).replace("/", "").endswith("law" + named)
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(named)
    expect(chat.page.get_by_text("不是对您这件事的意见")).to_be_visible()
    assert chat.overflow() == 0
    chat.page.get_by_role("link", name="回到对话").click()
    expect(chat.me.locator(".bubble")).to_have_text([WAGES])
    expect(chat.referrals.first).to_be_visible()


def test_an_article_that_is_asked_for(open_chat: OpenChat) -> None:
    chat = open_chat()
    said = chat.ask("劳动合同法第三十八条怎么说")
    assert "劳动者可以解除劳动合同" in said
    assert "不是对您这件事的意见" in said
    chat.page.locator("#log .card.law a").click()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("劳动合同法第三十八条")
    chat.page.get_by_role("link", name="第三十九条").click()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("劳动合同法第三十九条")


def test_words_are_searched(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.page.goto(chat.url + "/law")
    box = chat.page.get_by_role("searchbox")
    box.fill("经济补偿 解除")
    box.press("Enter")
    chat.page.get_by_role("link", name="劳动合同法第四十六条").click()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("劳动合同法第四十六条")
    box = chat.page.get_by_role("link", name="查法律条文")
    box.click()
    chat.page.get_by_role("searchbox").fill("消法55条")
    chat.page.get_by_role("button", name="查", exact=True).click()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("消费者权益保护法第五十五条")


def test_quick_exit_stands_here_too(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    chat.page.goto(chat.url + "/law/反家庭暴力法/第二十三条")
    chat.page.get_by_role("link", name="快速离开").click()
    chat.page.wait_for_url("**/leave")
    chat.page.goto(chat.url + "/")
    expect(chat.page.locator("#log > .notice").first).to_be_visible()
    expect(chat.me).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    ["/law", "/law?q=经济补偿", "/law/法律援助法", "/law/商标法/第三条", "/law/没有这部法"],
)
def test_no_violation(open_chat: OpenChat, path: str, scheme: str) -> None:
    chat: Chat = open_chat(color_scheme=scheme)
    chat.expect_complaints()  # the browser speaks of a 404, which one of these pages is
    chat.page.goto(chat.url + path)
    assert chat.page.viewport_size == PHONE
    assert chat.overflow() == 0
    found = Axe().run(chat.page, options=WCAG).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
