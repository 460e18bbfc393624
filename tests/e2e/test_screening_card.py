"""A screening on a small phone, on paper and before an operator: only the browser is needed.

The files, the words and the policy are the product's; what it would answer is written here.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect

from bot.console import pages as console
from bot.summary.reading import read_summary
from bot.summary.sheet import lay_out
from bot.web.page import CSP, HERE, PAGES
from bot.words import words
from tests.bot.screening import about, hostile_card, screening_card
from tests.e2e.chat_page import PHONE
from tests.e2e.test_accessibility import WCAG

pytestmark = pytest.mark.e2e
ORIGIN = "http://wenfa.test"
SUMMARY = "/legal-aid/summary"
Card = dict[str, Any]
ShowCard = Callable[..., Locator]
BLANK = (
    '<!doctype html><html lang="zh-CN"><title>x</title><body><main class="ticket"></main></body>'
)
# shows one message of ours in the conversation that stands on the page
SHOW = """async ([words, card]) => {
    const { makeView } = await import("/static/view.js");
    const entry = { who: "bot", text: "好的。", cards: [card], choices: [] };
    document.body.classList.remove("fresh");
    document.getElementById("slow").remove();
    document.getElementById("log").replaceChildren(makeView(words).render(entry, {}));
}"""
SHOW_TO_OPERATOR = """async ([words, message]) => {
    const { makeTalk } = await import("/console/static/talk.js");
    const box = document.querySelector(".ticket");
    const make = () => box.appendChild(document.createElement("div"));
    const log = make();
    makeTalk(words, log, make(), make(), () => box, {}).begin([message]);
}"""


class Product:
    """What a browser gets from the origin, and what it complained of."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.summary_status = 200

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        self.asked.append(path)
        headers = {"content-security-policy": CSP}
        kind, body = self._page(path)
        status = self.summary_status if path == SUMMARY else 200 if body else 404
        route.fulfill(status=status, body=body, content_type=kind, headers=headers)

    def _page(self, path: str) -> tuple[str, bytes]:
        html = "text/html; charset=utf-8"
        if path == "/":
            city = {"id": "zhongshan", "name": "中山市"}
            page = PAGES.answer(
                "chat.html", words=PAGES.words, city=city, cities=[city], menu=[], client="{}"
            )
            return html, bytes(page.body)
        if path == SUMMARY:
            sheet = lay_out(read_summary(screening_card()))
            page = PAGES.answer("summary.html", sheet=sheet, t=words("summary")["page"])
            return html, bytes(page.body)
        if path == "/leave":
            return html, bytes(PAGES.answer("leave.html", words=PAGES.words).body)
        if path == "/operator":
            return html, BLANK.encode()
        if path == "/static/chat.js":  # nobody would answer it
            return "text/javascript", b" "
        kind = mimetypes.guess_type(path)[0] or "text/plain"
        if path.startswith("/console/static/"):
            return kind, (console.HERE / path.removeprefix("/console/")).read_bytes()
        file = HERE / path.removeprefix("/")
        return kind, file.read_bytes() if path.startswith("/static/") and file.exists() else b""


@pytest.fixture
def product() -> Product:
    return Product()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def phone(browser: Browser, product: Product, scheme: str) -> Iterator[Page]:
    """A page of 360 px that has only the product; nothing may be complained of."""
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, locale="zh-CN")  # type: ignore[arg-type]
    context.route("**/*", product.answer)
    page = context.new_page()
    page.on("console", lambda message: product.complaints.append(message.text))
    page.on("pageerror", lambda error: product.complaints.append(str(error)))
    yield page
    context.close()
    assert product.complaints == []


@pytest.fixture
def show(phone: Page) -> ShowCard:
    """Shows a card in the conversation and returns it."""

    def show_card(card: Card) -> Locator:
        phone.goto(ORIGIN + "/")
        phone.evaluate(SHOW, [PAGES.words["script"], card])
        expect(phone.locator("#log .screening")).to_have_count(1)
        return phone.locator("#log .screening")

    return show_card


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=WCAG).response["violations"]
    return [f"{item['id']}: {[node['html'] for node in item['nodes']]}" for item in found]


