"""The column with the text is found by its name; the added ones take no name from another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.triage_file.columns import added_cells, added_columns, keys, text_column
from bot.triage_file.refusal import Refusal
from bot.words import words
from knowledge.taxonomy import taxonomy

ADDED = ["服务", "服务把握", "第二可能", "事由", "事由把握", "紧急", "紧急的词", "替谁问", "地方",
         "要找的窗口", "问题"]  # fmt: skip


@pytest.mark.parametrize("name", ["文本", "内容", "诉求", "text", "content", " Ｔext ", "CONTENT"])
def test_found_by_its_name(name: str) -> None:
    assert text_column(["编号", name, ""], None) == 1


def test_the_likelier_name_is_taken() -> None:
    assert text_column(["诉求", "内容", "文本"], None) == 2


def test_the_named_one_is_taken() -> None:
    assert text_column(["内容", "来电 记录"], " 来电 记录") == 1


@pytest.mark.parametrize("wanted", [None, "正文", "", " "])
def test_the_others_are_named(wanted: str | None) -> None:
    with pytest.raises(Refusal) as raised:
        text_column(["编号", "来电\n时间", "", "x" * 100], wanted)
    assert "编号、来电 时间、xxx" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert len(str(raised.value)) < 150


def test_a_hundred_names_are_no_line() -> None:
    with pytest.raises(Refusal, match="…共 100 列"):
        text_column([f"列{n}" for n in range(100)], None)
    with pytest.raises(Refusal, match="没有一列有列名"):
        text_column(["", ""], None)


def test_the_added_columns() -> None:
    assert added_columns(["编号", "文本"]) == ADDED
    again = added_columns(["文本", "服务", "问题", "问题（问法）"])
    assert again[0] == "服务（问法）"
    assert again[-1] == "问题（问法）（问法）"


@given(st.lists(st.sampled_from(["", "甲", "甲 2", "甲 3", "第 1 列", "第 2 列"])))
def test_keys_are_named_and_no_two_alike(columns: list[str]) -> None:
    found = keys(columns)
    assert len(set(found)) == len(found) == len(columns)
    assert all(found)
    # a name that stands alone stays
    assert all(
        key == name
        for key, name in zip(found, columns, strict=True)
        if name and columns.count(name) == 1
    )


def test_the_cells_of_an_answer() -> None:
    label = {"id": "x", "name": "甲", "confidence": 0.7123}
    region = {"region_id": "1", "city": "清远市", "county": "清新区", "town": "太平镇",
              "village": None}  # fmt: skip
    answer = {
        "services": [label, {**label, "name": "乙"}],
        "matters": [{**label, "name": "丙", "confidence": 0.5}],
        "urgent": {"flag": True, "kind": "violence", "evidence": ["他打我", "刀"]},
        "party": {"id": "self", "name": "本人"},
        "regions": [region, {**region, "county": None, "town": None}],
        "referrals": [{"name": name} for name in "一二三四"],
    }
    assert added_cells(answer) == [
        "甲", 0.7123, "乙", "丙", 0.5, "有人受伤害", "他打我、刀", "本人",
        "清远市清新区太平镇、清远市", "一、二、三", "",
    ]  # fmt: skip
    nothing = {
        **answer, "services": [], "matters": [], "regions": [], "referrals": [],
        "urgent": {"flag": False, "kind": "none", "evidence": []},
    }  # fmt: skip
    assert [cell or None for cell in added_cells(nothing)] == [None] * 7 + ["本人"] + [None] * 3


def test_a_row_without_an_answer_has_its_problem_only() -> None:
    assert added_cells(None, "没有文字") == [None] * 10 + ["没有文字"]


def test_every_kind_of_urgency_has_a_name() -> None:
    assert {*words("tickets")["urgent"], "none"} == set(taxonomy().urgency)
