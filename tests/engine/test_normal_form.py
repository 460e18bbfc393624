"""One normal form before text is cut and compared."""

from __future__ import annotations

import pytest

from engine.normal_form import normal_form


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("１２３４８热线", "12348热线"),
        ("ＡＢＣ公司", "abc公司"),
        ("勞動仲裁", "劳动仲裁"),
        ("離婚後撫養權歸誰", "离婚后抚养权归谁"),
        ("老 板　拖\t欠\n工资\r\n", "老板拖欠工资"),
        ("WeChat 转账", "wechat转账"),
        ("工资，没发？", "工资,没发?"),
        ("①㎡", "1m2"),
        ("点算好，佢哋唔畀粮", "点算好,佢哋唔畀粮"),
        ("", ""),
        ("　\u00a0\n", ""),
    ],
)
def test_known_forms(text: str, expected: str) -> None:
    assert normal_form(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "勞動仲裁 ＡＢＣ",
        "老闆拖欠３個月工資 3,000元",
        "乾淨的後面裡有鐘錶",
        "İstanbul 😀",
        "a\u0301",
    ],
)
def test_a_normal_form_stays_as_it_is(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once


def test_writings_of_one_sentence_meet() -> None:
    writings = ["老板欠我3万元", "老闆欠我３萬元", "老板 欠我 3 万元", " 老板欠我３万元 "]
    assert len({normal_form(text) for text in writings}) == 1
