"""axe finds no violation of WCAG 2.1 A or AA on any face of the page, at 360 px."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.chat_page import VIOLENCE, WAGES, WHICH_TAIPING, Chat
from tests.e2e.conftest import OpenChat

pytestmark = pytest.mark.e2e
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


def first_view(chat: Chat) -> None:
    """As it opens."""


def menu_open(chat: Chat) -> None:
    chat.ask(WAGES)
    chat.page.get_by_role("button", name="服务菜单").click()
    chat.page.get_by_role("navigation", name="服务菜单").get_by_text("更多服务").click()


def answer_with_cards(chat: Chat) -> None:
    chat.ask(WAGES)
    expect(chat.referrals.first).to_be_visible()
    expect(chat.places.first).to_be_visible()
    for details in chat.places.locator("summary").all():
        details.click()


def ambiguous_choices(chat: Chat) -> None:
    chat.ask(WHICH_TAIPING)
    expect(chat.choices).to_have_count(2)


def choice_taken(chat: Chat) -> None:
    chat.ask(WHICH_TAIPING)
    chat.after(chat.choices.first.click)


def urgent_notice(chat: Chat) -> None:
    chat.ask(VIOLENCE)
    expect(chat.log.locator(".notice.urgent")).to_be_visible()


def error_state(chat: Chat) -> None:
    chat.expect_complaints()
    chat.page.route("**/api/v1/chat", lambda route: route.abort())
    chat.box.fill(WAGES)
    chat.box.press("Enter")
    expect(chat.page.get_by_role("button", name="重新发送")).to_be_visible()


def while_waiting(chat: Chat) -> None:
    chat.expect_complaints()
    chat.page.route("**/api/v1/chat", lambda route: None)
    chat.box.fill(WAGES)
    chat.box.press("Enter")
    expect(chat.page.locator("#typing")).to_be_visible()


def in_the_queue(chat: Chat) -> None:
    chat.ask(WAGES)
    chat.ask("转人工")
    expect(chat.page.locator("#state")).to_contain_text("正在等候接线员")


def asked_for_a_rating(chat: Chat) -> None:
    chat.ask(WAGES)
    chat.ask("谢谢")
    expect(chat.choices.filter(has_text="不满意")).to_be_visible()


def text_too_long(chat: Chat) -> None:
    chat.box.fill("长" * 2001)
    expect(chat.page.locator("#count")).to_contain_text("多了 1 个字")


def large_type(chat: Chat) -> None:
    chat.page.get_by_role("button", name="大字显示").click()
    chat.ask(WAGES)


def position_refused(chat: Chat) -> None:
    chat.page.get_by_role("button", name="共享位置").click()
    expect(chat.bot.last).to_contain_text("告诉我")


def violations(chat: Chat) -> list[str]:
    """Every violation as rule, what it says, and the elements."""
    found = Axe().run(chat.page, options=WCAG).response["violations"]
    return [
        f"{item['id']}: {item['help']}: {[node['html'] for node in item['nodes']]}"
        for item in found
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("/", first_view),
        ("/", menu_open),
        ("/", answer_with_cards),
        ("/?city=qingyuan", ambiguous_choices),
        ("/?city=qingyuan", choice_taken),
        ("/", urgent_notice),
        ("/", error_state),
        ("/", while_waiting),
        ("/", in_the_queue),
        ("/", asked_for_a_rating),
        ("/", text_too_long),
        ("/", large_type),
        ("/", position_refused),
        ("/leave", first_view),
        ("/?city=lianyungang", first_view),
    ],
)
def test_no_violation(
    open_chat: OpenChat, address: str, reach: Callable[[Chat], None], scheme: str
) -> None:
    chat = open_chat(address, color_scheme=scheme)
    reach(chat)
    assert violations(chat) == []