def too_wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_who_is_at_the_place_can_be_called(show: ShowCard, phone: Page) -> None:
    data = screening_card()
    data["apply_at"][0]["people"] = [
        {"name": "李律师", "role": "村（社区）法律顾问", "organisation": "某某律师事务所",
         "phone": "0760-88880600、13800138000", "verified": True},
        {"name": "<b>王姐</b>{role}", "role": "人民调解员", "organisation": None, "phone": None},
        {"name": None}, "x",
    ]  # fmt: skip
    row = show(data).locator(".place .row", has_text="人员")
    assert row.locator("dd > div > div").all_inner_texts() == [
        "村（社区）法律顾问：李律师（某某律师事务所） 0760-88880600、13800138000",
        "人民调解员：<b>王姐</b>{role} 待核实",
    ]
    links = row.get_by_role("link").all()
    assert [link.get_attribute("href") for link in links] == [
        "tel:076088880600", "tel:13800138000",
    ]  # fmt: skip
    assert too_wide(phone) <= 0
    assert violations(phone) == []


def test_a_place_where_nobody_is_named_says_nothing_of_people(show: ShowCard) -> None:
    data = screening_card()
    for nobody in ("[]", "null"):
        data["apply_at"][0]["people"] = json.loads(nobody)
        expect(show(data).locator(".place .row", has_text="人员")).to_have_count(0)


def test_the_important_stands_first_and_all_of_it_is_there(show: ShowCard, phone: Page) -> None:
    data = screening_card()
    card = show(data)
    expect(card.locator("h3").first).to_have_text("可能符合法律援助条件")
    expect(card.locator(".verdict .icon use")).to_have_attribute("href", "#i-check")
    assert card.locator("h4").all_inner_texts() == [
        "去哪里申请",
        "必须带",
        "有就带上，没有也能去",
        "您说的情况",
        "依据什么",
        "还没弄清楚的",
    ]
    said = [row.split("\n") for row in card.locator(".said .row").all_inner_texts()]
    assert said == [[one["name"], one["value"]] for one in data["facts"]]
    text = card.inner_text()
    for reason in about(data, "basis") + about(data, "open"):
        assert reason["text"] in text
        assert f"依据：{reason['article']}" in text
    doubtful = card.locator(".basis").filter(has_text="粤府令第268号第三条第一项")
    expect(doubtful).to_contain_text("待核实")
    expect(card.locator(".basis").first).not_to_contain_text("待核实")
    expect(card.locator(".place")).to_have_count(1)
    expect(card.locator(".place h5")).to_have_text("小榄镇公共法律服务站")
    assert all(one["name"] in text for one in data["materials"])
    assert too_wide(phone) == 0
    assert violations(phone) == []


def looks(node: Locator) -> tuple[str, float]:
    """The colour of its letters and their size in points of the screen."""
    found = node.evaluate("n => [getComputedStyle(n).color, getComputedStyle(n).fontSize]")
    return found[0], float(found[1].removesuffix("px"))


def test_facts_and_articles_are_read_as_easily_as_the_answer(show: ShowCard, phone: Page) -> None:
    card = show(screening_card())
    bubble = looks(phone.locator("#log .bubble").first)
    card.get_by_text("办的时候请留意（7 条）").click()
    for read in (".said dt", ".said dd", ".part li p:first-child", ".part .basis", ".reasons p"):
        assert {looks(node) for node in card.locator(read).all()} == {bubble}, read


def test_the_rest_is_folded_and_opens(show: ShowCard, phone: Page) -> None:
    data = screening_card()
    card = show(data)
    note = about(data, "note")[-1]["text"]
    expect(card.get_by_text(note)).to_be_hidden()
    card.get_by_text("办的时候请留意（7 条）").click()
    expect(card.get_by_text(note)).to_be_visible()
    card.get_by_text("不给怎么办").click()
    expect(card.get_by_text("法律援助法第四十九条")).to_be_visible()
    assert violations(phone) == []


@pytest.mark.parametrize("outcome", ["unlikely", "unknown", "maybe"])
def test_what_is_not_hopeful_is_no_alarm(show: ShowCard, phone: Page, outcome: str) -> None:
    card = show(screening_card() | {"outcome": outcome, "title": "还不能判断，可以直接去申请"})
    expect(card.locator(".verdict .icon use")).to_have_attribute("href", "#i-info")
    urgent = phone.evaluate("getComputedStyle(document.body).getPropertyValue('--urgent').trim()")
    ink = card.locator(".verdict").evaluate("node => getComputedStyle(node).color")
    assert tuple(bytes.fromhex(urgent[1:])) != tuple(
        int(part) for part in ink.strip("rgb()").split(",")
    )
    assert violations(phone) == []


