"""What an answer says, and that a new message is never taken for one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from cn2an import an2cn
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.eligibility.hearing import (
    Aside,
    Money,
    Period,
    Unsure,
    hear_age,
    hear_area,
    hear_aside,
    hear_choice,
    hear_correction,
    hear_count,
    hear_money,
    hear_unsure,
    hear_yes_no,
)

# the same examples on every machine, however busy it is
LIKE_CI = settings(deadline=None, derandomize=True)
UNSURE = "不清楚"  # how the tables write Unsure


@cache
def sayings() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(
        (Path(__file__).parent / "sayings.yml").read_text(encoding="utf-8")
    )
    return content


def table(section: str) -> list[tuple[Any, str]]:
    """(expected, saying) of a section; two shapes of it, see the file."""
    content = sayings()[section]
    rows = (
        [(row["is"], row["said"]) for row in content]
        if isinstance(content, list)
        else list(content.items())
    )
    return [(expected, str(saying)) for expected, said in rows for saying in said]


def unless_unsure(expected: Any) -> Any:
    return Unsure.unsure if expected == UNSURE else expected


def choose(text: str) -> str | Unsure | None:
    return hear_choice(text, sayings()["options"])


@pytest.mark.parametrize(("expected", "saying"), table("count"))
def test_people(expected: Any, saying: str) -> None:
    heard = hear_count(saying)
    assert heard == unless_unsure(expected)
    assert not isinstance(heard, float)


@pytest.mark.parametrize(("expected", "saying"), table("money"))
def test_money(expected: Any, saying: str) -> None:
    heard = hear_money(saying)
    if isinstance(expected, list):
        amount, period, per_head = expected
        assert heard == Money(amount, Period(period) if period else None, per_head)
    else:
        assert heard is unless_unsure(expected)


@pytest.mark.parametrize(("expected", "saying"), table("area"))
def test_area(expected: float | None, saying: str) -> None:
    assert hear_area(saying) == expected


@pytest.mark.parametrize(("expected", "saying"), table("age"))
def test_age(expected: Any, saying: str) -> None:
    heard = hear_age(saying)
    assert heard == unless_unsure(expected)
    assert not isinstance(heard, float)


@pytest.mark.parametrize(("expected", "saying"), table("yes_no"))
def test_yes_or_no(expected: Any, saying: str) -> None:
    assert hear_yes_no(saying) is unless_unsure(expected)


@pytest.mark.parametrize(("expected", "saying"), table("not_agreeing"))
def test_yes_or_no_where_something_else_can_be_agreed_with(expected: Any, saying: str) -> None:
    assert hear_yes_no(saying, agreeing=False) is unless_unsure(expected)


@pytest.mark.parametrize(("expected", "saying"), table("choice"))
def test_choice(expected: Any, saying: str) -> None:
    assert choose(saying) == unless_unsure(expected)


@pytest.mark.parametrize(("expected", "saying"), table("aside"))
def test_aside(expected: str | None, saying: str) -> None:
    assert hear_aside(saying) == (Aside(expected) if expected else None)


@pytest.mark.parametrize(("expected", "saying"), table("correction"))
def test_correction(expected: str | None, saying: str) -> None:
    assert hear_correction(saying) == expected


READERS: tuple[Callable[[str], object], ...] = (
    hear_count,
    hear_money,
    hear_area,
    hear_age,
    hear_yes_no,
    hear_unsure,
    choose,
    hear_aside,
    hear_correction,
)


@pytest.mark.parametrize("message", sayings()["new"])
def test_a_new_message_is_no_answer(message: str) -> None:
    for reader in READERS:
        assert reader(message) is None, reader.__name__


def test_enough_sayings_and_none_twice() -> None:
    sections = (
        "count",
        "money",
        "area",
        "age",
        "yes_no",
        "not_agreeing",
        "choice",
        "aside",
        "correction",
    )
    for section in sections:
        said = [saying for _, saying in table(section)]
        assert len(said) == len(set(said)), section
    assert sum(len(table(section)) for section in sections) >= 150
    assert len(sayings()["new"]) >= 34


def test_words_of_the_question_may_stand_in_the_answer() -> None:
    about = ("固定", "收入", "固定收入", "退休金")
    assert hear_yes_no("有退休金", about) is True
    assert hear_yes_no("没有固定收入", about) is False
    assert hear_yes_no("有退休金") is None
    assert hear_yes_no("退休金", about) is None


def test_two_options_that_share_a_way_are_not_told_apart() -> None:
    options = {"a": ["医院", "中医院"], "b": ["医院"]}
    assert hear_choice("医院", options) is None
    assert hear_choice("是医院", options) is None
    assert hear_choice("中医院", options) == "a"
    assert hear_choice("医院", {"a": ["", "。"]}) is None


def test_a_word_against_leaves_no_option() -> None:
    options = {"allowance": ["低保"], "violence": ["家暴", "家里有家暴"]}
    against = ("办不到", "没批", "以前", "我媽", "家里有", "")
    for said in ("低保没批", "以前低保", "我妈低保", "低保,办 不 到", "家里有家暴", "没批，不清楚"):
        assert hear_choice(said, options, against=against) is None, said
    for said in ("低保", "有低保", "是低保"):
        assert hear_choice(said, options, against=against) == "allowance", said
    assert hear_choice("家里有家暴", options) == "violence"
    assert hear_choice("不清楚", options, against=against) is Unsure.unsure


@pytest.mark.parametrize("word", ["他来了", "在门口", "杀", "死"])
@pytest.mark.parametrize(
    "answer",
    ["4", "四个人", "3000", "没收入", "90平", "62岁", "有", "没有", "离婚", "不清楚", "算了"],
)
def test_a_word_of_danger_beside_an_answer(word: str, answer: str) -> None:
    for message in (f"{answer}{word}", f"{word}{answer}", f"{answer}，{word}", f"说错了，{word}"):
        for reader in READERS:
            assert reader(message) is None, (reader.__name__, message)


# whatever number is said


@pytest.mark.parametrize("number", range(1, 21))
def test_every_number_of_people(number: int) -> None:
    for numeral in (str(number), an2cn(number), an2cn(number, "up")):
        for saying in (numeral, f"{numeral}个人", f"我们家{numeral}口人", f"一共{numeral}个"):
            assert hear_count(saying) == number, saying


def test_every_amount_round_trips() -> None:
    for amount in range(0, 200_001, 50):
        for saying in (str(amount), f"{amount}元", f"{amount:,}", f"{amount}.00块"):
            assert hear_money(saying) == Money(amount, None, None), saying


@LIKE_CI
@given(st.integers(0, 2_000_000))
def test_every_amount_in_chinese_numerals(amount: int) -> None:
    for saying in (an2cn(amount), f"{an2cn(amount)}元", an2cn(amount, "up")):
        assert hear_money(saying) == Money(amount, None, None), saying


@LIKE_CI
@given(st.integers(1, 99), st.sampled_from([("千", 1000), ("万", 10_000)]))
def test_shorthand_drops_the_last_unit(number: int, unit: tuple[str, int]) -> None:
    name, size = unit
    head, tail = divmod(number, 10)
    if head and tail:
        expected = Money(head * size + tail * size / 10, None, None)
        assert hear_money(f"{head}{name}{tail}") == expected
        assert hear_money(f"{an2cn(head)}{name}{an2cn(tail)}") == expected


@LIKE_CI
@given(
    st.integers(1, 9), st.sampled_from(["百", "千", "万"]), st.sampled_from(["天", "个月", "年"])
)
def test_the_period_behind_is_no_digit(number: int, unit: str, period: str) -> None:
    size = {"百": 100, "千": 1000, "万": 10_000}[unit]
    kind = {"天": Period.day, "个月": Period.month, "年": Period.year}[period]
    assert hear_money(f"{an2cn(number)}{unit}一{period}") == Money(number * size, kind, None)


# whatever else is said


@LIKE_CI
@given(
    st.lists(st.sampled_from(sayings()["parts"]), min_size=4, max_size=12, unique=True),
    st.integers(0, 100_000),
    st.data(),
)
def test_a_long_sentence_with_a_number_is_no_answer(
    parts: list[str], number: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(parts)))
    unit = data.draw(st.sampled_from(["", "块", "个人", "天", "平方"]))
    message = "".join([*parts[:at], f"{number}{unit}", *parts[at:]])
    for reader in READERS:
        assert reader(message) is None, reader.__name__


@LIKE_CI
@given(
    st.text(max_size=80)
    | st.text(alphabet="一二三十百千万个月年天0123456789.-几多,、到", max_size=20)
)
def test_no_text_breaks_a_reader(text: str) -> None:
    for reader in READERS:
        reader(text)
    money = hear_money(text)
    assert not isinstance(money, Money) or money.amount == money.amount


@pytest.mark.parametrize("text", ["刚" * 5000, "1" * 5000, "三千" * 30, "我和" * 40, "万" * 60])
def test_long_nonsense_is_refused_at_once(text: str) -> None:
    for reader in READERS:
        assert reader(text) is None, reader.__name__
