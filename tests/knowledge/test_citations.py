"""Every article the project cites is real, in force, and names the times it is cited for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import pytest
import yaml

from knowledge.content_files import DATA
from tests.knowledge.law_package import amounts, article, in_chinese


class Limit(NamedTuple):
    where: str
    text: str
    law: str
    article: str


def _files() -> Iterator[dict[str, Any]]:
    for file in sorted((DATA / "referrals").glob("*.yml")):
        yield yaml.safe_load(file.read_text(encoding="utf-8"))


def _rules() -> Iterator[tuple[str, dict[str, Any]]]:
    """Services, referral rules, mediation doors and partners alike, with the name of each."""
    services = yaml.safe_load((DATA / "services.yml").read_text(encoding="utf-8"))["services"]
    yield from services.items()
    for content in _files():
        for rule in content["rules"]:
            yield rule["id"], rule
    for name, group in (("mediation.yml", "doors"), ("partners.yml", "partners")):
        for item in yaml.safe_load((DATA / name).read_text(encoding="utf-8"))[group]:
            yield item["id"], item


def _laws(rule: dict[str, Any]) -> list[tuple[str, str]]:
    return [(c["law"], c["article"]) for c in rule["citations"] if c.get("type", "law") == "law"]


UNITS = {
    "days": ("日", "天"),
    "working_days": ("日", "个工作日"),
    "months": ("个月",),
    "years": ("年",),
}
RULES = list(_rules())
LIMIT_ROWS = [limit for content in _files() for limit in content["limits"]]
LIMITS = [
    Limit(row["id"], f"{row['text']}；{row['exception'] or ''}", row["law"], row["article"])
    for row in LIMIT_ROWS
]
CITED = sorted(
    {(law, number) for _, rule in RULES for law, number in _laws(rule)}
    | {(limit.law, limit.article) for limit in LIMITS}
)


@pytest.mark.parametrize(("law", "number"), CITED, ids="".join)
def test_a_cited_article_is_in_force(law: str, number: str) -> None:
    assert article(law, number), f"{law}{number} 不在 2026-11-22 有效的文本里"


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.where)
def test_a_deadline_names_only_times_that_its_article_names(limit: Limit) -> None:
    assert amounts(limit.text), "期限要写明多久"
    text = article(limit.law, limit.article) or ""
    missing = [amount for amount in amounts(limit.text) if amount not in text]
    assert not missing, f"{limit.law}{limit.article} 没有 {missing}：{text}"


@pytest.mark.parametrize("row", LIMIT_ROWS, ids=lambda row: row["id"])
def test_the_length_that_is_reckoned_with_is_the_one_that_is_told(row: dict[str, Any]) -> None:
    ((unit, amount),) = row["length"].items()
    told = amounts(row["text"])
    lengths = [f"{in_chinese(amount)}{word}" for word in UNITS[unit]]
    if unit == "years" and amount == 2:
        lengths += ["两年"]
    if unit == "months" and amount == 2:
        lengths += ["两个月"]
    assert set(lengths) & set(told), (lengths, told)


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[name for name, _ in RULES])
def test_a_reason_names_only_times_that_a_cited_article_names(
    name: str, rule: dict[str, Any]
) -> None:
    texts = "".join(article(law, number) or "" for law, number in _laws(rule))
    said = "；".join(str(rule.get(part) or "") for part in ("why", "how", "otherwise"))
    missing = [amount for amount in amounts(said) if amount not in texts]
    assert not missing, f"{name}：依据里没有 {missing}"


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[name for name, _ in RULES])
def test_laws_are_cited_by_their_short_names(name: str, rule: dict[str, Any]) -> None:
    assert not [law for law, _ in _laws(rule) if law.startswith("中华人民共和国")], name


def test_every_rule_says_where_it_comes_from() -> None:
    assert [name for name, rule in RULES if "." in name and not rule["citations"]] == []


def test_a_version_that_is_not_yet_in_force_is_not_shown() -> None:
    # 商标法 was revised on 2026-06-26, in force from 2027-01-01
    before = article("商标法", "第一条", date(2026, 12, 31))
    after = article("商标法", "第一条", date(2027, 1, 1))
    assert before
    assert after
    assert before != after


def test_adoption_is_not_force() -> None:
    assert article("民事诉讼法", "第一条", date(2023, 12, 31)) is None
    assert article("民事诉讼法", "第一条", date(2024, 1, 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60日内提出", ["六十日"]),
        ("一般从知道那天起六十日内；最长一年", ["六十日", "一年"]),
        ("15日或10日或20天", ["十五日", "十日", "二十天"]),
        ("三个月内，七个工作日", ["三个月", "七个工作日"]),
        ("尽快找律师", []),
    ],
)
def test_times_are_found_in_either_numerals(text: str, expected: list[str]) -> None:
    assert amounts(text) == expected
