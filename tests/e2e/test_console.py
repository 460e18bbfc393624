"""The operators' console in a real browser, over the whole product."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from bot.duty.presence import Presence
from tests.e2e.chat_page import PHONE, VIOLENCE, WAGES
from tests.e2e.conftest import PATIENCE, OpenChat
from tests.e2e.console_page import (
    PASSWORD,
    Console,
    Resident,
    hire,
    on_duty,
    registered,
    staffed,
)
from tests.e2e.test_accessibility import violations
from tests.e2e.test_screenshots import DESKTOP, folder, take
from tests.stack import Stack

__all__ = ["folder"]
pytestmark = pytest.mark.e2e
OpenConsole = Callable[..., Console]
CITY = "lianyungang"  # a city of its own: what other tests leave behind is not in these lists
READ_ANEW = 20_000  # the live list reads everything at least that often
PICTURE = {"width": 1200, "height": 640}
BLACKMAIL = "有人威胁要打我，不给钱就要我好看"
ANSWER = "您好，我是话务员。请问工资条还在吗？"


@pytest.fixture(scope="module")
def people(stack: Stack) -> Stack:
    """Two operators, a supervisor, one who sees only another city, one without the role."""
    hire(stack, "zhou", "周敏", city=CITY)
    hire(stack, "wu", "吴刚", city=CITY)
    hire(stack, "ban", "班长", role="supervisor", city=CITY)
    hire(stack, "qing", "秦青", city="qingyuan")
    hire(stack, "bian", "卞辑", role="editor")
    for city in (CITY, "qingyuan"):
        staffed(stack, city)
    return stack


@pytest.fixture
def open_console(people: Stack, browser: Browser) -> Iterator[OpenConsole]:
    """Opens the console as somebody, in a browser of its own: `open_console("zhou", path=…)`.

    They are away, so that nothing is offered to anybody but where a test is about that. As with
    `open_chat`: no request leaves the product, and the browser has nothing to complain of.
    """
    opened: list[Console] = []

    def open_page(
        username: str | None = "zhou",
        path: str = "/console",
        presence: Presence = Presence.away,
        **more: Any,
    ) -> Console:
        if username:
            on_duty(people, username, presence)
        options = {"viewport": DESKTOP, "locale": "zh-CN", "reduced_motion": "reduce"} | more
        made = browser.new_context(**options)
        made.set_default_timeout(PATIENCE)
        console = Console(made.new_page(), people.url)
        opened.append(console)
        console.goto(path)
        if username:
            console.log_in(username)
            expect(console.page.locator(".group.waiting")).to_be_visible()
        return console

    yield open_page
    for console in opened:
        console.page.context.close()
    assert [url for console in opened for url in console.foreign_requests] == []
    assert [text for console in opened for text in console.complaints] == []


@pytest.fixture
def client(people: Stack) -> Iterator[httpx.Client]:
    with people.client() as client:
        yield client


@pytest.fixture
def arrives(client: httpx.Client) -> Callable[[], Resident]:
    """A resident of this module's city."""
    return lambda: Resident.arrives(client, CITY)


Arrives = Callable[[], Resident]


# ---------------------------------------------------------------- two residents, two operators


