"""What residents can do on the page, on a small phone."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Dialog, Request, Route, expect

from tests.e2e.chat_page import PHONE, VIOLENCE, WAGES, WHICH_TAIPING, XIAOLAN, ZHUHAI, Chat
from tests.e2e.conftest import OpenChat
from tests.stack import Stack

pytestmark = pytest.mark.e2e
CHAT_CALL = "**/api/v1/chat"


def referral(chat: Chat, name: str) -> str:
    """The text of the desk's card."""
    card = chat.referrals.filter(has=chat.page.get_by_role("heading", name=name, exact=True))
    expect(card).to_have_count(1)
    return card.inner_text()


def place(chat: Chat, name: str) -> str:
    """The text of the service point's card."""
    card = chat.places.filter(has=chat.page.get_by_role("heading", name=name, exact=True))
    expect(card).to_have_count(1)
    return card.inner_text()


def message_id(request: Request) -> str:
    """The client's own id of the message in a call of POST /chat."""
    body: dict[str, dict[str, str]] = json.loads(request.post_data or "{}")
    return body["message"]["id"]


# ---------------------------------------------------------------- finding the desk and the place


def test_unpaid_wages_show_the_matter_the_desks_with_their_law_and_the_place(
    open_chat: OpenChat,
) -> None:
    chat = open_chat()
    answer = chat.ask(WAGES)

    assert "劳动人事" in answer
    arbitration = referral(chat, "劳动人事争议仲裁")
    assert "劳动人事争议仲裁委员会" in arbitration
    assert re.search(r"依据：.*劳动争议调解仲裁法第.+条", arbitration)
    assert "时限：" in arbitration
    assert re.search(r"依据：.*法律援助法第.+条", referral(chat, "法律援助"))
    station = place(chat, "小榄镇公共法律服务站")
    assert "待核实" in station
    assert chat.overflow() == 0


