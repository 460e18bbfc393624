"""What a text sounds like: what is typed by ear shares its sounds with what was meant."""

from __future__ import annotations

import random

import pytest

from engine.syllables import sounds


def runs(*tokens: str) -> set[str]:
    return {sound for sound in sounds(tokens) if not sound.startswith("=")}


def first_letters(*tokens: str) -> set[str]:
    return {sound for sound in sounds(tokens) if sound.startswith("=")}


def test_sounds_are_syllables_and_runs_of_two_across_words() -> None:
    assert runs("拖欠", "工资") == {
        "tuo", "qian", "gong", "zi", "tuo'qian", "qian'gong", "gong'zi",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("meant", "written"),
    [("工资", "公资"), ("公证", "公正"), ("仲裁", "中裁"), ("律师", "绿师"), ("判的", "判得")],
)
def test_words_of_the_same_sound_share_all_sounds(meant: str, written: str) -> None:
    assert sounds([meant]) == sounds([written])


def test_where_the_words_end_does_not_matter_to_the_runs() -> None:
    assert sounds(["公", "资"]) == sorted(runs("工资"), key=["gong", "zi", "gong'zi"].index)


def test_words_of_another_sound_share_no_run_of_both() -> None:
    assert runs("工资") & runs("公司") == {"gong"}


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [
        ("gongzi", "工资"), ("lvshi", "律师"), ("zhongcai", "仲裁"), ("mingong", "民工"),
        ("nongmingong", "农民工"), ("tuoqiangongzi", "拖欠工资"), ("bangongshi", "办公室"),
        ("jiangong", "建工"), ("keneng", "可能"), ("jineng", "技能"), ("henan", "河南"),
    ],
)  # fmt: skip
def test_typed_pinyin_is_what_it_spells(spelt: str, meant: str) -> None:
    assert sounds([spelt]) == sounds([meant])


def test_of_a_very_long_word_nothing_is_heard() -> None:
    assert sounds(["gongzi" * 400]) == []


@pytest.mark.parametrize(
    ("typed", "meant"), [("gz", "工资"), ("fyuan", "法院"), ("fayuan", "法院")]
)
def test_first_letters_stand_for_a_word(typed: str, meant: str) -> None:
    assert first_letters(typed) == first_letters(meant)


def test_first_letters_are_of_words_of_two_to_four() -> None:
    assert first_letters("钱", "工资", "公证处", "法律援助", "居民委员会", "g") == {
        "=gz", "=gzc", "=flyz",
    }  # fmt: skip


@pytest.mark.parametrize("between", ["，", "12", "3个", "gz", "😀", "x"])
def test_what_has_no_syllable_ends_a_run(between: str) -> None:
    assert runs("工资", between, "不发") == {"gong", "zi", "gong'zi", "bu", "fa", "bu'fa"}


@pytest.mark.parametrize("token", ["", "，", "12", "a", "l8", "？！", "😀"])
def test_what_is_no_word_has_no_sound(token: str) -> None:
    assert sounds([token]) == []
    assert sounds([]) == []


def test_traditional_characters_sound_like_the_simplified_ones() -> None:
    assert sounds(["離婚", "協議"]) == sounds(["离婚", "协议"])


def test_any_tokens_have_the_same_ascii_sounds_every_time() -> None:
    chance = random.Random(0)
    for _ in range(500):
        tokens = ["".join(chance.choices("工资gzfyuan律1，长é𠮷嗯", k=5)) for _ in range(4)]
        found = sounds(tokens)
        assert found == sounds(tokens)
        assert all(sound.isascii() and sound.strip("='") for sound in found)