def test_two_residents_and_two_operators_at_once(
    open_console: OpenConsole, open_chat: OpenChat
) -> None:
    """The story: race for one ticket, reply, answer, hand back, close, rating."""
    wages, violence = open_chat(f"/?city={CITY}"), open_chat(f"/?city={CITY}")
    zhou, wu = open_console("zhou"), open_console("wu")
    numbers = []
    for chat, trouble in ((wages, WAGES), (violence, VIOLENCE)):
        chat.ask(trouble)
        chat.ask("转人工")
        state = chat.page.locator("#state")
        expect(state).to_contain_text(re.compile(r"\d{4} \d{4} \d{4}"))
        found = re.search(r"\d{4} \d{4} \d{4}", state.inner_text())
        assert found
        numbers.append(found[0].replace(" ", ""))
    first, urgent = numbers

    # nobody reloads anything: both consoles have both lines, the urgent one before the older one
    for console in (zhou, wu):
        for number in numbers:
            expect(console.in_group("waiting", number)).to_be_visible()
        order = console.page.locator(".group.waiting .line").evaluate_all(
            "lines => lines.map(line => line.href.slice(-12))"
        )
        assert order.index(urgent) < order.index(first)
        expect(console.line(urgent).locator(".chip.urgent")).to_have_text("紧急：有人受伤害")
        assert re.match(r"\(\d+\) 话务台", console.page.title())

    # the race
    zhou.open(first)
    wu.open(first)
    assert zhou.deeds() == wu.deeds() == ["接入", "备注", "办结"]
    expect(zhou.page.locator("#summary")).to_contain_text("拖欠我三个月工资")
    expect(zhou.page.locator("#log .resident").first).to_contain_text("居民")
    # both clicks are on their way before either console has heard of the other's
    wu.page.evaluate("document.querySelector('[data-deed=claim]').click()")
    wu.expect_complaints()
    zhou.expect_complaints()  # the browser logs the 409 of whoever is late
    zhou.page.evaluate("document.querySelector('[data-deed=claim]').click()")
    for console in (zhou, wu):
        expect(console.deed("接入")).to_be_hidden()
    won = [console for console in (zhou, wu) if console.box.is_visible()]
    assert len(won) == 1
    winner, loser = won[0], wu if won[0] is zhou else zhou
    name = "周敏" if winner is zhou else "吴刚"
    expect(winner.box).to_be_focused()
    expect(loser.alert).to_contain_text(name)
    expect(loser.page.locator("#why")).to_have_text(f"{name} 正在和居民对话，这里只能看。")
    assert loser.deeds() == ["备注"]
    expect(winner.in_group("mine", first)).to_be_visible()
    expect(loser.in_group("others", first)).to_be_visible()
    expect(wages.log).to_contain_text(f"接线员{name}来了")

    # the other operator takes the other one
    loser.take(urgent)

    # reply and answer, each in their own conversation
    winner.reply(ANSWER)
    expect(wages.log).to_contain_text(ANSWER)
    wages.box.fill("工资条还在")
    wages.box.press("Enter")
    expect(winner.log.locator(".resident").last).to_contain_text("工资条还在")
    loser.reply("您现在安全吗？")
    expect(violence.log).to_contain_text("您现在安全吗？")
    expect(violence.log).not_to_contain_text(ANSWER)
    expect(loser.log).not_to_contain_text("工资条还在")

    # hand back: the bot goes on
    dialog = winner.dialog("交还机器人")
    dialog.get_by_role("textbox").fill("材料齐，等他想想")
    dialog.get_by_role("button", name="交还").click()
    expect(winner.in_group("open", first)).to_be_visible()
    expect(winner.heading).to_be_focused()
    assert winner.deeds() == ["接入", "备注", "办结"]
    expect(wages.log).to_contain_text("接线员先忙到这里")
    assert "仲裁" in wages.ask("劳动仲裁在哪里申请")
    winner.page.locator(".events summary").click()
    expect(winner.page.locator("#events")).to_contain_text("材料齐，等他想想")

    # close: who was in danger is asked for nothing
    dialog = loser.dialog("办结")
    dialog.get_by_role("button", name="办结").click()
    expect(dialog.get_by_role("alert")).to_have_text("请选一个办理结果。")
    dialog.get_by_label("已请其拨打 110").check()
    dialog.get_by_role("button", name="办结").click()
    expect(loser.page.locator(".crumb .chip.closed")).to_have_text("已办结")
    expect(loser.line(urgent)).to_have_count(0)
    assert loser.deeds() == ["备注"]
    expect(loser.page.locator("#facts")).to_contain_text("已请其拨打 110")
    expect(violence.log).to_contain_text("接线员结束了这次对话")
    expect(violence.page.get_by_role("button", name="满意", exact=True)).to_have_count(0)

    # … and of the other one the rating comes back
    dialog = winner.dialog("办结")
    dialog.get_by_label("已答复").check()
    dialog.get_by_role("button", name="办结").click()
    wages.page.get_by_role("button", name="满意", exact=True).click()
    expect(wages.log).to_contain_text("谢谢您")
    winner.page.reload()
    expect(winner.page.locator("#facts")).to_contain_text("居民评价")
    expect(winner.page.locator("#facts")).to_contain_text("满意")


def test_transfer_goes_to_the_colleague_with_everything_said(
    open_console: OpenConsole, arrives: Arrives
) -> None:
    resident = arrives()
    number = resident.asks_for_a_person(WAGES)
    zhou, wu = open_console("zhou"), open_console("wu")
    zhou.take(number)
    zhou.reply(ANSWER)
    wu.open(number)
    expect(wu.log).to_contain_text(ANSWER)
    dialog = zhou.dialog("转交值班台")
    dialog.get_by_label("给同事的话（可以不写）").fill("请懂劳动的同事接")
    dialog.get_by_role("button", name="转交").click()
    expect(zhou.in_group("waiting", number)).to_be_visible()
    expect(zhou.box).to_be_hidden()
    # it becomes free on the colleague's screen, who has it open, at once
    wu.deed("接入").click()
    expect(wu.box).to_be_focused()
    expect(wu.page.locator("#events")).to_contain_text("请懂劳动的同事接")
    # … and goes from the first one's
    expect(zhou.alert).to_contain_text("吴刚")
    assert zhou.deeds() == ["备注"]


# ---------------------------------------------------------------- deeds among colleagues


