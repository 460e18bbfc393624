"""The law's text on a day: corrected dates, no text of today under an old date, numbers, links."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.content_files import DATA
from knowledge.law.heard import asked_for, replaced_law
from knowledge.law.library import FILE, laws
from knowledge.law.links import Part, articles_named, law_url, linked, pieces
from knowledge.law.numerals import article_number
from tests.knowledge.law_package import REVIEWED

CONTENT = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def _cited(content: Any) -> Iterator[str]:
    """Every law that a content file cites, wherever it stands in it."""
    if isinstance(content, dict):
        if {"law", "article"} <= content.keys():
            yield content["law"]
        for value in content.values():
            yield from _cited(value)
    elif isinstance(content, list):
        for value in content:
            yield from _cited(value)


CITED = sorted(
    {
        law
        for file in DATA.rglob("*.yml")
        for law in _cited(yaml.safe_load(file.read_text(encoding="utf-8")))
    }
)


@pytest.mark.parametrize("law", CITED)
def test_a_cited_law_holds_today_and_somebody_checked_since_when(law: str) -> None:
    version = laws().in_force(law, REVIEWED)
    assert version, f"{law} 今天没有有效文本"
    assert version.since, f"{law} 的施行日期没有核对：请在 {FILE.name} 加一行"
    assert version.adopted <= REVIEWED
    assert version.since <= REVIEWED


@pytest.mark.parametrize(
    "row", CONTENT["corrections"], ids=lambda row: f"{row['law']}{row['adopted']}"
)
def test_a_correction_says_why(row: dict[str, Any]) -> None:
    assert row["from"] >= row["adopted"]
    assert str(row["from"].year) in row["why"] or "公布之日" in row["why"]


def test_other_ways_of_naming_a_law_lead_to_one_of_the_package() -> None:
    known = set(laws().names)
    assert set(CONTENT["called"].values()) | set(CONTENT["replaced"].values()) <= known
    assert not (set(CONTENT["called"]) | set(CONTENT["replaced"])) & known


@pytest.mark.parametrize(
    ("law", "day", "adopted"),
    [
        ("商标法", "2026-12-31", "2019-04-23"),
        ("商标法", "2027-01-01", "2026-06-26"),
        ("仲裁法", "2026-02-28", "2017-09-01"),
        ("仲裁法", "2026-03-01", "2025-09-12"),
        ("监狱法", "2026-10-31", "2012-10-26"),
        ("监狱法", "2026-11-01", "2026-04-30"),
        ("民事诉讼法", "2024-01-01", "2023-09-01"),
        ("刑法", "2026-11-26", "2020-12-26"),
        ("农村土地承包法", "2026-11-26", "2018-12-29"),
    ],
)
def test_the_text_of_a_day(law: str, day: str, adopted: str) -> None:
    version = laws().in_force(law, date.fromisoformat(day))
    assert version
    assert version.adopted.isoformat() == adopted


@pytest.mark.parametrize(
    ("law", "day"),
    [("劳动合同法", "2013-06-30"), ("民事诉讼法", "2023-12-31"), ("民法典", "2020-12-31")],
)
def test_a_day_before_the_oldest_text_has_none(law: str, day: str) -> None:
    assert laws().in_force(law, date.fromisoformat(day)) is None


def test_a_law_that_was_repealed_does_not_hold() -> None:
    assert laws().versions("环境保护法")
    assert laws().in_force("环境保护法", REVIEWED) is None


@given(st.sampled_from(laws().names), st.dates(date(1990, 1, 1), date(2040, 1, 1)))
def test_what_holds_on_a_day_has_begun_and_is_the_newest(law: str, day: date) -> None:
    version = laws().in_force(law, day)
    if version:
        assert version.holds_from <= day
        later = [v for v in laws().versions(law) if version.holds_from < v.holds_from <= day]
        assert not later


@given(st.integers(1, 1999))
def test_a_number_is_the_same_in_either_numerals(number: int) -> None:
    written = article_number(str(number))
    assert written
    assert article_number(written) == written
    assert article_number(f"第{number}条") == written


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10", "第十条"),
        ("一百一十条", "第一百一十条"),
        ("第1079条", "第一千零七十九条"),
        ("第一百二十条之一", "第一百二十条之一"),
        ("0", None),
        ("第条", None),
        ("零", None),
        ("第三十八款", None),
        ("38.5", None),
    ],
)
def test_how_a_number_is_written(text: str, number: str | None) -> None:
    assert article_number(text) == number


def test_every_article_of_the_civil_code_is_found_by_its_arabic_number() -> None:
    code = laws().in_force("民法典", REVIEWED)
    assert code
    numbers = [article.number for article in laws().articles(code)]
    assert numbers == [article_number(str(n)) for n in range(1, 1261)]


def test_a_source_is_cut_where_articles_are_named() -> None:
    source = "劳动争议调解仲裁法第二十七条、法律援助法第四十二条第三项"
    parts = linked(source)
    assert "".join(part.text for part in parts) == source
    assert [part.url for part in parts if part.url] == [
        law_url("劳动争议调解仲裁法", "第二十七条"),
        law_url("法律援助法", "第四十二条"),
    ]
    assert linked("《中山市公共法律服务体系建设规划（2023-2025年）》三（一）1")[0].url is None
    assert linked("") == ()


@pytest.mark.parametrize(
    ("text", "linked_words"),
    [
        # what people write of ours
        ("我问民法典1079条、1080条和第一千条", ["民法典1079条", "1080条", "第一千条"]),
        (
            "依照《中华人民共和国刑法》第二百八十七条之二",
            ["《中华人民共和国刑法》第二百八十七条之二"],
        ),
        ("双方援引《劳动法》\n第 3 条", ["《劳动法》\n第 3 条"]),
        ("我国民法典第十条，第十二条", ["民法典第十条", "第十二条"]),
        # the article is not there, the law is: its next number is read
        ("民法典第九千条、第三条", ["第三条"]),
        ("劳动法第十条之九", []),
        # a law of another name, country or time
        ("日本民法典第三条、第四条", []),
        ("美国《宪法》第三条", []),
        ("德国的民法典第八百二十三条", []),
        ("《行政监察法》第三条", []),
        ("外商投资企业和外国企业所得税法第三条", []),
        ("家庭教育法第十条", []),
        ("广东省劳动法第三条", []),
        ("原劳动法第三条", []),
        ("1979年《刑法》第三条，1997年修订的刑法第三条", []),
        ("合同法第三条", []),
        # how many there are, and a number that could be two
        ("民法典里的3条规定，劳动法三条意见，刑法中一条", []),
        ("民法典第十条，三条理由，20条意见", ["民法典第十条"]),
        ("劳动法第十条例外", []),
        ("民法典第二百五条", []),
    ],
)
def test_a_link_leads_to_the_article_that_was_meant(text: str, linked_words: list[str]) -> None:
    parts = pieces(text)
    assert "".join(part.text for part in parts) == text
    assert [part.text for part in parts if part.url] == linked_words


@pytest.mark.parametrize(
    "number",
    ["一千和千十一条", "九零十条", "一二千十零条", "第零十零条", "一" * 4000 + "条", " " * 4000],
)
def test_signs_that_are_no_number_name_nothing(number: str) -> None:
    assert article_number(number) is None
    assert pieces(f"民法典{number}") == (Part(f"民法典{number}", None),)


@given(st.text(alphabet="第条之一二三十百千零〇两九9刑法民典的里，、和《》宪 \ud83d", max_size=30))
def test_nothing_that_is_written_stops_a_page(text: str) -> None:
    assert "".join(part.text for part in pieces(text)) == text


@given(st.text(alphabet="劳动合同法民典第三十八9条、和《》的ab ", max_size=40))
def test_nothing_of_a_source_is_lost(source: str) -> None:
    assert "".join(part.text for part in linked(source)) == source


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("劳动合同法第三十八条怎么说", ["劳动合同法第三十八条"]),
        ("民法典1079条", ["民法典第一千零七十九条"]),
        ("请问《中华人民共和国劳动合同法》第38条的内容是什么？", ["劳动合同法第三十八条"]),
        ("消法55條係乜", ["消费者权益保护法第五十五条"]),
        ("劳动合同法38条和46条讲什么", ["劳动合同法第三十八条", "劳动合同法第四十六条"]),
        ("查一下反家暴法第二十三条", ["反家庭暴力法第二十三条"]),
        # tells of a trouble: that is answered, not the article
        ("我被公司按劳动合同法第39条开除了怎么办", []),
        ("交警按道路交通安全法第九十条罚我，不服", []),
        # names no article of a law
        ("第三十八条怎么说", []),
        ("劳动合同法怎么说", []),
        ("我住建设路38条街", []),
    ],
)
def test_who_asks_for_an_article(text: str, named: list[str]) -> None:
    assert [one.law + one.number for one in asked_for(text)] == named


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("婚姻法第三十二条怎么说", "婚姻法"),
        ("合同法52条", "合同法"),
        # the civil code's chapter is no old law, and 劳动合同法 is not 合同法
        ("劳动合同法38条", None),
        ("按婚姻法第32条我能离吗，他天天打我", None),
    ],
)
def test_a_law_that_is_no_more(text: str, law: str | None) -> None:
    assert replaced_law(text) == law


def test_words_are_searched_in_what_holds_today() -> None:
    found = laws().search(["经济补偿", "解除"], REVIEWED)
    assert ("劳动合同法", "第四十六条") in {(f.version.law, f.article.number) for f in found}
    assert all("经济补偿" in f.article.text and "解除" in f.article.text for f in found)
    assert all(laws().in_force(f.version.law, REVIEWED) is f.version for f in found)
    assert laws().search([], REVIEWED) == laws().search(["没有这样的词呀"], REVIEWED) == []
    # a sign is a sign, not a pattern
    assert all("%" in hit.article.text for hit in laws().search(["%"], REVIEWED))


def test_bare_numbers_belong_to_the_law_before() -> None:
    named = articles_named("民事诉讼法第二百一十六条、第二百一十七条")
    assert [one.law for one in named] == ["民事诉讼法", "民事诉讼法"]
    assert articles_named("合同第三条") == []
