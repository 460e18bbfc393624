"""The rules as data: every article is real, every fact and value exists, every sentence fills."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from knowledge.eligibility.conditions import Condition, facts_of
from knowledge.eligibility.rules import Saying, rulebook
from knowledge.eligibility.vocabulary import Kind, vocabulary
from tests.knowledge.law_package import article

CITED = re.compile(
    r"^(?P<law>[^第《]+?法)(?P<article>第[一二三四五六七八九十百零]+条)(?P<rest>.*)$"
)
FILLED = {"city", "head", "line", "full", "reason", "from"}
# nothing may be promised, and nobody turned away for good
NEVER = ("一定能", "保证", "肯定可以", "包赢", "不能申请", "没有资格")
SAYINGS = rulebook().every_saying()


def _conditions() -> Iterator[Condition]:
    rules = rulebook()
    yield from rules.groups.values()
    for route in rules.routes:
        yield route.when
        yield from (unless.when for unless in route.unless)
    for exemption in rules.exemptions:
        yield exemption.when
        yield exemption.unless
    yield from (saying.when for saying in SAYINGS)
    for material in (*rules.materials, *(m for p in rules.provinces.values() for m in p.materials)):
        yield material.when


def _values(condition: Condition) -> Iterator[tuple[str, Any]]:
    for key, wanted in condition.items():
        if key in ("any", "all"):
            for one in wanted:
                yield from _values(one)
        elif key in ("not", "said"):
            yield from _values(wanted)
        elif key == "group":
            assert wanted in rulebook().groups
        elif key != "days_under":
            yield key, wanted


def _laws() -> list[tuple[str, str, str]]:
    found = {CITED.match(saying.article) for saying in SAYINGS if saying.article}
    return sorted({(m["law"], m["article"], m["rest"]) for m in found if m})


@pytest.mark.parametrize(("law", "number", "rest"), _laws(), ids="".join)
def test_a_cited_article_is_in_the_law_package(law: str, number: str, rest: str) -> None:
    """Its item too: 第一款第三项 is the third item of the first paragraph."""
    text = article(law, number)
    assert text, f"{law}{number} 不在法律数据包里"
    assert law in rulebook().laws
    for item in re.findall(r"第([一二三四五六七八九十]+)项", rest):
        assert f"（{item}）" in text
    assert re.fullmatch(r"(第[一二三四]款)?(第[一二三四五六七八九]项)?", rest)


def test_what_is_no_law_of_the_package_says_that_it_is_not_verified() -> None:
    for saying in SAYINGS:
        if saying.article and not CITED.match(saying.article):
            assert "268" in saying.article or "待核实" in saying.article


def test_every_condition_speaks_of_facts_and_values_that_exist() -> None:
    for condition in _conditions():
        facts_of(condition)
        for key, wanted in _values(condition):
            definition = vocabulary().definitions[key]
            if definition.kind is Kind.flag:
                assert isinstance(wanted, bool)
            else:
                assert set(wanted) <= set(definition.values), (key, wanted)


def test_every_route_names_what_it_asks() -> None:
    assert len({route.id for route in rulebook().routes}) == len(rulebook().routes)
    items = {route.says.article for route in rulebook().routes}
    assert {f"法律援助法第三十一条第{n}项" for n in "一二三四五六七八"} <= items
    assert {f"法律援助法第三十二条第{n}项" for n in "一二三四"} <= items
    assert {f"法律援助法第二十五条第一款第{n}项" for n in "一二三四五六"} <= items


@pytest.mark.parametrize("saying", SAYINGS, ids=lambda saying: saying.text[:12])
def test_a_sentence_is_plain_and_promises_nothing(saying: Saying) -> None:
    assert not [word for word in NEVER if word in saying.text]
    names = {name for _, name, _, _ in string.Formatter().parse(saying.text) if name}
    assert names <= FILLED
    assert saying.text.endswith(("。", "？"))


def test_the_statute_s_articles_are_covered() -> None:
    """What the product promised to cover, article by article."""
    cited = "".join(saying.article or "" for saying in SAYINGS)
    sources = cited + "".join(m.source for m in rulebook().materials)
    for number in (
        "二十二", "二十三", "二十四", "二十五", "二十六", "二十八", "二十九", "三十", "三十一",
        "三十二", "三十三", "三十四", "三十八", "三十九", "四十", "四十一", "四十二", "四十三",
        "四十四", "四十五", "四十八", "四十九", "五十三", "五十五",
    ):  # fmt: skip
        assert f"法律援助法第{number}条" in sources, number
    assert "公证法第三十四条" in cited


def test_versions_of_a_province_follow_each_other() -> None:
    for province in rulebook().provinces.values():
        days = [day for day, _ in province.versions]
        assert days == sorted(days)
        assert all(str(day) in name for day, name in province.versions)
    assert rulebook().version("广东省", date(2026, 11, 26)) == "guangdong-2024-05-01"
    assert rulebook().version(None, date(2026, 11, 26)) == "national-2022-01-01"