def send(console: Console, deed: str, submit: str, **fields: str) -> None:
    """Open a question of the menu, fill in its fields by their labels, and send it."""
    dialog = console.more(deed)
    for label, value in fields.items():
        field = dialog.get_by_label(label, exact=True)
        if field.evaluate("field => field.tagName") == "SELECT":
            expect(field.locator("option", has_text=value)).to_have_count(1)
            field.select_option(label=field.locator("option", has_text=value).inner_text())
        else:
            field.fill(value)
    dialog.get_by_role("button", name=submit, exact=True).click()
    expect(dialog).to_be_hidden()


def test_the_deeds_of_a_day(open_console: OpenConsole, arrives: Arrives) -> None:
    """Correct, second opinion, escalate, reassign, suspend, resume, merge: each seen by both."""
    resident, twin = arrives(), arrives()
    number, other = (one.asks_for_a_person(WAGES) for one in (resident, twin))
    zhou, wu, ban = open_console("zhou"), open_console("wu"), open_console("ban")
    zhou.take(number)
    facts = zhou.page.locator("#facts")
    expect(facts).to_contain_text("首问")

    # one click in the facts
    facts.get_by_role("button", name="更正：事由").click()
    dialog = zhou.page.get_by_role("dialog")
    expect(dialog.get_by_label("事由")).to_have_value("labor")
    dialog.get_by_label("事由").select_option("debt")
    dialog.get_by_role("button", name="更正", exact=True).click()
    expect(facts).to_contain_text("债权债务")
    expect(zhou.page.locator("#summary")).to_contain_text("债权债务")
    send(zhou, "填对方", "保存", 对方的名字="华兴（中山）公司")
    expect(facts).to_contain_text("华兴(中山)公司")

    # a danger that the bot did not hear
    facts.get_by_role("button", name="更正：急不急").click()
    dialog = zhou.page.get_by_role("dialog")
    dialog.get_by_label("有多急").select_option("threat")
    dialog.get_by_role("button", name="保存", exact=True).click()
    expect(facts).to_contain_text("受到威胁")
    expect(zhou.page.locator("#summary")).to_contain_text("紧急：受到威胁")

    # a colleague reads along
    send(zhou, "请同事看", "请他看", 同事="吴刚", **{"想问什么（可以不写）": "算劳务吗"})
    expect(wu.in_group("second", number)).to_be_visible()
    wu.open(number)
    dialog = wu.dialog("写看法")
    dialog.get_by_label("看法").fill("算劳动关系")
    dialog.get_by_role("button", name="写好了").click()
    expect(wu.in_group("second", number)).to_have_count(0)
    zhou.page.locator(".events summary").click()
    expect(zhou.page.locator("#events")).to_contain_text("算劳动关系")

    # up, and from there to somebody else
    expect(zhou.page.locator("#more [data-deed=reassign]")).to_be_hidden()
    send(zhou, "升级", "升级", 为什么="他说要去找老板拼命")
    expect(ban.in_group("escalated", number)).to_be_visible()
    ban.open(number)
    send(ban, "改派", "改派", 同事="吴刚")
    expect(wu.in_group("mine", number)).to_be_visible()
    expect(wu.box).to_be_visible()
    expect(zhou.alert).to_contain_text("吴刚")
    expect(ban.in_group("escalated", number)).to_have_count(0)
    said = [message["text"] for message in resident.say("还在吗")["messages"]]
    assert said == []

    # aside, and back
    send(wu, "挂起", "挂起")
    expect(wu.in_group("suspended", number)).to_be_visible()
    expect(wu.line(number)).to_contain_text("挂起到")
    wu.more("恢复办理")
    expect(wu.in_group("open", number)).to_be_visible()

    # the same trouble twice
    wu.open(other)
    dialog = wu.more("合并")
    dialog.get_by_role("radio").first.wait_for()
    dialog.get_by_label("并入的工单号").fill("12")
    dialog.get_by_role("button", name="合并", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("12 位数字")
    dialog.get_by_label("并入的工单号").fill(number)
    wu.expect_complaints()  # the browser logs the 409
    dialog.get_by_role("button", name="合并", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("居民正在等人")
    dialog.get_by_role("button", name="取消").click()
    wu.deed("接入").click()
    expect(wu.box).to_be_focused()
    send(wu, "合并", "合并", 并入的工单号=number)
    expect(wu.page.locator("#facts")).to_contain_text("并入")
    expect(wu.line(other)).to_have_count(0)


def test_what_is_offered_is_taken_or_passed_on(open_console: OpenConsole, arrives: Arrives) -> None:
    zhou = open_console("zhou", presence=Presence.on)
    expect(zhou.page.get_by_label("我的状态")).to_have_value("on")
    number = arrives().asks_for_a_person(WAGES)
    expect(zhou.in_group("offered", number)).to_be_visible()
    expect(zhou.page.locator("#status")).to_contain_text("派给您一张工单")
    offer = zhou.page.locator(".group.offered li", has=zhou.line(number))
    offer.get_by_role("button", name="不接").click()
    expect(zhou.in_group("waiting", number)).to_be_visible()
    second = arrives().asks_for_a_person(WAGES)
    expect(zhou.in_group("offered", second)).to_be_visible()
    offer = zhou.page.locator(".group.offered li", has=zhou.line(second))
    offer.get_by_role("button", name="接入").click()
    expect(zhou.box).to_be_focused()
    expect(zhou.in_group("mine", second)).to_be_visible()
    zhou.page.get_by_label("我的状态").select_option("away")
    expect(zhou.page.locator("#duty")).to_have_attribute("data-state", "away")


def test_a_draft_follows_its_writer_to_another_desk(
    open_console: OpenConsole, arrives: Arrives
) -> None:
    number = arrives().asks_for_a_person(WAGES)
    here = open_console("zhou")
    here.take(number)
    with here.page.expect_response("**/draft"):
        here.box.fill("在这台电脑上写了一半")
    there = open_console("zhou")
    there.open(number)
    expect(there.box).to_have_value("在这台电脑上写了一半")
    there.box.press("Enter")
    expect(there.log.locator(".operator:not(.sending) .words")).to_have_text("在这台电脑上写了一半")


def test_single_keys(open_console: OpenConsole, arrives: Arrives) -> None:
    numbers = [arrives().asks_for_a_person(WAGES) for _ in range(2)]
    console = open_console()
    for number in numbers:
        expect(console.line(number)).to_be_visible()
    press = console.page.keyboard.press
    press("?")
    help_dialog = console.page.get_by_role("dialog", name="快捷键")
    expect(help_dialog).to_contain_text("打开下一张等候的")
    press("Escape")
    expect(help_dialog).to_be_hidden()
    press("j")
    assert console.focused(".line")
    press("n")
    expect(console.deed("接入")).to_be_visible()
    press("a")
    expect(console.box).to_be_focused()
    press("c")  # in a field it is a letter
    expect(console.box).to_have_value("c")
    console.box.fill("")
    press("Escape")
    expect(console.heading).to_be_focused()
    for key, name in (("b", "写备注"), ("t", "转交值班台"), ("s", "转介"), ("c", "办结")):
        press(key)
        dialog = console.page.get_by_role("dialog", name=name)
        expect(dialog).to_be_visible()
        press("Escape")
        expect(dialog).to_be_hidden()
    # found by its number, wherever it is
    find = console.page.get_by_label("按工单号找")
    find.fill(numbers[0][:4] + " " + numbers[0][4:])
    find.press("Enter")
    expect(console.heading).to_contain_text(f"{numbers[0][:4]} {numbers[0][4:8]}")


def line_of(n: int, **more: Any) -> dict[str, Any]:
    """A waiting ticket as the stream tells it."""
    number = f"2611{n:08}"
    since = (datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=n)).isoformat()
    return {
        "number": number, "number_shown": number, "state": "waiting", "channel_name": "网页",
        "conversation_state": "waiting", "urgent_name": None, "matter_name": f"第 {n} 张",
        "place": "海州区", "city": CITY, "opened_at": since, "waiting_since": since, "unread": 0,
        "trouble": "", "owner": {"kind": "desk", "name": "值班台", "mine": False},
    } | more  # fmt: skip


def test_a_long_list_stays_short_and_still_under_the_pointer(open_console: OpenConsole) -> None:
    console = open_console()
    lines = [line_of(n) for n in range(350)]
    urgent = line_of(900, urgent_name="有人受伤害")
    asked: list[Route] = []

    def told(route: Route, lines: list[dict[str, Any]]) -> None:
        body = f"retry: 50\nevent: tickets\ndata: {json.dumps({'tickets': lines})}\n\n"
        route.fulfill(content_type="text/event-stream", body=body)

    def hears(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            told(route, lines)

    console.page.route("**/tickets/events", hears)
    console.goto()
    group = console.page.locator(".group.waiting")
    expect(group.locator(".line")).to_have_count(100)
    expect(group.locator("h2 .n")).to_have_text("350")
    expect(group).to_contain_text("还有 250 张")
    find = console.page.get_by_label("按工单号找")
    find.fill("0349")
    expect(group.locator(".line")).to_have_count(1)
    find.fill("")
    first = group.locator(".line").first
    box = first.bounding_box()
    assert box
    while len(asked) == 1:  # the browser asks again by itself
        console.page.wait_for_timeout(20)
    # somebody is about to click on the first one when an urgent one comes before it
    console.page.mouse.move(box["x"] + 20, box["y"] + 10)
    console.page.mouse.move(box["x"] + 25, box["y"] + 12)
    told(asked[-1], [urgent, *lines])
    expect(console.page).to_have_title(re.compile("351"))
    expect(first).to_contain_text("第 0 张")
    expect(first).to_contain_text("第 900 张")  # once the pointer rests


def test_no_open_ticket_is_out_of_reach(people: Stack, open_console: OpenConsole) -> None:
    """The list has the newest 300; the others are read on, on a small telephone, by keyboard."""
    with registered(people, "qingyuan", 430) as numbers:
        console = open_console("qing", viewport=PHONE)
        group = console.page.locator(".group.open")
        shown, count = group.locator(".line"), group.locator("h2 .n")
        expect(count).to_have_text(re.compile("43[0-9]"), timeout=READ_ANEW)  # and others' tickets
        total = int(count.inner_text())
        more = group.get_by_role("button", name="还有")
        for drawn in range(100, 400, 100):
            expect(shown).to_have_count(drawn)
            expect(more).to_have_text(f"还有 {total - drawn} 张，再看 100 张")
            assert console.overflow() == 0
            more.focus()
            console.page.keyboard.press("Enter")
        expect(shown).to_have_count(400)
        expect(more).to_have_text(f"还有 {total - 400} 张，再看 {total - 400} 张")
        expect(count).to_have_text(str(total))
        more.focus()
        console.page.keyboard.press("Space")
        expect(shown).to_have_count(total)
        expect(more).to_be_hidden()
        expect(shown.nth(400)).to_be_focused()  # where one reads on
        expect(count).to_have_text(str(total))
        listed = shown.evaluate_all("lines => lines.map(line => line.href.slice(-12))")
        assert [number for number in listed if number in set(numbers)] == numbers
        assert console.overflow() == 0


def test_who_chooses_another_city_leaves_one_list_and_comes_into_the_other(
    open_console: OpenConsole, arrives: Arrives
) -> None:
    resident = arrives()
    number = resident.asks_for_a_person(WAGES)
    zhou, qing = open_console(), open_console("qing")
    expect(zhou.in_group("waiting", number)).to_be_visible()
    expect(qing.line(number)).to_have_count(0)
    resident.tap("city:qingyuan")
    expect(zhou.line(number)).to_have_count(0)
    expect(qing.in_group("waiting", number)).to_be_visible()
    qing.open(number)
    expect(qing.page.locator("#events")).to_contain_text("连云港市 → 清远市")
    qing.deed("接入").click()
    expect(qing.box).to_be_focused()


# ---------------------------------------------------------------- writing


def test_the_resident_writes_and_types(open_console: OpenConsole, arrives: Arrives) -> None:
    mine, other = arrives(), arrives()
    number, second = mine.asks_for_a_person(WAGES), other.asks_for_a_person(WAGES)
    console = open_console()
    console.take(number)
    console.take(second)
    for taken in (number, second):  # the stream knows of both
        expect(console.in_group("mine", taken)).to_be_visible()
    mine.types()
    expect(console.page.locator("#typing")).to_be_empty()  # of the other ticket
    other.types()
    expect(console.page.locator("#typing")).to_have_text("居民正在输入…")
    other.say("<b>我在</b>")
    expect(console.log.locator(".resident .words").last).to_have_text("<b>我在</b>")
    expect(console.page.locator("#typing")).to_be_empty()
    mine.say("还在吗")
    expect(console.line(number).locator(".chip.news")).to_have_text("1 条未读")
    expect(console.line(second).locator(".chip.news")).to_have_count(0)
    console.open(number)
    expect(console.line(number).locator(".chip.news")).to_have_count(0)


def test_an_article_opens_beside_the_conversation(
    open_console: OpenConsole, arrives: Arrives
) -> None:
    """In a tab of its own: whoever looks up the law does not lose the conversation."""
    number = arrives().asks_for_a_person(WAGES)
    console = open_console("zhou")
    console.open(number)
    console.page.locator("#helper summary").first.click()
    for part in ("referrals", "answers"):
        articles = console.page.locator(f'#assist .p-{part} a[href^="/law/"]')
        expect(articles.first).to_be_attached()
        assert articles.evaluate_all("all => all.map(a => `${a.target} ${a.rel}`)") == (
            ["_blank noopener"] * articles.count()
        ), part
    console.page.locator("#assist .p-referrals summary").first.click()
    article = console.page.locator('#assist .p-referrals a[href^="/law/"]').first
    name = article.inner_text()
    with console.page.context.expect_page() as opened:
        article.click()
    law = opened.value
    expect(law.get_by_role("heading", level=1)).to_contain_text(re.sub(r"第.*", "", name))
    assert law.evaluate("window.opener") is None
    assert console.page.url.endswith(f"ticket={number}")


def test_keys_and_drafts(open_console: OpenConsole, arrives: Arrives) -> None:
    first, second = arrives(), arrives()
    numbers = [resident.asks_for_a_person(WAGES) for resident in (first, second)]
    console = open_console()
    console.take(numbers[0])
    console.box.fill("写了一半")
    console.take(numbers[1])
    expect(console.box).to_have_value("")
    console.page.keyboard.type("one")
    console.page.keyboard.press("Shift+Enter")
    console.page.keyboard.type("two")
    # an input method composes: Enter picks a candidate
    console.box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(console.box).to_have_value("one\ntwo")
    console.page.keyboard.press("Enter")
    expect(console.log.locator(".operator:not(.sending) .words").last).to_have_text("one\ntwo")
    expect(console.box).to_have_value("")

    console.open(numbers[0])
    expect(console.box).to_have_value("写了一半")
    console.page.reload()
    expect(console.box).to_have_value("写了一半")

    console.heading.focus()
    console.page.keyboard.press("/")
    expect(console.box).to_be_focused()
    expect(console.box).to_have_value("写了一半")
    console.page.keyboard.press("End")
    console.page.keyboard.type("/")
    expect(console.box).to_have_value("写了一半/")
    console.page.get_by_label("用快捷键").uncheck()
    console.heading.focus()
    console.page.keyboard.press("/")
    expect(console.box).not_to_be_focused()
    console.page.get_by_label("用快捷键").check()

    console.box.fill("长" * 2001)
    expect(console.page.locator("#count")).to_have_text("多了 1 个字，请分两次发")
    console.box.press("Enter")
    expect(console.box).to_have_value("长" * 2001)
    # whoever comes next on this machine finds nothing
    console.page.get_by_role("button", name="退出").click()
    expect(console.page.get_by_label("用户名")).to_be_visible()
    assert console.page.evaluate("sessionStorage.length") == 0


def test_a_reply_that_fails_stays_and_is_said_once(
    open_console: OpenConsole, arrives: Arrives
) -> None:
    number = arrives().asks_for_a_person(WAGES)
    console = open_console()
    console.take(number)
    console.expect_complaints()

    # the server never saw it
    console.page.route("**/reply", lambda route: route.abort())
    console.box.fill("第一句")
    console.box.press("Enter")
    failed = console.log.locator(".failed")
    expect(failed).to_contain_text("没有发出去，内容还在。")
    console.page.reload()
    expect(failed).to_contain_text("第一句")

    # the server has it, but its answer is lost on the way back
    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    console.page.unroute("**/reply")
    console.page.route("**/reply", lose_the_answer, times=1)
    failed.get_by_role("button", name="重发").click()
    words = console.log.locator(".operator .words").filter(has_text="第一句")
    expect(words).to_have_count(1)
    expect(console.log.locator(".failed, .sending")).to_have_count(0)

    console.page.route("**/reply", lambda route: route.abort(), times=1)
    console.box.fill("第二句")
    console.box.press("Enter")
    failed.get_by_role("button", name="放回输入框").click()
    expect(failed).to_have_count(0)
    expect(console.box).to_have_value("第二句")
    console.box.press("Enter")
    expect(console.log.locator(".operator .words").filter(has_text="第二句")).to_have_count(1)
    console.page.reload()
    expect(console.log.locator(".operator .words")).to_have_text(["第一句", "第二句"])

    # reloaded before the answer came: what was on its way is said, and once
    console.page.route("**/reply", lambda route: route.fetch(), times=1)
    console.box.fill("第三句")
    console.box.press("Enter")
    # on its way, or already back by the stream
    expect(console.log.locator(".operator .words").last).to_have_text("第三句")
    console.page.reload()
    expect(console.log.locator(".operator .words")).to_have_text(["第一句", "第二句", "第三句"])
    expect(console.log.locator(".failed, .sending")).to_have_count(0)


def test_who_reads_further_up_is_not_pulled_down(
    open_console: OpenConsole, arrives: Arrives
) -> None:
    resident = arrives()
    number = resident.asks_for_a_person(WAGES)
    console = open_console(viewport={"width": 1280, "height": 600})
    console.take(number)
    for n in range(12):
        resident.say(f"第 {n} 句")
    expect(console.log.locator(".resident").last).to_be_in_viewport()
    console.log.evaluate("log => { log.scrollTop = 0; }")
    resident.say("最后一句")
    fresh = console.page.get_by_role("button", name="有新消息")
    expect(fresh).to_be_visible()
    assert console.log.evaluate("log => log.scrollTop") == 0
    fresh.click()
    expect(console.log.locator(".resident").last).to_be_in_viewport()
    expect(fresh).to_be_hidden()


# ---------------------------------------------------------------- the connection, the login


def test_a_lost_connection_loses_nothing(open_console: OpenConsole, arrives: Arrives) -> None:
    resident = arrives()
    number = resident.asks_for_a_person(WAGES)
    console = open_console()
    console.take(number)
    console.expect_complaints()
    console.page.context.set_offline(True)
    expect(console.page.locator("#connection")).to_have_text("连接断了，正在重连…")
    resident.say("断线的时候说的")
    later = arrives().asks_for_a_person(WAGES)
    console.page.context.set_offline(False)
    expect(console.page.locator("#connection")).to_be_empty()
    expect(console.log.locator(".resident").last).to_contain_text("断线的时候说的")
    expect(console.in_group("waiting", later)).to_be_visible()


def test_a_login_that_ended_leads_back_to_the_same_ticket(
    open_console: OpenConsole, arrives: Arrives
) -> None:
    number = arrives().asks_for_a_person(WAGES)
    console = open_console()
    console.take(number)
    console.expect_complaints()
    console.page.context.clear_cookies()
    console.box.fill("还没说完")
    console.box.press("Enter")
    expect(console.log.locator(".failed")).to_contain_text("还没说完")
    console.page.get_by_role("link", name="重新登录").click()
    console.log_in("zhou")
    expect(console.page).to_have_url(re.compile(f"ticket={number}$"))
    console.log.locator(".failed").get_by_role("button", name="重发").click()
    expect(console.log.locator(".operator:not(.sending, .failed) .words")).to_have_text("还没说完")


def test_a_login_in_another_tab_does_not_break_this_one(
    open_console: OpenConsole, arrives: Arrives
) -> None:
    number = arrives().asks_for_a_person(WAGES)
    console = open_console()
    console.open(number)
    console.expect_complaints()  # a 403 that the page itself gets over
    answer = console.page.request.post(
        f"{console.url}/api/v1/login", data={"username": "zhou", "password": PASSWORD}
    )
    assert answer.ok
    console.deed("接入").click()
    expect(console.box).to_be_focused()


def test_the_login_form(open_console: OpenConsole) -> None:
    console = open_console(None, java_script_enabled=False, viewport=PHONE)
    console.expect_complaints()  # the browser logs the 401 and 403
    console.log_in("zhou", "wrong")
    expect(console.page.get_by_role("alert")).to_have_text("用户名或密码不对，请再试一次。")
    expect(console.page.get_by_label("用户名")).to_have_value("zhou")
    # who keeps the content starts at their own site, and is told that this one is not theirs
    console.log_in("bian")
    expect(console.page.get_by_role("heading", level=1)).to_have_text("首页")
    console.page.goto(f"{console.url}/console")
    expect(console.page.get_by_role("heading", level=1)).to_have_text("这个账号还不能接待居民")
    console.page.get_by_role("button", name="退出，换一个账号").click()
    console.log_in("zhou")
    expect(console.page.locator("noscript p")).to_be_visible()


def test_an_operator_of_one_city_sees_no_other(open_console: OpenConsole, arrives: Arrives) -> None:
    number = arrives().asks_for_a_person(WAGES)
    console = open_console("qing")
    expect(console.line(number)).to_have_count(0)
    console.expect_complaints()
    console.goto(f"/console?ticket={number}")
    expect(console.alert).to_have_text("没有这个工单。")
    assert console.deeds() == []


# ---------------------------------------------------------------- on a phone


def test_a_phone_shows_one_screen_at_a_time(open_console: OpenConsole, arrives: Arrives) -> None:
    number = arrives().asks_for_a_person(WAGES)
    console = open_console(viewport=PHONE, has_touch=True)
    expect(console.line(number)).to_be_visible()
    assert console.overflow() == 0
    console.open(number)
    expect(console.line(number)).to_be_hidden()
    expect(console.page.locator("#summary")).to_be_in_viewport()
    assert console.overflow() == 0
    console.deed("接入").click()
    expect(console.box).to_be_focused()
    console.reply(ANSWER)
    assert console.visible_unobscured(console.said.last)
    assert console.visible_unobscured(console.box)
    assert console.overflow() == 0
    console.page.get_by_role("link", name="返回列表").click()
    expect(console.line(number)).to_be_focused()
    console.page.go_back()
    expect(console.box).to_be_visible()
    console.page.go_back()
    expect(console.line(number)).to_be_visible()
    expect(console.box).to_be_hidden()


def test_everything_by_keyboard(open_console: OpenConsole, arrives: Arrives) -> None:
    number = arrives().asks_for_a_person(WAGES)
    console = open_console()
    expect(console.line(number)).to_be_visible()
    console.press_until("Tab", f'.line[href$="={number}"]')
    console.page.keyboard.press("Enter")
    expect(console.heading).to_be_focused()
    expect(console.deed("接入")).to_be_visible()
    console.press_until("Tab", "[data-deed=claim]")
    console.page.keyboard.press("Enter")
    expect(console.box).to_be_focused()
    console.press_until("Shift+Tab", ".deeds [data-deed=note]")
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_label("备注", exact=True)).to_be_focused()
    console.page.keyboard.type("call back at 5")
    console.page.keyboard.press("Escape")
    expect(console.page.get_by_role("dialog")).to_be_hidden()
    assert console.focused(".deeds [data-deed=note]")
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_label("备注", exact=True)).to_have_value("call back at 5")
    console.page.keyboard.press("Tab")
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_role("dialog")).to_be_hidden()
    expect(console.page.locator("#events")).to_contain_text("call back at 5")
    assert console.focused(".deeds [data-deed=note]")