def test_a_card_with_little_in_it(show: ShowCard) -> None:
    card = show({"type": "screening", "facts": None, "reasons": ["x", None], "apply_at": []})
    expect(card.locator("h3")).to_have_text("法律援助初步判断")
    expect(card.locator(".unknown")).to_have_text("受理的地方待核实，可拨 12348 询问。")
    assert card.locator("h4").all_inner_texts() == ["去哪里申请"]


def test_hostile_text_stays_text(show: ShowCard, phone: Page) -> None:
    card = show(hostile_card())
    expect(card.locator("script")).to_have_count(0)
    assert "<script>alert(1)</script>" in card.inner_text()
    assert too_wide(phone) == 0


def test_the_paper_is_a_tap_away_and_so_is_the_way_back(show: ShowCard, phone: Page) -> None:
    card = show(screening_card())
    word = card.get_by_role("link", name="下载 Word")
    expect(word).to_have_attribute("href", SUMMARY + ".docx")
    card.get_by_role("link", name="打印小结").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("法律援助初步判断小结")
    assert phone.url == ORIGIN + SUMMARY
    assert len(phone.context.pages) == 1  # quick exit leaves no other tab behind
    phone.go_back()
    assert phone.url == ORIGIN + "/"


def test_the_sheet_is_read_on_a_phone_and_printed_without_its_buttons(phone: Page) -> None:
    phone.goto(ORIGIN + SUMMARY)
    expect(phone.get_by_role("button", name="打印")).to_be_visible()
    assert too_wide(phone) == 0
    assert violations(phone) == []
    assert phone.locator("h2").all_inner_texts() == [
        "去哪里申请",
        "带什么",
        "您说的情况",
        "依据什么",
        "还没弄清楚的",
        "办的时候请留意",
        "不给怎么办",
    ]
    text = looks(phone.locator("main"))
    for read in ("td", "th", ".line", ".about"):
        assert {looks(node) for node in phone.locator(read).all()} == {text}, read
    source = phone.get_by_text("zs.gov.cn")
    expect(source).to_be_hidden()
    phone.get_by_text("资料从哪里来").click()
    expect(source).to_be_visible()
    assert too_wide(phone) == 0
    assert violations(phone) == []
    phone.get_by_text("资料从哪里来").click()
    phone.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(source).to_be_visible()
    phone.emulate_media(media="print")
    expect(phone.locator(".tools")).to_be_hidden()
    expect(phone.locator(".hint")).to_be_hidden()
    ink = phone.locator("main").evaluate("node => getComputedStyle(node).color")
    assert ink == "rgb(0, 0, 0)"


def test_leaving_the_sheet_leaves_nothing(phone: Page) -> None:
    phone.goto(ORIGIN + SUMMARY)
    phone.evaluate("sessionStorage.setItem('wenfa.chat', '{}')")
    phone.get_by_role("link", name="快速离开").click()
    phone.wait_for_url(ORIGIN + "/leave")
    assert phone.evaluate("sessionStorage.length") == 0
    assert phone.inner_text("body") == ""


def test_a_sheet_that_was_left_elsewhere_goes_when_it_is_looked_at(
    phone: Page, product: Product
) -> None:
    phone.goto(ORIGIN + SUMMARY)
    product.summary_status = 404
    with phone.expect_navigation() as reloaded:
        phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert reloaded.value is not None
    assert reloaded.value.status == 404
    product.complaints.clear()  # the browser names every 404


def test_an_operator_reads_outcome_facts_and_articles(phone: Page) -> None:
    phone.goto(ORIGIN + "/operator")
    message = {"id": "c.1", "author": "bot", "text": "好的。", "at": "2026-11-26T08:00:00+00:00"}
    message |= {"cards": [screening_card()]}  # type: ignore[dict-item]
    script = console.PAGES.words["script"]
    phone.evaluate(SHOW_TO_OPERATOR, [script, message])
    lines = phone.locator(".extras li").all_inner_texts()
    assert lines[0] == "法律援助初步判断：可能符合法律援助条件"
    assert lines[1].startswith("居民说的：谁来申请 个人 · 要办的事 交通事故受伤、要赔偿 · ")
    assert lines[2] == "依据：法律援助法第三十一条第七项、粤府令第268号第三条第一项"
