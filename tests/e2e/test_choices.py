"""The buttons under a question, on a small phone: one tap is one answer, and only to what is asked.

The page, its scripts and its words are the product's; what the server would say is written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from bot.web.page import HERE, PAGES
from tests.bot.screening import screening_card
from tests.e2e.chat_page import PHONE
from tests.e2e.test_screening_card import ORIGIN, Product, violations

pytestmark = pytest.mark.e2e
API = "/api/v1/chat"
REST_MS = 700
USUAL, ANSWERING = PAGES.words["input_placeholder"], PAGES.words["script"]["answer_placeholder"]
LONG = "请个律师要花钱；经济困难的，国家出钱请。下面几个小问题，看看能不能申请。" * 6
Message = dict[str, Any]


def asks(number: int) -> Message:
    """A question of the interview; all of them look the same, so that they stand alike."""
    choices = [("有", "yes"), ("没有", "no"), ("不清楚", "?")]
    shown = [{"title": title, "value": f"aid:fact{number}:{value}"} for title, value in choices]
    return {"text": f"第 {number} 问：" + "有没有？" * 30, "choices": shown}


OFFERS: Message = {
    "text": LONG,
    "choices": [
        {"title": "看看能不能申请", "value": "aid:begin"},
        {"title": "我要人工", "value": "request:human_handoff"},
    ],
}
TELLS: Message = {"text": "星期一至星期五上班。"}


class Talking(Product):
    """Answers every message with the next of `answers`; while `slow`, not before `go_on`."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Message] = []
        self.said: list[dict[str, str]] = []
        self.slow = False
        self._waiting: list[Route] = []

    @property
    def chosen(self) -> list[str]:
        """The values of the buttons that were taken."""
        return [one["choice"] for one in self.said if "choice" in one]

    def go_on(self) -> None:
        """The answer that somebody waits for."""
        self._say(self._waiting.pop())

    def _say(self, route: Route) -> None:
        message = {"id": f"c.{len(self.said)}", "author": "bot", "cards": [], "choices": []}
        message |= self.answers.pop(0)
        route.fulfill(json={"messages": [message], "state": "bot", "ticket": None})

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        if path == API:
            self.said.append(json.loads(route.request.post_data or "")["message"])
            if self.slow:
                self._waiting.append(route)
            else:
                self._say(route)
        elif path == API + "/sessions":
            route.fulfill(json={"session": "s", "notice": "使用前请知悉。"})
        elif path == API + "/session":
            route.fulfill(status=204)
        elif path == API + "/events":
            route.fulfill(content_type="text/event-stream", body="retry: 600000\n\n")
        else:
            super().answer(route)

    def _page(self, path: str) -> tuple[str, bytes]:
        if path == "/static/chat.js":
            return "text/javascript", (HERE / "static" / "chat.js").read_bytes()
        if path != "/":
            return super()._page(path)
        city = {"id": "zhongshan", "name": "中山市"}
        service = {"id": "notarization", "name": "公证"}
        menu = [{"title": "六大服务", "items": [service]}]
        client = json.dumps({"city": "zhongshan", "words": PAGES.words["script"]})
        words = PAGES.words
        page = PAGES.answer(
            "chat.html", words=words, city=city, cities=[city], menu=menu, client=client
        )
        return "text/html; charset=utf-8", bytes(page.body)


@pytest.fixture
def product() -> Talking:
    return Talking()


