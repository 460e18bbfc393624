"""A conversation that loses nothing, as a resident sees it: two tabs, reloads, a lost network."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.chat_page import WAGES, Chat
from tests.e2e.conftest import OpenChat
from tests.e2e.staff import Operator
from tests.stack import Stack

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client


@pytest.fixture(scope="module")
def operator(stack: Stack, api: httpx.Client) -> Operator:
    return Operator.of(stack, api)


def session_of(page: Page) -> str:
    return str(page.evaluate("JSON.parse(sessionStorage.getItem('wenfa.chat')).session"))


def number_of(chat: Chat) -> str:
    """The ticket's number, as the page shows it."""
    return chat.page.locator("#log .ticket .number").first.inner_text().replace(" ", "")


def reply(operator: Operator, number: str, text: str) -> None:
    answer = operator.do(number, "reply", id=uuid.uuid4().hex, text=text)
    assert answer.status_code == 200, answer.text


def waiting(chat: Chat) -> str:
    """Tell a trouble, ask for a person; the ticket's number."""
    chat.ask(WAGES)
    chat.ask("转人工")
    expect(chat.page.locator("#state")).to_contain_text("正在等候接线员")
    return number_of(chat)


def lines(chat: Chat) -> list[str]:
    """Everything that was said, in the order in which it stands, without the buttons."""
    return chat.page.locator("#log .msg .bubble").all_inner_texts()


def test_two_tabs_agree(open_chat: OpenChat) -> None:
    first = open_chat("/?city=qingyuan")
    first.ask("太平镇哪里可以做调解")
    page = first.page.context.new_page()
    second = Chat(page, first.url)
    second.goto("/")  # no city named: the one of the conversation that is open
    expect(page.locator("#city")).to_have_value("qingyuan")
    expect(second.me).to_have_count(1)
    expect(second.bot).to_have_count(first.bot.count())
    assert session_of(page) == session_of(first.page)
    second.ask("我在清新区太平镇")
    expect(first.me).to_have_count(2)
    first.ask("谢谢")
    expect(second.me).to_have_count(3)
    expect(second.bot).to_have_count(first.bot.count())
    assert lines(first) == lines(second)


def test_an_operator_s_words_arrive_by_themselves(open_chat: OpenChat, operator: Operator) -> None:
    chat = open_chat()
    number = waiting(chat)
    assert operator.do(number, "claim").status_code == 200
    expect(chat.page.locator("#state")).to_contain_text("接线员正在与您对话")
    assert operator.do(number, "typing").status_code == 204
    expect(chat.page.locator("#writing")).to_be_visible()
    reply(operator, number, "您好，合同带在身边吗？")
    said = chat.page.locator("#log .operator .bubble")
    expect(said).to_have_text("您好，合同带在身边吗？")
    expect(chat.page.locator("#log .operator .speaker")).to_have_text("接线员 李莉")
    expect(chat.page.locator("#writing")).to_be_hidden()
    chat.box.fill("带了，还有聊天记录")
    chat.box.press("Enter")
    expect(chat.me.last).to_contain_text("带了")
    assert operator.see(number)["transcript"][-1]["text"] == "带了，还有聊天记录"
    assert operator.do(number, "close", outcome="answered").status_code == 200
    chat.choices.filter(has_text="满意").first.click()
    expect(chat.bot.last).to_contain_text("谢谢您")
    assert operator.see(number)["rating"] == {"score": "satisfied", "name": "满意"}


def test_a_reload_loses_nothing(open_chat: OpenChat, operator: Operator) -> None:
    chat = open_chat()
    number = waiting(chat)
    assert operator.do(number, "claim").status_code == 200
    expect(chat.page.locator("#state")).to_contain_text("接线员")
    expect(chat.log.get_by_text("接线员李莉来了")).to_be_visible()  # the state may be faster
    before = lines(chat)
    chat.page.goto("about:blank")
    reply(operator, number, "您不在的时候我写的。")
    chat.page.go_back()
    expect(chat.page.locator("#log .operator .bubble")).to_have_text("您不在的时候我写的。")
    assert lines(chat) == [*before, "您不在的时候我写的。"]
    expect(chat.page.locator("#state")).to_contain_text("接线员")


def test_a_lost_network_loses_nothing(open_chat: OpenChat, operator: Operator) -> None:
    chat = open_chat()
    number = waiting(chat)
    assert operator.do(number, "claim").status_code == 200
    expect(chat.page.locator("#state")).to_contain_text("接线员正在")
    chat.expect_complaints()
    chat.page.context.set_offline(True)
    reply(operator, number, "断线时写的。")
    chat.page.context.set_offline(False)
    expect(chat.page.locator("#log .operator .bubble")).to_have_text("断线时写的。")
    reply(operator, number, "又连上了。")
    expect(chat.page.locator("#log .operator .bubble")).to_have_text(["断线时写的。", "又连上了。"])


def test_an_answer_that_is_lost_on_the_way_comes_by_the_events(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.expect_complaints()

    def swallow(route: Route) -> None:
        route.fetch()  # the server has it, and answers
        route.abort()

    chat.page.route("**/api/v1/chat", swallow)
    chat.box.fill(WAGES)
    chat.box.press("Enter")
    expect(chat.referrals.first).to_be_visible()
    expect(chat.page.locator("#log .failure")).to_have_count(0)
    expect(chat.me).to_have_count(1)


def test_whoever_leaves_is_gone_for_everybody(open_chat: OpenChat, api: httpx.Client) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    session = session_of(chat.page)
    body = {"session": session, "message": {"id": "later", "text": "你刚才说什么"}}
    assert api.post("/api/v1/chat", json=body).status_code == 200
    chat.page.locator("#leave").click()
    chat.page.wait_for_url("**/leave")
    gone = api.post("/api/v1/chat", json={**body, "message": {"id": "again", "text": "在吗"}})
    assert gone.status_code == 404
    chat.expect_complaints()
    chat.page.go_back()
    assert WAGES not in chat.page.content()


def test_the_way_back_from_the_queue(open_chat: OpenChat) -> None:
    chat = open_chat()
    waiting(chat)
    chat.choices.filter(has_text="先不等了").click()
    expect(chat.page.locator("#state")).not_to_contain_text("正在等候")
    expect(chat.bot.last).to_contain_text("给您留着")
