"""Parts that Telegram takes, cut where a reader would pause, with nothing lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.splitting import LARGEST, split, units

LETTERS = st.text(
    st.one_of(
        st.sampled_from("工资欠。！？\n ，、😀👨‍👩‍👧é́️ab"), st.characters(exclude_categories=["Cs"])
    ),
    max_size=300,
)


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(LETTERS, st.integers(2, 40))
def test_nothing_is_lost_and_every_part_fits(text: str, largest: int) -> None:
    parts = split(text, largest)
    assert bare("".join(parts)) == bare(text)
    assert all(1 <= units(part) <= largest for part in parts)
    assert all(part == part.strip() for part in parts)


@given(LETTERS)
def test_a_text_that_fits_is_left_alone(text: str) -> None:
    assert split(text, 1000) == ([text.strip()] if text.strip() else [])


@given(LETTERS)
def test_length_is_counted_as_telegram_does(text: str) -> None:
    assert units(text) == len(text.encode("utf-16-le")) // 2


def test_paragraphs_are_the_best_place_then_lines_then_sentences() -> None:
    assert split("甲甲甲甲。甲\n\n乙乙。乙", 10) == ["甲甲甲甲。甲", "乙乙。乙"]
    assert split("甲甲甲。甲甲\n乙乙乙。乙", 10) == ["甲甲甲。甲甲", "乙乙乙。乙"]
    assert split("甲甲甲甲甲甲。”乙乙乙乙", 10) == ["甲甲甲甲甲甲。”", "乙乙乙乙"]
    assert split("甲甲甲甲甲甲，乙乙乙乙", 10) == ["甲甲甲甲甲甲，", "乙乙乙乙"]


def test_a_far_pause_does_not_make_a_crumb() -> None:
    assert split("甲。" + "乙" * 12, 10) == ["甲。" + "乙" * 8, "乙" * 4]


@pytest.mark.parametrize("cluster", ["👨\u200d👩\u200d👧", "e\u0301", "☎\ufe0f", "👍🏽"])
def test_what_belongs_together_stays_together(cluster: str) -> None:
    for before in range(1, 12):
        parts = split("字" * before + cluster + "字" * 12, 12)
        assert any(cluster in part for part in parts), before


def test_a_page_of_law_comes_in_few_parts() -> None:
    text = "\n".join(f"第{number}条　申请人可以向法律援助机构提出申请。" for number in range(900))
    parts = split(text)
    assert all(units(part) <= LARGEST for part in parts)
    assert len(parts) <= -(-units(text) // (LARGEST // 2))
    assert all(part.endswith("。") for part in parts)
