"""What a resident types is compared in one normal form, however they type it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from knowledge.catalogue import Catalogue
from knowledge.text import normalise, visible

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("小欖鎮", "小榄镇"),
        ("東鳳鎮", "东凤镇"),
        ("喺小欖返工", "喺小榄返工"),
        ("１２３４８", "12348"),
        ("ＡＢＣ", "abc"),
        ("小 榄 镇", "小榄镇"),
        ("小榄\u3000镇", "小榄镇"),
        ("  我在小榄  ", "我在小榄"),
        ("打 12348", "打 12348"),
        ("iPhone 坏了", "iphone 坏了"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_text_has_one_form(typed: str, normal: str) -> None:
    assert normalise(typed) == normal


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_can_be_normalised(text: str) -> None:
    plain = normalise(text)
    assert plain == plain.strip()


@given(HAN, st.sampled_from([" ", "\u3000", "\t", "\n", "  "]))
@settings(deadline=None)
def test_blanks_between_chinese_characters_do_not_count(text: str, blank: str) -> None:
    # blanks also part the phrases that OpenCC knows, so both are simplified beforehand
    simple = normalise(normalise(text))
    assert normalise(blank.join(simple)) == "".join(map(normalise, simple))


@given(st.text(st.sampled_from("abcXYZ019"), max_size=20))
@settings(deadline=None)
def test_full_width_and_case_do_not_count(text: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in text)
    assert normalise(wide) == normalise(text) == text.lower()


def test_a_normal_name_stays_as_it_is(catalogue: Catalogue) -> None:
    names = {normalise(region.name) for region in catalogue.atlas.regions.values()}
    assert [name for name in names if normalise(name) != name] == []


def test_a_name_in_traditional_characters_is_the_same_name(catalogue: Catalogue) -> None:
    to_traditional = OpenCC("s2t")
    towns = {r.name for r in catalogue.atlas.regions.values() if r.level != "village"}
    assert [name for name in towns if normalise(to_traditional.convert(name)) != name] == []


UNSEEN = st.text(st.sampled_from("\u200b\u200d\u200e\u202e\ufeff\u2028\ufe0f\u3000 \t\n\x07"))


@given(UNSEEN, st.sampled_from("好aあ🙂。1؟"), UNSEEN)
def test_signs_that_nobody_sees_are_nothing_and_one_that_is_seen_is_enough(
    before: str, sign: str, after: str
) -> None:
    assert not visible(before + after)
    assert visible(before + sign + after)
