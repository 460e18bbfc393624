"""Two operators and three residents at once, two on the page and one on Telegram.

The product runs by itself here: nobody else is on duty, and its clocks are short.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.e2e.chat_page import PHONE, WAGES, Chat
from tests.e2e.conftest import PATIENCE
from tests.e2e.console_page import PASSWORD, Console, hire
from tests.e2e.staff import wenfa
from tests.fake_telegram import FakeTelegram
from tests.stack import Stack, free_port, start_stack, stop_stack
from tests.telegram_process import TOKEN, ScriptedEngine, telegram_process

pytestmark = pytest.mark.e2e
CITY = "zhongshan"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
ZHAO = 31  # a chat on Telegram
PLACE = "point.442000118"
PHONE_NUMBER = "13800138000"
NUMBER = re.compile(r"\d{4} \d{4} \d{4}")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Nobody's but this story's. An offer that is not taken goes on after a second."""
    running = start_stack(
        tmp_path_factory.mktemp("alone"),
        WENFA_OFFER_SECONDS="1",
        # a system of the city's 12345 that does not answer: what goes there waits
        WENFA_EXCHANGE__12345__SECRET=f"whsec_{b64encode(bytes(32)).decode()}",
        WENFA_EXCHANGE__12345__URL=f"http://127.0.0.1:{free_port()}/cases",
    )
    hire(running, "li", "李莉")
    hire(running, "wang", "王强")
    hire(running, "he", "何班长", "supervisor")
    wenfa(
        running, "user", "add", "chen", "--role", "desk", "--place", PLACE,
        "--display", "陈站长", "--password-stdin", typed=PASSWORD + "\n",
    )  # fmt: skip
    yield running
    stop_stack(running)


@pytest.fixture
def pages(alone: Stack, browser: Browser) -> Iterator[list[Chat]]:
    opened: list[Chat] = []
    yield opened
    for page in opened:
        page.page.context.close()
    assert [url for page in opened for url in page.foreign_requests] == []


def resident(alone: Stack, browser: Browser, pages: list[Chat]) -> Chat:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    chat = Chat(context.new_page(), alone.url)
    pages.append(chat)
    chat.goto(f"/?city={CITY}")
    return chat


