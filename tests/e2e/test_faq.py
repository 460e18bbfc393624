"""From the menu to an answer, to its article, and back to the conversation."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import OpenChat
from tests.e2e.test_accessibility import WCAG

pytestmark = pytest.mark.e2e
WAGES = "/faq/item/labor.wages_unpaid"


def test_from_the_menu_to_the_article_and_back(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.page.get_by_role("link", name="常见问题").click()
    chat.page.get_by_role("link", name="劳动人事（").click()
    chat.page.get_by_role("link", name="老板拖欠工资，怎么要回来").click()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("老板拖欠工资，怎么要回来")
    chat.page.get_by_role("link", name="劳动争议调解仲裁法第五十三条").click()
    expect(chat.page.get_by_text("劳动争议仲裁不收费")).to_be_visible()
    chat.page.go_back()
    chat.page.get_by_role("link", name="回到对话").click()
    expect(chat.page.locator("#log > .notice").first).to_be_visible()


def test_a_question_gets_its_answer_and_what_is_asked_after_it(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask("租房押金房东不退怎么办")
    card = chat.log.locator(".card.faq")
    expect(card.get_by_role("heading")).to_have_text("退租了，房东不退押金")
    expect(chat.referrals.first).to_be_visible()
    assert chat.overflow() == 0
    card.get_by_text("怎么办", exact=True).click()
    expect(card.locator("ol li").first).to_be_visible()
    article = card.get_by_role("link", name="民法典").first
    assert str(article.get_attribute("href")).startswith("/law/")
    asked_after = chat.ask("有时间限制吗")
    assert "三年" in asked_after
    assert "民法典第一百八十八条" in asked_after
    assert "谢谢您" in chat.after(lambda: chat.choices.filter(has_text="有帮助").first.click())
    # the trouble is still one that a person can take over
    assert "工单号" in chat.ask("转人工") or "工单" in chat.log.inner_text()


def test_the_box_finds_an_answer_and_leaves_no_trace_in_the_address(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.page.goto(chat.url + "/faq")
    chat.page.get_by_role("searchbox").fill("老板拖欠工资怎么办")
    chat.page.get_by_role("button", name="找答案").click()
    expect(chat.page.get_by_role("link", name="老板拖欠工资，怎么要回来")).to_be_visible()
    assert chat.page.url == chat.url + "/faq"
    assert chat.overflow() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/faq", "/faq/labor", WAGES, "/faq/none"])
def test_no_violation_on_a_small_phone(open_chat: OpenChat, path: str, scheme: str) -> None:
    chat = open_chat(color_scheme=scheme)
    chat.expect_complaints()  # the browser speaks of a 404, which one of these pages is
    chat.page.goto(chat.url + path)
    assert chat.overflow() == 0
    found = Axe().run(chat.page, options=WCAG).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
