"""The shipped answers: nothing wrong by the rules that staff's are held to, and stricter still."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.catalogue import Catalogue
from knowledge.checking import near_copies
from knowledge.content_files import DATA, ContentError
from knowledge.editing import rules
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Kind, body_of
from knowledge.editing.rules import check_answer
from knowledge.editing.words import editing_words
from knowledge.faq.files import read_faq
from knowledge.faq.items import NEEDED
from tests.knowledge.law_package import REVIEWED

ITEMS = list(read_faq(DATA))
each = pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])


@pytest.fixture(scope="module")
def frame(catalogue: Catalogue) -> Frame:
    return Frame(catalogue)


@each
def test_nothing_is_wrong_and_nothing_is_worth_a_look(item: dict[str, Any], frame: Frame) -> None:
    assert list(check_answer(body_of(Kind.faq, item), frame, REVIEWED)) == []


def test_the_rules_are_as_strict_as_ever() -> None:
    assert (rules.TITLE, rules.ANSWER, rules.STEPS, rules.STEP) == (24, (25, 100), (2, 5), 65)
    assert rules.WAYS == (8, 60)
    assert {"12348", "12345", "110", "119", "120", "122"} == rules.NUMBERS
    assert {"一定能", "肯定", "保证", "包赢", "必胜", "必定", "绝对"} <= set(
        editing_words()["promises"]
    )


@each
def test_it_is_whole(item: dict[str, Any], frame: Frame) -> None:
    assert item["id"].startswith(item["about"] + ".")
    assert rules.WAYS[0] <= len(item["ask"]) <= rules.WAYS[1]
    assert item["services"]
    assert item["matters"]
    assert item["effective_from"] < item["review_by"]
    assert item["review_by"] > REVIEWED
    for citation in _citations(item):
        if citation["type"] == "local":
            assert citation["fact"] in frame.catalogue.local_rules
        else:
            assert citation["type"] == "law" or citation["place"]
    assert set(item["limits"]) <= set(frame.catalogue.limits)


def _citations(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [*item["citations"], *(c for own in item["cities"].values() for c in own["citations"])]


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