@pytest.fixture
def phone(browser: Browser, product: Talking) -> Iterator[Page]:
    """The page, talking, with a clock that stands still unless it is told to run."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN", reduced_motion="reduce")
    context.route("**/*", product.answer)
    page = context.new_page()
    page.on("console", lambda message: product.complaints.append(message.text))
    page.on("pageerror", lambda error: product.complaints.append(str(error)))
    page.clock.install()
    page.goto(ORIGIN + "/")
    expect(page.locator("#log .notice")).to_be_visible()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    yield page
    context.close()
    assert product.complaints == []


def write(page: Page, text: str = "怎么办") -> None:
    """Write, and wait for the answer."""
    answers = page.locator("#log > .bot").count()
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")
    expect(page.locator("#log > .bot")).to_have_count(answers + 1)
    expect(page.locator("#typing")).to_be_hidden()


def button(page: Page, title: str, message: int = -1) -> Locator:
    """The button of that title under a message of the bot."""
    said = page.locator("#log > .bot")
    return said.nth(message if message >= 0 else said.count() + message).get_by_role(
        "button", name=title, exact=True
    )


def middle(target: Locator) -> tuple[float, float]:
    box = target.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def under(page: Page, finger: tuple[float, float]) -> str:
    """The value of the button that lies there, also one that takes no tap."""
    found = page.evaluate(
        """([x, y]) => [...document.querySelectorAll("button.choice")].filter((b) => {
            const box = b.getBoundingClientRect();
            return box.left < x && x < box.right && box.top < y && y < box.bottom;
        }).map((b) => b.value)""",
        finger,
    )
    return str(found[-1]) if found else ""


def start(page: Page, product: Talking, *more: Message) -> tuple[float, float]:
    """Two questions: the page is full, and every next one stands where the last one stood."""
    product.answers = [OFFERS, asks(1), asks(2), *more]
    for _ in range(2):
        write(page)
    return middle(button(page, "没有"))


@pytest.mark.parametrize("apart_ms", [0, 250, 400, REST_MS - 1])
def test_a_double_tap_chooses_once(phone: Page, product: Talking, apart_ms: int) -> None:
    finger = start(phone, product, asks(3))
    phone.mouse.click(*finger)
    expect(phone.locator("#log > .bot")).to_have_count(3)
    expect(phone.locator("#typing")).to_be_hidden()
    assert under(phone, finger) == "aid:fact2:no", "the next question's button is not there"

    phone.clock.run_for(apart_ms)
    phone.mouse.click(*finger)
    expect(button(phone, "没有")).to_be_disabled()
    assert product.chosen == ["aid:fact1:no"]

    phone.clock.run_for(REST_MS)
    expect(button(phone, "没有")).to_be_enabled()
    phone.mouse.click(*finger)
    expect(phone.locator("#log > .bot")).to_have_count(4)
    assert product.chosen == ["aid:fact1:no", "aid:fact2:no"]


def test_a_tap_of_impatience_meets_the_question_that_comes_late(
    phone: Page, product: Talking
) -> None:
    finger = start(phone, product)
    product.slow = True
    phone.mouse.click(*finger)
    expect(phone.locator("#typing")).to_be_visible()
    phone.clock.run_for(3 * REST_MS)
    product.go_on()
    expect(phone.locator("#log > .bot")).to_have_count(3)
    phone.mouse.click(*finger)
    phone.clock.run_for(REST_MS)
    expect(button(phone, "没有")).to_be_enabled()
    assert product.chosen == ["aid:fact1:no"]


def test_a_button_that_rests_looks_and_stands_as_it_will(phone: Page, product: Talking) -> None:
    finger = start(phone, product)
    phone.mouse.move(0, 0)
    button(phone, "没有").dispatch_event("click")
    expect(phone.locator("#log > .bot")).to_have_count(3)
    look = """node => { const s = getComputedStyle(node), b = node.getBoundingClientRect();
        return [s.color, s.backgroundColor, s.border, s.fontWeight, s.opacity,
                b.x, b.width, b.height]; }"""
    resting = button(phone, "没有")
    expect(resting).to_be_disabled()
    before = resting.evaluate(look)
    phone.clock.run_for(REST_MS)
    expect(resting).to_be_enabled()
    assert resting.evaluate(look) == before
    assert middle(resting) == pytest.approx(finger, abs=1)


def test_what_was_not_tapped_for_need_not_rest(phone: Page, product: Talking) -> None:
    start(phone, product)
    expect(button(phone, "没有")).to_be_enabled()


def test_the_links_of_a_card_that_answers_a_tap_rest_too(phone: Page, product: Talking) -> None:
    finger = start(phone, product)
    product.answers = [{"text": "好的。", "cards": [screening_card()], "choices": []}]
    phone.mouse.click(*finger)
    link = phone.get_by_role("link", name="打印小结")
    link.scroll_into_view_if_needed()
    phone.mouse.click(*middle(link))
    assert phone.url == ORIGIN + "/"
    phone.clock.run_for(REST_MS)
    phone.mouse.click(*middle(link))
    phone.wait_for_url(ORIGIN + "/legal-aid/summary")


def test_the_menu_closes_over_a_question_that_rests(phone: Page, product: Talking) -> None:
    start(phone, product)
    product.slow = True
    phone.get_by_role("button", name="服务菜单").click()
    phone.get_by_role("button", name="公证", exact=True).click()
    expect(button(phone, "没有")).to_be_disabled()
    phone.clock.run_for(REST_MS)
    expect(button(phone, "没有")).to_be_enabled()
    product.go_on()
    expect(phone.locator("#log > .bot")).to_have_count(3)


def test_questions_of_before_take_no_answer(phone: Page, product: Talking) -> None:
    start(phone, product, TELLS)
    expect(button(phone, "看看能不能申请", 0)).to_be_disabled()
    expect(button(phone, "我要人工", 0)).to_be_enabled()  # at any time
    live = button(phone, "没有").evaluate("node => getComputedStyle(node).fontWeight")
    write(phone, "一千元")
    for title in ("有", "没有", "不清楚"):
        expect(button(phone, title, 1)).to_be_disabled()
        expect(button(phone, title, 2)).to_be_enabled()
    past = button(phone, "没有", 1).evaluate("node => getComputedStyle(node).fontWeight")
    assert int(past) < int(live)
    phone.clock.resume()  # axe waits by the clock
    assert violations(phone) == []

    write(phone, "几点上班")  # an answer without buttons leaves the question open
    expect(button(phone, "没有", 2)).to_be_enabled()
    phone.reload()
    expect(phone.locator("#log > .bot")).to_have_count(4)
    expect(button(phone, "没有", 1)).to_be_disabled()
    expect(button(phone, "没有", 2)).to_be_enabled()


def test_what_rests_and_is_past_does_not_wake(phone: Page, product: Talking) -> None:
    finger = start(phone, product, asks(3))
    phone.mouse.click(*finger)
    expect(phone.locator("#log > .bot")).to_have_count(3)
    expect(phone.locator("#typing")).to_be_hidden()
    write(phone, "没有")
    phone.clock.run_for(REST_MS)
    expect(button(phone, "没有", 3)).to_be_enabled()
    expect(button(phone, "没有", 2)).to_be_disabled()


def test_the_input_asks_for_an_answer_while_a_question_is_open(
    phone: Page, product: Talking
) -> None:
    box = phone.get_by_role("textbox")
    expect(box).to_have_attribute("placeholder", USUAL)
    start(phone, product, TELLS)
    expect(box).to_have_attribute("placeholder", ANSWERING)
    phone.reload()
    expect(phone.locator("#log > .bot")).to_have_count(2)
    expect(box).to_have_attribute("placeholder", ANSWERING)
    product.answers = [TELLS]
    write(phone, "几点上班")
    expect(box).to_have_attribute("placeholder", USUAL)