# ---------------------------------------------------------------- for everybody, in every light


def login(console: Console, number: str) -> None:
    console.page.get_by_role("button", name="退出").click()
    console.log_in("zhou", "wrong")
    expect(console.page.get_by_role("alert")).to_be_visible()


def lists(console: Console, number: str) -> None:
    expect(console.line(number)).to_be_visible()


def waiting(console: Console, number: str) -> None:
    console.open(number)
    console.page.locator(".events summary").click()


def talking(console: Console, number: str) -> None:
    console.take(number)
    console.reply(ANSWER)
    console.page.route("**/reply", lambda route: route.abort())
    console.box.fill("这句发不出去")
    console.box.press("Enter")
    expect(console.log.locator(".failed")).to_be_visible()


def closing(console: Console, number: str) -> None:
    console.open(number)
    console.dialog("办结").get_by_role("button", name="办结").click()
    expect(console.page.get_by_role("dialog").get_by_role("alert")).to_be_visible()


def menu(console: Console, number: str) -> None:
    console.open(number)
    console.page.locator("#helper summary").first.click()
    expect(console.page.locator("#assist .part li").first).to_be_attached()
    console.page.locator("#more summary").click()
    expect(console.deed("合并")).to_be_visible()


def correcting(console: Console, number: str) -> None:
    console.open(number)
    dialog = console.more("更正分类")
    expect(dialog.get_by_label("事由").locator("option").first).to_be_attached()


