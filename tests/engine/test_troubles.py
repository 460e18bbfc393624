"""Where a second trouble begins, and when two parts are two troubles."""

from __future__ import annotations

import pytest

from engine.normal_form import normal_form
from engine.troubles import parse_turns, read_turns
from tests.engine.making import ROOT

TURNS = read_turns(ROOT / "nlu_data/lexicons/turns.yml")


def parts(text: str) -> list[str]:
    plain = normal_form(text)
    return [plain[start:end] for start, end in TURNS.parts(plain)]


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("老板欠我三个月工资，另外我想跟老公离婚", "另外我想跟老公离婚"),
        ("楼上漏水找谁 还想问一下遗嘱公证怎么办", "还想问一下遗嘱公证怎么办"),
        ("老細唔出糧，仲有個女俾人蝦，仲想問下點報警", None),
        ("借條過期了嗎，還有一件事，我爸的撫恤金誰領", "还有一件事,我爸的抚恤金谁领"),
    ],
)
def test_the_second_part_begins_with_the_turn(text: str, second: str | None) -> None:
    assert parts(text)[1:] == ([second] if second else [])


@pytest.mark.parametrize(
    "text",
    [
        "老板欠我三个月工资",
        "另外我想离婚",  # nothing before it
        "欠薪，另外呢",  # nothing after it
        "第一件事欠薪没人管，另外房东不退押金，另外还要离婚",  # a long story
        "",
    ],
)
def test_one_story_is_one(text: str) -> None:
    assert parts(text) == []


def test_a_longer_turn_is_not_cut_in_the_middle() -> None:
    turns = parse_turns({"words": ["还有", "还有一件事"]})
    text = "工资没有发给我还有一件事想问房子"
    assert [text[start:end] for start, end in turns.parts(text)] == [
        "工资没有发给我", "还有一件事想问房子",
    ]  # fmt: skip


def test_without_words_nothing_is_cut() -> None:
    assert parse_turns({"words": []}).parts("另外我想跟老公离婚还有一件事") == []
