"""How a message looks in Telegram: danger first, facts with their gaps, nothing as markup."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup, ReplyKeyboardMarkup

from bot.channels.telegram.citations import LONGEST_ADDRESSES
from bot.channels.telegram.commands import key_choices
from bot.channels.telegram.rendering import LARGEST_DATA, NOTES_SHOWN, Part, keyboard, render
from bot.channels.telegram.splitting import LARGEST, units
from knowledge.catalogue import Catalogue
from knowledge.contract import place_shape
from knowledge.places import nearest
from tests.bot.screening import about, hostile_card, screening_card

URGENT = {
    "type": "notice",
    "title": "先保护自己",
    "text": "马上离开，拨 110。",
    "tone": "urgent",
    "calls": [{"label": "拨打 110", "number": "110"}],
}
PLACE: dict[str, Any] = {
    "type": "place",
    "name": "小榄司法所",
    "address": None,
    "phone": "0760-00000000",
    "hours": None,
    "distance_km": 1.26,
    "verified": False,
    "approximate": True,
}


def message(text: str = "", author: str = "bot", **more: Any) -> dict[str, Any]:
    return {"text": text, "author": author, "author_name": None, "choices": [], "cards": []} | more


def shown(*cards: dict[str, Any], text: str = "") -> str:
    [part] = render(message(text, cards=list(cards)))
    return part.text


def test_danger_comes_before_everything() -> None:
    text = shown(PLACE, URGENT, text="可以这样办：")
    assert text.startswith("‼️【紧急】先保护自己\n马上离开，拨 110。\n☎️ 拨打 110\n\n可以这样办：")


def test_an_unknown_fact_is_to_be_checked() -> None:
    assert shown(PLACE).splitlines() == [
        "📍 小榄司法所（待核实）",
        "约 1.3 公里",
        "电话：0760-00000000",
        "地址、时间：待核实，可拨 12348 询问。",
        "位置是大致的，去之前最好先打电话问一声。",
    ]


def test_a_known_place_says_what_is_known() -> None:
    known = PLACE | {
        "verified": True, "address": "某路 1 号", "hours": "周一至周五", "approximate": False
    }  # fmt: skip
    text = shown(known)
    assert "待核实" not in text
    assert "地址：某路 1 号" in text


@pytest.mark.parametrize(
    ("km", "words"),
    [
        (0.02, "不到 100 米"),
        (0.34, "约 300 米"),
        (9.94, "约 9.9 公里"),
        (31.4, "约 31 公里"),
        (None, ""),
    ],
)
def test_distances_are_round(km: float | None, words: str) -> None:
    lines = shown(PLACE | {"distance_km": km}).splitlines()
    assert (lines[1] if km is not None else "") == words


def test_every_place_of_ours_can_be_shown(catalogue: Catalogue) -> None:
    for city in catalogue.atlas.cities.values():
        region = catalogue.atlas.regions[city.region_id]
        for place in nearest(catalogue, region, at=None, service=None, limit=20):
            shape = place_shape(catalogue, place)
            text = shown({"type": "place", **shape})
            assert place.point.name in text
            assert "待核实" in text or shape["verified"]


def test_desks_are_numbered_with_reason_source_and_what_comes_next() -> None:
    desk: dict[str, Any] = {
        "type": "referral", "name": "法律援助", "desk": "中山市法律援助处", "why": "可以申请。",
        "source": "法律援助法第三十一条", "deadline": None, "party": None, "otherwise": None,
        "mediation": [],
    }  # fmt: skip
    other = desk | {
        "name": "人民调解", "desk": "人民调解", "why": "两边说和。", "source": None,
        "deadline": "60日内", "party": "老人", "otherwise": "谈不成，可以起诉。",
        "mediation": [{"kind": "行政调解", "where": "交警部门"}],
    }  # fmt: skip
    assert shown(desk, other).split("\n\n") == [
        "1. 法律援助\n找谁：中山市法律援助处\n可以申请。\n依据：法律援助法第三十一条",
        "2. 人民调解\n两边说和。\n适合：老人\n⏰ 时限：60日内\n可以这样调解：\n"
        "· 行政调解：交警部门\n不合适的话：谈不成，可以起诉。\n依据：待核实",
    ]


def test_a_door_that_is_shut_today_says_so() -> None:
    closed = PLACE | {"open_now": False, "hours_exceptions": "今天 24:00前没有人值班"}
    assert "现在不开放\n❗ 今天：今天 24:00前没有人值班" in shown(closed)
    assert "现在开放" in shown(PLACE | {"open_now": True})
    assert "现在" not in shown(PLACE | {"open_now": None})


def test_the_way_is_an_estimate_and_a_map_is_linked_for_an_address() -> None:
    text = shown(PLACE | {"distance_km": 3.0, "travel_minutes": 20})
    assert "大概 20 分钟（只是估计）" in text
    url = "https://uri.amap.com/search?keyword=x"
    assert url in shown(PLACE | {"address": "某路 1 号", "map_url": url})
    assert url not in shown(PLACE | {"address": None, "map_url": url})


def test_who_is_there_is_named() -> None:
    adviser = {
        "name": "李律师", "role": "村（社区）法律顾问", "organisation": "某某律师事务所",
        "phone": "0760-88880600", "verified": True,
    }  # fmt: skip
    other = {"name": "王姐 {role}", "role": "人民调解员", "organisation": None, "phone": None}
    lines = shown(PLACE | {"people": [adviser, other, {"name": None}, "x"]}).splitlines()
    assert [line for line in lines if line.startswith("👤")] == [
        "👤 村（社区）法律顾问：李律师（某某律师事务所），电话 0760-88880600",
        "👤 人民调解员：王姐 {role}（待核实）",
    ]
    assert "👤" not in shown(PLACE | {"people": []})
    assert "👤" not in shown(PLACE | {"people": None})


def test_a_ticket_says_its_number_and_the_queue() -> None:
    card = {"type": "ticket", "number": "1", "number_shown": "2611 0382 9174", "queue_position": 2}
    assert shown(card) == "🎫 工单号：2611 0382 9174\n前面还有 2 位"
    assert shown(card | {"queue_position": 0}).endswith("下一位就是您")
    assert shown(card | {"queue_position": None}) == "🎫 工单号：2611 0382 9174"


def test_a_screening_says_what_matters_first() -> None:
    card = screening_card()
    blocks = shown(card).split("\n\n")
    assert blocks[0] == "✅ 可能符合法律援助条件\n这是初步判断，不是决定。"
    assert [block.split("：\n")[0] for block in blocks[1:-2]] == [
        "去哪里申请",
        "必须带",
        "有就带上，没有也能去",
        "您说的情况",
        "依据什么",
        "还没弄清楚的",
        "请留意",
    ]
    # the first place only, as a place is shown
    assert blocks[1].startswith("去哪里申请：\n📍 小榄镇公共法律服务站（待核实）\n")
    assert "中山市法律援助处" not in blocks[1]
    assert blocks[2].splitlines()[1] == "· 身份证（没带的先去，窗口会告诉您怎么补）"
    assert "· 共同生活的人数：3 人" in blocks[4]
    assert blocks[5].endswith("（粤府令第268号第三条第一项，待核实）")
    assert "经济困难的情况还没说全" in blocks[6]
    assert len(about(card, "note")) > NOTES_SHOWN
    assert len(blocks[7].splitlines()) == 1 + NOTES_SHOWN
    assert blocks[8].startswith("不给怎么办：机构决定不给的")
    assert "\n" not in blocks[8]
    assert blocks[9] == "中山市 · 2026年11月26日 · 按广东2024年5月1日起的规则"


def test_every_fact_and_article_of_a_screening_is_said() -> None:
    card = screening_card()
    text = shown(card)
    assert all(f"{one['name']}：{one['value']}" in text for one in card["facts"])
    assert all(one["name"] in text for one in card["materials"])
    for reason in about(card, "basis") + about(card, "open"):
        assert reason["text"] in text
        assert reason["article"] in text


@pytest.mark.parametrize("outcome", ["unlikely", "unknown", None])
def test_a_screening_that_is_not_hopeful_has_no_tick(outcome: str | None) -> None:
    text = shown(screening_card() | {"outcome": outcome, "title": "还不能判断"})
    assert text.startswith("ℹ️ 还不能判断\n")
    assert "✅" not in text


def test_a_screening_with_little_in_it() -> None:
    bare = {"type": "screening", "title": "还不能判断", "facts": None, "reasons": ["x"]}
    assert shown(bare).split("\n\n") == [
        "ℹ️ 还不能判断\n这是初步判断，不是决定。", "去哪里申请：待核实，请拨 12348 询问。"
    ]  # fmt: skip
    unfounded = [{"about": "basis", "text": "甲。", "article": None, "verified": True}]
    assert "· 甲。（依据待核实）" in shown(bare | {"reasons": unfounded})
    assert "{name}" in shown(hostile_card())


def test_a_card_of_tomorrow_says_what_it_says() -> None:
    assert shown({"type": "law", "title": "第三十一条", "text": "条文"}) == "第三十一条\n条文"
    assert render(message(cards=[{"type": "map"}])) == []


def test_a_person_is_told_from_the_bot() -> None:
    said = message("您好，我看到了。", author="operator", author_name="李莉")
    assert render(said)[0].text == "接线员李莉：您好，我看到了。"
    assert render(said | {"author_name": None})[0].text == "接线员：您好，我看到了。"
    assert render(said | {"author": "system"})[0].text == "您好，我看到了。"


@given(st.text(max_size=60), st.text(max_size=60))
def test_braces_and_markup_are_only_text(name: str, words: str) -> None:
    hostile = f"<b>{name}</b> [x](tg://user?id=1) {{0}} {{text}} *_`&amp; {words}"
    card = PLACE | {"name": hostile, "address": hostile}
    parts = render(message(hostile, "operator", author_name="{name}<i>", cards=[card]))
    whole = "\n".join(part.text for part in parts)
    assert whole.count("<b>") == 3
    assert "&amp;" in whole
    assert "{0} {text}" in whole
    assert "接线员{name}<i>：" in whole


def test_buttons_stand_under_the_last_part() -> None:
    choices = [{"title": "我要人工", "value": "request:human_handoff"}]
    parts = render(message("长。" * 3000, choices=choices))
    assert len(parts) == 2
    assert all(units(part.text) <= LARGEST for part in parts)
    assert [part.markup is None for part in parts] == [True, False]


def test_nothing_to_say_is_nothing_to_send() -> None:
    assert render(message("  \n")) == []
    assert render(message("  \n"), SITE) == []


# ---------------------------------------------------------------- articles lead to the law's pages

SITE = "https://wenfa.example"


def links(part: Part) -> list[tuple[str, str]]:
    """What is linked, cut out as Telegram counts, and where it leads."""
    counted = part.text.encode("utf-16-le")
    return [
        (
            counted[2 * one.offset : 2 * (one.offset + one.length)].decode("utf-16-le"),
            unquote(str(one.url)).removeprefix(SITE),
        )
        for one in part.links
    ]


DESK = {"type": "referral", "name": "😀仲裁", "source": "劳动合同法第三十八条、第四十六条"}
ANSWER = {
    "type": "faq", "title": "😀工资", "answer": "先要。", "steps": [], "materials": [],
    "source": "《劳动法》第五十条", "verified": True, "read": True,
}  # fmt: skip


def test_every_kind_of_card_leads_to_the_articles_that_it_names() -> None:
    law = {"type": "law", "title": "民法典第一千零七十九条", "text": "夫妻一方要求离婚的……"}
    [part] = render(message("😀", cards=[URGENT, DESK, ANSWER, law]), SITE)
    assert links(part) == [
        ("劳动合同法第三十八条", "/law/劳动合同法/第三十八条"),
        ("第四十六条", "/law/劳动合同法/第四十六条"),
        ("《劳动法》第五十条", "/law/劳动法/第五十条"),
        ("民法典第一千零七十九条", "/law/民法典/第一千零七十九条"),
    ]
    assert part.text == render(message("😀", cards=[URGENT, DESK, ANSWER, law]))[0].text


def test_a_screening_leads_to_its_articles_and_to_nothing_else() -> None:
    [part] = render(message(cards=[screening_card()]), SITE)
    found = dict(links(part))
    assert found["法律援助法第三十一条"] == "/law/法律援助法/第三十一条"
    assert found["法律援助法第四十九条"] == "/law/法律援助法/第四十九条"  # of the objection
    assert not [text for text in found if "粤府令" in text]  # no law of ours


def test_without_a_public_address_articles_are_words() -> None:
    [part] = render(message(cards=[DESK]))
    assert part.links == ()
    assert "依据：劳动合同法第三十八条、第四十六条" in part.text


def test_a_cut_within_a_list_of_articles_loses_no_law() -> None:
    articles = "、".join(f"第{n}条" for n in range(1, 95))
    parts = render(message("字" * (LARGEST - 200) + "民法典" + articles), SITE)
    assert len(parts) == 2
    assert all(units(part.text) <= LARGEST for part in parts)
    said = [link for part in parts for link in links(part)]
    assert said[0] == ("民法典第1条", "/law/民法典/第一条")
    assert [text for text, _ in said[1:]] == [f"第{n}条" for n in range(2, 95)]
    assert all(where.startswith("/law/民法典/第") for _, where in said)


def test_a_citation_that_is_cut_leads_there_from_both_halves() -> None:
    parts = render(message("字" * (LARGEST - 5) + "民法典第一千零七十九条"), SITE)
    [first], [second] = map(links, parts)
    assert first[0] + second[0] == "民法典第一千零七十九条"
    assert first[1] == second[1] == "/law/民法典/第一千零七十九条"


def test_more_addresses_than_telegram_takes_are_left_out() -> None:
    source = "、".join(f"民法典第{n}条" for n in range(1, 300))
    [part] = render(message(cards=[DESK | {"source": source}]), SITE)
    assert sum(len(str(one.url)) for one in part.links) <= LONGEST_ADDRESSES
    assert links(part)[0] == ("民法典第1条", "/law/民法典/第一条")
    assert len(part.links) > 40


def test_what_names_no_article_arrives_as_it_was_written() -> None:
    said = "先看民法典一千和千十一条，十零条；民法典第九千条、日本民法典第三条都不管"
    [part] = render(message(said), SITE)
    assert (part.text, part.links) == (said, ())


@given(st.text(max_size=40), st.text(max_size=40))
def test_links_lead_only_to_our_own_pages(before: str, after: str) -> None:
    hostile = f"{before}<a href='https://evil.example'>劳动合同法第三十八条</a>[x](tg://u){after}"
    for part in render(message(hostile, "operator", author_name=before), SITE):
        assert all(str(one.url).startswith(f"{SITE}/law/") for one in part.links)
        assert all(one.type == "text_link" for one in part.links)
        assert [text for text, _ in links(part)].count("劳动合同法第三十八条") >= 1


def buttons(*titles: str) -> list[list[str]]:
    markup = keyboard([{"title": title, "value": f"x:{title}"} for title in titles])
    assert isinstance(markup, InlineKeyboardMarkup)
    return [[button.text for button in row] for row in markup.inline_keyboard]


def test_long_titles_have_a_row_of_their_own() -> None:
    assert buttons("公证", "仲裁", "法律援助") == [["公证", "仲裁"], ["法律援助"]]
    assert buttons("公证", "律师与基层法律服务", "仲裁", "司法救助") == [
        ["公证"], ["律师与基层法律服务"], ["仲裁", "司法救助"]
    ]  # fmt: skip


def test_a_choice_that_cannot_be_carried_is_left_out() -> None:
    too_long = {"title": "长", "value": "x" * (LARGEST_DATA + 1)}
    assert keyboard([too_long]) is None
    assert keyboard([]) is None


def test_the_place_is_shared_by_a_key_under_the_input() -> None:
    markup = keyboard(key_choices())
    assert isinstance(markup, ReplyKeyboardMarkup)
    keys = [key for row in markup.keyboard for key in row]
    assert [key.request_location for key in keys] == [True, None, None, None]
    assert markup.is_persistent