def passing_on(console: Console, number: str) -> None:
    console.open(number)
    dialog = console.more("转介")
    expect(dialog.get_by_label("转什么事").locator("option").first).to_be_attached()


def keys(console: Console, number: str) -> None:
    console.page.get_by_role("button", name="快捷键").click()
    expect(console.page.get_by_role("dialog")).to_be_visible()


def offline(console: Console, number: str) -> None:
    console.open(number)
    console.page.context.set_offline(True)
    expect(console.page.locator("#connection")).not_to_be_empty()
    console.page.context.set_offline(False)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_on_any_face(
    open_console: OpenConsole, arrives: Arrives, scheme: str, viewport: dict[str, int]
) -> None:
    number = arrives().asks_for_a_person(BLACKMAIL)
    console = open_console(color_scheme=scheme, viewport=viewport)
    console.expect_complaints()
    faces = (
        lists, keys, waiting, menu, offline, talking, passing_on, correcting, closing, login,
    )  # fmt: skip
    for reach in faces:
        console.page.unroute_all()
        console.goto()
        reach(console, number)
        assert violations(console) == [], reach.__name__
        assert console.overflow() == 0, reach.__name__


# ---------------------------------------------------------------- pictures


def test_pictures(open_console: OpenConsole, client: httpx.Client, folder: Path) -> None:
    """For docs/operators.md: one ticket in talk, one offered, one waiting; in a city of its own."""
    arrives = partial(Resident.arrives, client, "qingyuan")
    resident = arrives()
    number = resident.asks_for_a_person("老板拖欠我三个月工资，我在清城区打工")
    console = open_console("qing", viewport=PICTURE, presence=Presence.on)
    console.take(number)
    console.reply("您好，我是接线员秦青。工资条、考勤记录还在手上吗？")
    resident.say("工资条在，考勤是手机打卡的")
    expect(console.log.locator(".resident").last).to_contain_text("手机打卡")
    for trouble in ("想离婚，孩子归谁", VIOLENCE):
        expect(console.line(arrives().asks_for_a_person(trouble))).to_be_visible()
    take(console, folder / "console-desktop.png", PICTURE["width"], PICTURE["height"])
    small = PHONE | {"height": 640}
    phone = open_console("qing", viewport=small, device_scale_factor=2, presence=Presence.on)
    expect(phone.line(number)).to_be_visible()
    take(phone, folder / "console-phone-list.png", small["width"] * 2, small["height"] * 2)
    phone.open(number)
    expect(phone.log.locator(".resident").last).to_be_in_viewport()
    take(phone, folder / "console-phone-ticket.png", small["width"] * 2, small["height"] * 2)