def staff(
    alone: Stack, browser: Browser, pages: list[Chat], username: str, path: str = "/console"
) -> Console:
    context = browser.new_context(viewport=DESKTOP, locale="zh-CN", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    console = Console(context.new_page(), alone.url)
    pages.append(console)
    console.expect_complaints()  # of two who click, the second hears 409
    console.goto(path)
    console.log_in(username)
    return console


def shown_number(chat: Chat) -> str:
    state = chat.page.locator("#state")
    expect(state).to_contain_text(NUMBER)
    found = NUMBER.search(state.inner_text())
    assert found
    return found[0].replace(" ", "")


def press(chat: Chat, title: str) -> str:
    button = chat.page.locator("#log button.choice:enabled", has_text=title).last
    return chat.after(button.click)


def test_a_person_takes_over(
    alone: Stack, browser: Browser, pages: list[Chat], tmp_path: Path
) -> None:
    # nobody is on duty: 12348, and a half-day in which somebody calls
    early = resident(alone, browser, pages)
    early.ask(WAGES)
    said = early.ask("转人工")
    assert "网上的接线员这会儿不在" in said
    expect(early.call.last).to_have_attribute("href", "tel:12348")
    found = NUMBER.search(said)
    assert found
    booked = found[0].replace(" ", "")
    assert "请写下电话号码" in press(early, "午")
    assert PHONE_NUMBER[:3] in early.ask(PHONE_NUMBER)
    assert "记下了" in press(early, "对，存下这个号码")

    # two operators come on duty, and find the call that is to be made
    li = staff(alone, browser, pages, "li")
    expect(li.in_group("callbacks", booked)).to_be_visible()
    wang = staff(alone, browser, pages, "wang")
    expect(wang.page.locator("#colleagues")).to_contain_text("1 人")  # a colleague

    engine = ScriptedEngine(port=alone.engine_port)
    with FakeTelegram(TOKEN) as telegram, telegram_process(alone.home, telegram, engine):
        hua = resident(alone, browser, pages)
        hua.ask("老板拖欠我三个月工资不给，我在小榄打工")
        hua.ask("转人工")
        first = shown_number(hua)

        # a race for one ticket: one has it, the other is told who
        for console in (li, wang):
            console.open(first)
        with httpx.Client(base_url=alone.url, trust_env=False) as client:
            tokens = [wenfa(alone, "token", "add", name).strip() for name in ("li", "wang")]

            def claim(token: str) -> httpx.Response:
                return client.post(
                    f"/api/v1/tickets/{first}/claim",
                    headers={"Authorization": f"Bearer {token}"},
                )

            with ThreadPoolExecutor(2) as both:
                answers = list(both.map(claim, tokens))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        li_won = answers[0].status_code == 200
        winner, loser = (li, wang) if li_won else (wang, li)
        name, other = ("李莉", "王强") if li_won else ("王强", "李莉")
        assert name in next(a for a in answers if a.status_code == 409).json()["detail"]
        expect(winner.in_group("mine", first)).to_be_visible()
        expect(loser.in_group("others", first)).to_be_visible()
        expect(hua.log).to_contain_text(f"接线员{name}来了")

        # both speak at once; the bot is silent
        winner.reply("工资条还在吗？")
        hua.box.fill("在的，我搬到古镇镇了")
        hua.box.press("Enter")
        expect(hua.log).to_contain_text("工资条还在吗？")
        expect(winner.log).to_contain_text("我搬到古镇镇了")

        # transfer: the other takes it, the first still answers for it
        dialog = winner.dialog("转交值班台")
        dialog.get_by_role("button", name="转交").click()
        expect(hua.log).to_contain_text("请了另一位同事")
        loser.take(first)
        expect(loser.page.locator("#facts")).to_contain_text(name)
        loser.reply("我接着帮您。")
        expect(hua.log).to_contain_text("我接着帮您。")

        # a slip, which the desk sends back with a reason
        dialog = loser.more("转介")
        dialog.get_by_role("searchbox").fill("小榄镇公共法律服务站")
        place = dialog.get_by_label("转到哪里")
        expect(place.locator(f"option[value='{PLACE}']")).to_have_count(1)
        place.select_option(PLACE)
        dialog.get_by_role("textbox", name="请那里办什么").fill("拖欠工资，请调解")
        dialog.get_by_role("checkbox").check()
        dialog.get_by_role("button", name="发出转介单").click()
        expect(dialog).to_be_hidden()
        desk = staff(alone, browser, pages, "chen", "/desk")
        desk.page.locator(f"a[href*='{first}']").first.click()
        desk.page.get_by_role("link", name="退回").click()
        desk.page.get_by_label("不归本台管").check()
        desk.page.get_by_role("textbox").last.fill("公司不在本镇")
        desk.page.get_by_role("button", name="退回").click()
        expect(loser.in_group("mine", first)).to_contain_text("退回")

        # back to the bot, which remembers where they are now
        dialog = loser.dialog("交还机器人")
        dialog.get_by_role("button", name="交还").click()
        expect(hua.log).to_contain_text("我接着帮您")
        assert "古镇" in hua.ask("最近的服务点在哪里")

        # who waits on Telegram is let pass by both: a call instead of waiting
        telegram.write(ZHAO, "/start")
        telegram.write(ZHAO, "我想咨询离婚怎么办理")
        telegram.wait(lambda: len(telegram.sent(ZHAO)) >= 3)
        telegram.write(ZHAO, "转人工")
        telegram.wait_for_text(ZHAO, "替您排上队了")
        telegram.wait_for_text(ZHAO, "腾不开")
        offer = next(call for call in reversed(telegram.sent(ZHAO)) if "腾不开" in call.text)
        slot = next(title for title in offer.buttons if "午" in title)
        telegram.tap(ZHAO, offer.buttons[slot], offer.message_id or 0)
        telegram.wait_for_text(ZHAO, "请写下电话号码")
        telegram.write(ZHAO, PHONE_NUMBER)
        telegram.wait_for_text(ZHAO, "存下吗")
        confirm = telegram.sent(ZHAO)[-1]
        yes = confirm.buttons["对，存下这个号码"]
        telegram.tap(ZHAO, yes, confirm.message_id or 0)
        telegram.wait_for_text(ZHAO, "我们会尽量在这段时间打来")
        for console in (li, wang):
            expect(console.page.locator(".group.callbacks .line")).to_have_count(2)

        # what else an operator does with a ticket of their own: a complaint, another system
        loser.open(first)
        dialog = loser.more("登记投诉")
        dialog.get_by_label("投诉的是哪一家").select_option(label="公证机构")
        dialog.get_by_role("textbox").fill("上回去公证处，让我跑了三趟")
        dialog.get_by_role("button", name="登记").click()
        expect(dialog).to_be_hidden()
        expect(loser.page.locator("#events")).to_contain_text("居民投诉")
        dialog = loser.more("转给外部系统")
        dialog.get_by_role("button", name="转过去").click()
        expect(dialog.get_by_role("alert")).to_contain_text("转给哪里")
        dialog.get_by_label("12345").check()
        dialog.get_by_role("button", name="转过去").click()
        expect(dialog.get_by_role("alert")).to_contain_text("同意")
        dialog.get_by_role("checkbox").check()
        dialog.get_by_role("button", name="转过去").click()
        expect(dialog).to_be_hidden()
        expect(loser.page.locator("#events")).to_contain_text("转给外部系统")

        # the end: a rating, and what becomes of a bad one
        dialog = loser.dialog("办结")
        dialog.get_by_label("已答复").check()
        dialog.get_by_role("button", name="办结").click()
        expect(hua.log).to_contain_text("这次对您有帮助吗")
        assert "没帮好您" in press(hua, "不满意")

    # a complaint of a lawyer, and a supervisor who sees both
    press_complaint = early.ask("我要投诉律师乱收费")
    assert "登记投诉" in press_complaint
    press(early, "登记投诉")
    press(early, "律师、律师事务所")
    assert "投诉登记好了" in early.ask("收了三千块不办事，也不退")
    he = staff(alone, browser, pages, "he", "/supervise/follow-ups")
    expect(he.page.locator(".follow-up")).to_have_count(3)
    expect(he.page.locator(".follow-up", has_text="收了三千块不办事")).to_be_visible()
    assert other != name