def test_every_desk_says_on_what_law_it_stands(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    bases = chat.referrals.locator(".basis").all_inner_texts()
    assert len(bases) == chat.referrals.count() > 2
    assert all(re.search(r"依据：(待核实|.+第.+条)", basis) for basis in bases)


def test_a_county_named_with_the_town_is_understood(open_chat: OpenChat) -> None:
    chat = open_chat("/?city=qingyuan")
    answer = chat.ask("清新太平镇附近哪里可以做调解")
    assert "清新区太平镇" in answer
    assert "清新区 · 太平镇" in chat.places.first.inner_text()
    expect(chat.choices).to_have_count(0)


@pytest.mark.parametrize("county", ["清新区", "阳山县"])
def test_a_town_that_two_counties_have_is_asked_about(open_chat: OpenChat, county: str) -> None:
    chat = open_chat("/?city=qingyuan")
    chat.ask(WHICH_TAIPING)
    expect(chat.choices).to_have_text(["清远市清新区太平镇", "清远市阳山县太平镇"])
    expect(chat.places).to_have_count(0)

    answer = chat.after(chat.choices.filter(has_text=county).click)

    assert f"{county}太平镇" in answer
    assert f"{county} · 太平镇" in chat.places.first.inner_text()
    expect(chat.choices.first).to_be_disabled()
    expect(chat.choices.filter(has_text=county)).to_have_class(re.compile("chosen"))
    expect(chat.me.last).to_contain_text(f"清远市{county}太平镇")


def test_the_address_of_a_website_is_not_a_telephone_number(open_chat: OpenChat) -> None:
    chat = open_chat("/?city=qingyuan")
    assert "gd.12348.gov.cn" in chat.ask("清新太平镇附近哪里可以做调解")
    bubbles = chat.bot.locator(".bubble").filter(has_text="gd.12348.gov.cn")
    expect(bubbles.first).to_be_visible()
    expect(bubbles.locator("a")).to_have_count(0)


def test_unknown_facts_of_a_place_are_said_once_with_whom_to_ask(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    station = chat.places.filter(has_text="小榄镇公共法律服务站")
    expect(station.locator(".unknown")).to_have_text("地址、电话、时间：待核实，可拨 12348 询问。")
    station.get_by_text("资料来源与日期").click()
    expect(station.get_by_text("来源：")).to_be_visible()


def test_danger_shows_110_before_anything_else(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(VIOLENCE)

    first = chat.first_answer.locator(".card, .bubble").first
    expect(first).to_have_class(re.compile("urgent"))
    expect(first.locator(".big-call").first).to_have_attribute("href", "tel:110")
    expect(first.locator(".big-call").first).to_have_accessible_name("拨打 110")
    expect(first.locator(".big-call").first).to_be_in_viewport()
    assert chat.visible_unobscured(first.locator(".big-call").first)


# ---------------------------------------------------------------- other ways in


def test_a_service_is_picked_from_the_menu(open_chat: OpenChat) -> None:
    chat = open_chat()
    menu = chat.page.get_by_role("navigation", name="服务菜单")
    expect(menu).to_be_visible()  # a first visit shows it without a tap
    chat.after(menu.get_by_role("button", name="公证", exact=True).click)
    expect(chat.me).to_have_count(1)
    expect(chat.me.last).to_contain_text("公证")
    assert "公证处" in referral(chat, "公证")
    expect(menu).to_be_hidden()

    opener = chat.page.get_by_role("button", name="服务菜单")
    opener.click()
    expect(menu).to_be_visible()
    expect(opener).to_have_attribute("aria-expanded", "true")
    menu.get_by_text("更多服务").click()
    assert menu.get_by_role("button").count() > 10
    chat.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()


def test_everything_works_by_keyboard_alone(open_chat: OpenChat) -> None:
    chat = open_chat("/?city=qingyuan")
    page = chat.page
    page.keyboard.press("Tab")
    assert chat.focused(".skip")  # the first stop jumps over the header
    page.keyboard.press("Enter")
    expect(chat.box).to_be_focused()

    page.keyboard.type(WHICH_TAIPING)
    chat.after(lambda: page.keyboard.press("Enter"))
    chat.press_until("Shift+Tab", "button.choice")
    answer = chat.after(lambda: page.keyboard.press("Enter"))
    assert "太平镇" in answer

    chat.press_until("Tab", "#menu-open")
    page.keyboard.press("Enter")
    chat.press_until("Tab", ".menu button[data-service=legal_aid]")
    chat.after(lambda: page.keyboard.press("Enter"))
    expect(chat.me.last).to_contain_text("法律援助")
    assert not chat.focused("body")  # the focus is not lost when the menu closes


def test_a_shared_position_gives_the_nearest_place(open_chat: OpenChat) -> None:
    chat = open_chat(geolocation=XIAOLAN, permissions=["geolocation"])
    chat.after(chat.page.get_by_role("button", name="共享位置").click)
    expect(chat.me.last).to_contain_text("我共享了当前位置")
    assert re.search(r"约 .+(公里|米)", place(chat, "小榄镇公共法律服务站"))
    stored = chat.page.evaluate("sessionStorage.getItem('wenfa.chat')")
    assert not any(str(part) in stored for part in XIAOLAN.values())  # a position is not kept


def test_a_position_outside_the_served_cities_is_said_to_be_outside(open_chat: OpenChat) -> None:
    chat = open_chat(geolocation=ZHUHAI, permissions=["geolocation"])
    answer = chat.after(chat.page.get_by_role("button", name="共享位置").click)
    assert "不在本系统服务的城市" in answer
    assert "12348" in answer
    expect(chat.places).to_have_count(0)


def test_a_refused_position_asks_for_the_name_of_the_place(open_chat: OpenChat) -> None:
    chat = open_chat(permissions=[])
    chat.page.get_by_role("button", name="共享位置").click()
    expect(chat.bot.last).to_contain_text("把您所在的镇、街道或村的名字告诉我")
    expect(chat.page.get_by_role("button", name="共享位置")).to_be_enabled()


# ---------------------------------------------------------------- always at hand


def test_the_call_to_12348_never_leaves_the_screen(open_chat: OpenChat) -> None:
    chat = open_chat()
    expect(chat.call).to_have_attribute("href", "tel:12348")
    assert chat.visible_unobscured(chat.call)
    chat.ask(WAGES)
    assert chat.visible_unobscured(chat.call)
    chat.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert chat.visible_unobscured(chat.call)
    chat.page.get_by_role("button", name="服务菜单").click()
    assert chat.visible_unobscured(chat.call)
    chat.page.keyboard.press("Escape")
    chat.page.evaluate("window.scrollTo(0, 0)")
    chat.page.get_by_role("button", name="大字显示").click()
    assert chat.visible_unobscured(chat.call)


def test_large_type_is_larger_stays_after_a_reload_and_fits(open_chat: OpenChat) -> None:
    chat = open_chat(viewport={"width": 320, "height": 640})
    chat.ask(WAGES)
    assert chat.overflow() == 0
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    before = chat.bot.last.evaluate(size)
    assert before >= 18

    chat.page.evaluate("window.scrollTo(0, 0)")
    chat.page.get_by_role("button", name="大字显示").click()

    assert chat.bot.last.evaluate(size) >= before * 1.2
    assert chat.overflow() == 0
    chat.page.reload()
    expect(chat.page.get_by_role("button", name="大字显示")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert chat.bot.last.evaluate(size) >= before * 1.2


def test_what_is_tapped_is_large_enough_for_a_finger(open_chat: OpenChat) -> None:
    chat = open_chat("/?city=qingyuan")
    chat.ask(WHICH_TAIPING)
    controls = chat.page.locator("button:visible, select:visible, .help a:visible")
    heights = [
        round(box["height"]) for control in controls.all() if (box := control.bounding_box())
    ]
    assert len(heights) > 8
    assert min(heights) >= 44


# ---------------------------------------------------------------- leaving without a trace


def test_quick_exit_leaves_nothing_to_come_back_to(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(VIOLENCE)
    assert chat.page.context.cookies()

    chat.page.get_by_role("link", name=re.compile("^快速离开")).click()
    chat.page.wait_for_url("**/leave")

    expect(chat.page.locator("body")).to_be_empty()
    assert chat.page.title() == "新标签页"
    assert not chat.page.context.cookies()
    assert chat.page.evaluate("sessionStorage.getItem('wenfa.chat')") is None
    chat.page.go_back()
    assert chat.page.url == "about:blank"  # what was open before the chat
    chat.goto("/")
    expect(chat.me).to_have_count(0)
    expect(chat.log).not_to_contain_text("正在打我")


def test_quick_exit_also_clears_the_cities_visited_before(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    switch(chat, "连云港市", "lianyungang")
    expect(chat.log.get_by_text("好，下面按连云港市的规定和地点来答。")).to_be_visible()
    chat.page.get_by_role("link", name=re.compile("^快速离开")).click()
    chat.page.wait_for_url("**/leave")
    chat.page.go_back()
    assert chat.page.url == "about:blank"


def test_quick_exit_while_an_answer_is_on_its_way(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.expect_complaints()  # the request is broken off
    chat.page.route(CHAT_CALL, lambda route: None)  # never answered
    chat.box.fill(VIOLENCE)
    chat.box.press("Enter")
    expect(chat.page.locator("#typing")).to_be_visible()
    chat.page.get_by_role("link", name=re.compile("^快速离开")).click()
    chat.page.wait_for_url("**/leave")
    assert chat.page.evaluate("sessionStorage.getItem('wenfa.chat')") is None


def test_quick_exit_and_the_hotline_work_without_a_script(stack: Stack, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(stack.url)
    expect(page.get_by_role("heading", name="这个页面要开启 JavaScript 才能对话")).to_be_visible()
    expect(page.locator("main a[href='tel:12348']").first).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)  # it would only lose what was written
    page.get_by_role("link", name=re.compile("^快速离开")).click()
    page.wait_for_url("**/leave")
    context.close()


# ---------------------------------------------------------------- robust


def test_a_reload_keeps_the_conversation(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    chat.box.fill("还没写完的话")
    shown = chat.log.inner_text()
    sessions = sum(url.endswith("/chat/sessions") for url in chat.requests)

    chat.page.reload()

    expect(chat.me).to_have_count(1)
    assert chat.log.inner_text() == shown
    expect(chat.box).to_have_value("还没写完的话")
    answer = chat.ask("最近的服务点在哪里")
    assert "小榄镇" in answer  # the same conversation: it remembers where
    assert sum(url.endswith("/chat/sessions") for url in chat.requests) == sessions


def test_markup_in_a_message_is_shown_as_text(open_chat: OpenChat) -> None:
    chat = open_chat()
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    chat.page.on("dialog", dismiss)
    text = "<img src=x onerror=alert(1)><b>粗</b><script>alert(2)</script>{{7*7}}"
    chat.ask(text)
    expect(chat.me.last.locator(".bubble")).to_have_text(text)
    expect(chat.log.locator("img, b, script")).to_have_count(0)
    chat.page.reload()
    expect(chat.me.last.locator(".bubble")).to_have_text(text)
    expect(chat.log.locator("img, b, script")).to_have_count(0)
    assert dialogs == []


@pytest.mark.parametrize(
    "address", ["/", "/?city=atlantis", "/?city=", "/?city=%3Cscript%3E", "/?city=" + "x" * 2000]
)
def test_an_unknown_city_falls_back_to_the_deployments_own(
    open_chat: OpenChat, address: str
) -> None:
    chat = open_chat(address)
    expect(chat.page.get_by_label("城市", exact=True)).to_have_value("zhongshan")
    assert "小榄镇" in chat.ask("小榄镇哪里有服务点")


def test_a_citys_short_name_in_the_address_is_understood(open_chat: OpenChat) -> None:
    chat = open_chat("/?city=清远")
    expect(chat.page.get_by_label("城市", exact=True)).to_have_value("qingyuan")


def test_switching_the_city_answers_for_that_city(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    switch(chat, "清远市", "qingyuan")
    expect(chat.me).to_have_count(2)  # what was said stays to be read, and the conversation goes on
    expect(chat.me.last).to_contain_text("清远市")
    expect(chat.log.get_by_text("好，下面按清远市的规定和地点来答。")).to_be_visible()
    chat.ask(WHICH_TAIPING)
    expect(chat.choices.filter(has_text="清远市")).to_have_count(2)


def test_whoever_comes_back_from_another_page_is_where_they_were(open_chat: OpenChat) -> None:
    """Also who is in danger, whose conversation no address opens: nobody is moved unasked."""
    chat = open_chat("/?city=qingyuan")
    chat.ask(VIOLENCE)
    chat.goto("/")  # as every 回到对话 does
    chat.page.wait_for_url("**/?city=qingyuan")
    expect(chat.page.get_by_label("城市", exact=True)).to_have_value("qingyuan")
    expect(chat.me).to_have_count(1)
    expect(chat.log).not_to_contain_text("下面按中山市")


def test_there_and_back_before_the_answer_came_is_where_it_began(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    switch_in_vain(chat, "清远市", "qingyuan")
    chat.page.unroute(CHAT_CALL)
    switch(chat, "中山市", "zhongshan")
    expect(chat.log.get_by_text("好，下面按中山市的规定和地点来答。")).to_be_visible()
    expect(chat.me.last).to_contain_text("中山市")
    expect(chat.log).not_to_contain_text("清远市的规定")


def test_a_switch_that_is_on_its_way_is_remembered_elsewhere(open_chat: OpenChat) -> None:
    chat = open_chat("/?city=qingyuan")
    chat.ask(VIOLENCE)
    switch_in_vain(chat, "连云港市", "lianyungang")
    chat.page.unroute(CHAT_CALL)
    chat.goto("/")
    chat.page.wait_for_url("**/?city=lianyungang")
    expect(chat.log.get_by_text("好，下面按连云港市的规定和地点来答。")).to_be_visible()


def switch(chat: Chat, name: str, city: str) -> None:
    chat.page.get_by_label("城市", exact=True).select_option(label=name)
    chat.page.get_by_role("button", name="切换").click()
    chat.page.wait_for_url(f"**/?city={city}")


def switch_in_vain(chat: Chat, name: str, city: str) -> None:
    """The page is the other city's, and no message gets through any more."""
    chat.expect_complaints()
    chat.page.route(CHAT_CALL, lambda route: route.abort())
    switch(chat, name, city)
    expect(chat.me.last).to_have_class(re.compile("failed"))


def test_nothing_is_answered_for_the_other_city_when_switching_does_not_get_through(
    open_chat: OpenChat,
) -> None:
    chat = open_chat()
    chat.ask(WAGES)
    switch_in_vain(chat, "清远市", "qingyuan")
    chat.box.fill(WHICH_TAIPING)
    chat.box.press("Enter")
    expect(chat.me.last).to_contain_text("太平")
    expect(chat.me.last).to_have_class(re.compile("failed"))
    chat.page.unroute(CHAT_CALL)
    chat.me.last.get_by_role("button", name="重新发送").click()
    expect(chat.log.get_by_text("好，下面按清远市的规定和地点来答。")).to_be_visible()
    expect(chat.choices.filter(has_text="清远市")).to_have_count(2)
    expect(chat.me).to_have_count(3)


def test_a_message_that_does_not_get_through_is_kept_and_sent_again(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.expect_complaints()
    sent: list[str] = []

    def lose(route: Route) -> None:
        sent.append(message_id(route.request))
        route.abort()

    chat.page.route(CHAT_CALL, lose)
    chat.box.fill(WAGES)
    chat.box.press("Enter")
    expect(chat.me).to_contain_text("您写的内容还在")
    expect(chat.me.locator("a[href='tel:12348']")).to_be_visible()
    assert chat.visible_unobscured(chat.call)

    chat.page.unroute(CHAT_CALL)
    with chat.page.expect_request(CHAT_CALL) as again:
        answer = chat.after(chat.page.get_by_role("button", name="重新发送").click)
    assert "劳动人事" in answer
    assert [message_id(again.value)] == sent
    expect(chat.me).to_have_count(1)
    expect(chat.page.get_by_role("button", name="重新发送")).to_have_count(0)


def test_a_forgotten_session_is_renewed_without_a_word(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.expect_complaints()  # the browser reports the 404
    chat.page.evaluate(
        """() => {
            const kept = JSON.parse(sessionStorage.getItem('wenfa.chat'));
            kept.session = 'AAAAAAAAAAAAAAAAAAAAAA';
            sessionStorage.setItem('wenfa.chat', JSON.stringify(kept));
        }"""
    )
    chat.page.reload()
    expect(chat.log.locator(".notice")).to_have_count(1)
    chat.box.fill(WAGES)
    chat.box.press("Enter")
    expect(chat.referrals.first).to_be_visible()
    expect(chat.me).to_have_count(1)
    expect(chat.page.get_by_role("button", name="重新发送")).to_have_count(0)
    expect(chat.log.locator(".notice")).to_have_count(1)  # read once is enough


def test_nothing_is_sent_that_is_empty_or_too_long(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.box.fill("   ")
    chat.box.press("Enter")
    chat.box.fill("长" * 2001)
    expect(chat.page.locator("#count")).to_contain_text("多了 1 个字")
    chat.box.press("Enter")
    expect(chat.me).to_have_count(0)
    chat.box.fill("😀" * 2000)  # counted as the server counts
    chat.after(lambda: chat.box.press("Enter"))


def test_enter_that_picks_a_candidate_does_not_send(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.box.fill("老板")
    chat.box.evaluate(
        """box => box.dispatchEvent(new KeyboardEvent(
            'keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"""
    )
    chat.box.press("Shift+Enter")
    expect(chat.me).to_have_count(0)
    expect(chat.box).to_have_value("老板\n")


def test_a_wide_screen_shows_the_menu_beside_the_conversation(open_chat: OpenChat) -> None:
    chat = open_chat(viewport={"width": 1280, "height": 800})
    chat.ask(WAGES)
    menu = chat.page.get_by_role("navigation", name="服务菜单").bounding_box()
    log = chat.log.bounding_box()
    assert menu is not None
    assert log is not None
    assert menu["x"] + menu["width"] <= log["x"]
    assert chat.overflow() == 0
