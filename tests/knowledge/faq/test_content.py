"""The shipped answers: short, sourced, no promise, no number of their own, no two alike."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.checking import near_copies
from knowledge.content_files import DATA, ContentError
from knowledge.faq.files import read_faq
from knowledge.faq.items import NEEDED
from tests.knowledge.law_package import amounts, article

ITEMS = list(read_faq(DATA))
LIMITS = {
    limit["id"]: limit
    for file in sorted((DATA / "referrals").glob("*.yml"))
    for limit in yaml.safe_load(file.read_text(encoding="utf-8"))["limits"]
}
FACTS = (DATA / "facts" / "local_facts.jsonl").read_text(encoding="utf-8").splitlines()
PROMISES = ("一定能", "肯定", "保证", "包赢", "必胜", "必定", "绝对")
NUMBERS = {"12348", "12345", "110", "119", "120", "122"}
# ordinary words with a number, no times of a law
WORDS = {"一天", "一年"}
each = pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])


def _said(item: dict[str, Any]) -> str:
    return " ".join([item["answer"], *item["steps"], item["fee"] or "", item["takes"] or ""])


def _citations(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [*item["citations"], *(c for own in item["cities"].values() for c in own["citations"])]


def _basis(item: dict[str, Any]) -> str:
    """The text of everything that an answer rests on."""
    texts = [article(c["law"], c["article"]) or "" for c in _citations(item) if c["type"] == "law"]
    for limit in map(LIMITS.__getitem__, item["limits"]):
        texts += [limit["text"], article(limit["law"], limit["article"]) or ""]
    texts += [FACTS[int(c["fact"][5:]) - 1] for c in _citations(item) if c["type"] == "local"]
    return " ".join(texts)


def _times(text: str) -> set[str]:
    """日 and 天 are the same length."""
    return {amount.replace("日", "天") for amount in amounts(text)} - WORDS


@each
def test_it_is_short_and_whole(item: dict[str, Any]) -> None:
    assert item["id"].startswith(item["about"] + ".")
    assert len(item["title"]) <= 24
    assert 8 <= len(item["ask"]) <= 12
    assert 25 <= len(item["answer"]) <= 100
    assert 2 <= len(item["steps"]) <= 5
    assert all(len(step) <= 65 for step in item["steps"])
    assert item["services"]
    assert item["matters"]


@each
def test_every_article_is_in_force_and_every_time_stands_in_one(item: dict[str, Any]) -> None:
    for citation in _citations(item):
        if citation["type"] == "law":
            assert article(citation["law"], citation["article"]), citation
        elif citation["type"] == "local":
            assert 1 <= int(citation["fact"][5:]) <= len(FACTS)
        else:
            assert citation["type"] == "plan"
            assert citation["place"]
    missing = _times(_said(item)) - _times(_basis(item))
    assert not missing, f"依据里没有 {missing}"


@each
def test_it_promises_nothing_and_names_no_number_of_its_own(item: dict[str, Any]) -> None:
    assert not [word for word in PROMISES if word in _said(item)]
    assert set(re.findall(r"(?<!\d)\d{3,}(?!\d)", _said(item))) <= NUMBERS
    assert item["effective_from"] < item["review_by"]


def test_no_two_ways_of_asking_are_alike() -> None:
    asked = [(item["id"], way) for item in ITEMS for way in (item["title"], *item["ask"])]
    alike = [(*asked[one], *asked[other]) for one, other in near_copies([way for _, way in asked])]
    assert not alike


def test_near_means_three_of_five_pieces() -> None:
    # 5 pieces and 5, 4 of them shared of 6; then 2 shared of 8; a sign is no letter
    assert list(near_copies(["老板拖欠工资呀", "老板拖欠工资了", "老板拖欠，工资呀"])) == [
        (1, 0),
        (2, 0),
        (2, 1),
    ]
    assert list(near_copies(["老板拖欠工资呀", "老板拖欠货款呀"])) == []


def test_how_many_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counter(item["about"] for item in ITEMS)
    with capsys.disabled():
        print(f"\n常见问题 {len(ITEMS)} 条，{len(counts)} 类")
    assert len({item["id"] for item in ITEMS}) == len(ITEMS)
    assert ITEMS


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda c: c.update(about="labour"), "about"),
        (lambda c: c["items"][0].pop("answer"), "缺少 answer"),
        (lambda c: c["items"][0].update(services=["court"]), "court"),
        (lambda c: c["items"][0].update(matters=["wages"]), "wages"),
        (lambda c: c["items"][0].update(citations=[]), "依据"),
        (lambda c: c["items"][0]["materials"][0].update(need="maybe"), NEEDED),
        (lambda c: c.update(review_by="明年"), "2027-05-31"),
    ],
)
def test_a_broken_file_is_refused_by_name(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], object], named: str
) -> None:
    (tmp_path / "faq").mkdir()
    file = tmp_path / "faq" / "labor.yml"
    shutil.copy(DATA / "faq" / "labor.yml", file)
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    spoil(content)
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ContentError, match=r"labor\.yml") as refused:
        list(read_faq(tmp_path))
    assert named in str(refused.value)
