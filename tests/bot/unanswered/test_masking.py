"""What is kept of a question tells the trouble, and nothing of whose it is."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.unanswered.masking import LONGEST, masked

PHONE = "13800138000"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # telephones, however they are written
        ("电话13800138000打不通", "电话某号码打不通"),
        ("手机１３８－００１３－８０００", "手机某号码"),
        ("电话 138 0013 8000 找我", "电话 某号码 找我"),
        ("(0760)88881234没人接", "(某号码没人接"),
        ("电话一三八零零一三八零零零", "电话某号码"),
        ("幺三八〇〇幺三八〇〇〇这个号", "某号码这个号"),
        ("1三8零0一3八000没人接", "某号码没人接"),
        ("1、3、8、0、0、1、3、8、0、0、0", "某号码"),
        ("1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", "某号码"),
        ("①③⑧⓪⓪①③⑧⓪⓪⓪", "某号码"),
        ("١٣٨٠٠١٣٨٠٠٠", "某号码"),
        ("138\u200b0013\u200b8000", "某号码"),
        ("138oo138ooo", "某号码"),
        ("13800138000元", "某号码元"),
        # identity, cards, contracts, plates
        ("身份证44010619900101123X丢了", "身份证某号码丢了"),
        ("卡号6222 0212 3456 7890 123被冻结", "卡号某号码被冻结"),
        ("案号后四位1234", "案号后四位某号码"),
        ("合同HT20230001不认", "合同某号码不认"),
        ("粤T12345被扣了", "某车牌被扣了"),
        ("粤B·D12345被撞", "某车牌被撞"),
        # accounts and addresses in the net
        ("邮箱zhang.wei@qq.com收不到", "邮箱某邮箱收不到"),
        ("微信号abc_123456", "微信某账号"),
        ("加我QQ 12345678", "加我qq某账号"),
        ("网址https://evil.cn/a?tel=13800138000打不开", "网址某网址打不开"),
    ],
)
def test_numbers_and_accounts(text: str, wanted: str) -> None:
    assert masked(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我叫张伟，想离婚", "我叫某某，想离婚"),
        ("我叫陳大文想離婚", "我叫某某想离婚"),
        ("我 叫 张 三", "我叫某某"),
        ("我叫 张三", "我叫某某"),
        ("公司不给 本人张三丰 想问", "公司不给，本人某某，想问"),
        ("我是李明想问一下", "我是某某想问一下"),
        ("我老公叫李明不给抚养费", "我老公叫某某不给抚养费"),
        ("名字是欧阳娜娜，想离婚", "名字是某某，想离婚"),
        ("老板叫王大锤欠我3万", "老板叫某某欠我3万"),
        ("本人张三", "本人某某"),
        ("我姓张", "我姓某"),
        ("罗翔老师讲课", "某老师讲课"),
        ("张先生欠我钱", "某先生欠我钱"),
        ("陈女士不还钱", "某女士不还钱"),
        ("李老板跑了", "某老板跑了"),
        ("包工头王师傅不给钱", "包工头某师傅不给钱"),
        ("张伟欠我5万不还", "某某欠我5万不还"),
        ("跟李娜离婚", "跟某某离婚"),
        ("老板陈建国欠我工资", "老板某某欠我工资"),
        ("我老公李强打我", "我老公某某打我"),
        ("房东李丽不退押金", "房东某某不退押金"),
        ("我是小榄镇的黄秀英", "我是小榄镇的某某"),
        ("我想告张伟", "我想告某某"),
    ],
)
def test_names(text: str, wanted: str) -> None:
    assert masked(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("中山市华兴电子有限公司拖欠工资", "中山市某公司拖欠工资"),
        ("被深圳市大家好科技股份有限公司辞退", "被深圳市某公司辞退"),
        ("华为公司辞退我", "某公司辞退我"),
        ("在鸿运电子厂上班受伤", "在某厂上班受伤"),
        ("我在小榄镇福来店买的手机是坏的", "我在小榄镇某店买的手机是坏的"),
        ("小榄镇幸福路12号3栋502漏水", "小榄镇某路某号漏水"),
        ("住在幸福路十二号", "住在某路某号"),
        ("火炬区中山六路１２３号之一", "火炬区某路某号之一"),
        ("锦绣花园3栋2单元501漏水", "某小区某号漏水"),
        ("3栋502的邻居", "某号的邻居"),
        ("太平村12号", "太平村某号"),
        ("1203房漏水", "某号漏水"),
    ],
)
def test_companies_and_addresses(text: str, wanted: str) -> None:
    assert masked(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "拖欠工资8000元怎么办",
        "欠我3万，借50000没还，工资5000-8000元",
        "押金8,000没退，一共1,200,000元",
        "每月5000左右",
        "微信转账5000元给他",
        "2024年5月12号入职，2024-05-06离职，2023年底的钱",
        "从2020-2024年交社保",
        "3月12号发工资",
        "12个月的工资，3年前借的钱，上班12小时",
        "劳动合同法第38条",
        "小榄镇哪里可以公证",
        "我在中山三乡镇的厂里受伤",
        "拖欠工资公司倒闭了怎么办",
        "加班费公司不给",
        "公司不签劳动合同",
        "老公和公司签合同",
        "物业公司乱收费，火锅店吃坏肚子，网店不退货",
        "在电子厂上班受伤",
        "学校附近开店要什么证",
        "老板叫我加班不给钱",
        "我叫他还钱他不还，我叫房东退押金",
        "我是房东，租客不交租",
        "我是高中生，打暑假工",
        "我是农民工，老板跑了",
        "我是成都人，我是单身妈妈",
        "我先生打工受伤，公司老板跑路",
        "高利贷欠钱",
        "502房东不退押金",
        "一二三楼都漏水",
        "没有钱请律师，有免费律师吗",
        "船公司、打印店、化工厂、酒店、婚庆公司、租车公司",
        "老公手里有公司期权，举报公司",
        "标价1200，每月保底5000",
    ],
)
def test_what_tells_the_trouble_stays(text: str) -> None:
    assert masked(text) == text


def test_a_blank_is_how_many_write_a_comma() -> None:
    assert masked("工资照发吗 公司只给六成") == "工资照发吗，公司只给六成"


def test_it_is_short_and_of_one_line() -> None:
    assert masked("  \n我叫张三\n\n想问工资\r\n ") == "我叫某某。想问工资"
    assert len(masked("工资" * 1000)) == LONGEST
    assert masked("\0\ud800") == "?"
    assert masked("") == ""


AMOUNT = re.compile(
    r"\d{1,8}(?:\.\d+)?\s*[多余来几]?\s*(?:元|块|万|千|百|亿|人民币|rmb)"
    r"|\d{5}[多余]?(?:左右|以上|以下|每月|一个?月|一年)"
)
MONEY_WORDS = "工资薪欠借赔罚付交租共价值扣充花收押本定彩奖款金费了我他她给是要有到为钱:¥$ "
PIECES = st.one_of(
    st.text("0123456789", max_size=12),
    st.text("０１２３４５６７８９①②③零一二三", max_size=8),
    st.sampled_from(
        [
            *" -.,，、。:：/()年月日号元块万条第路栋室厂店天个到至x",
            "微信",
            "欠",
            "工资",
            "左右",
            "公司",
            "我叫",
        ]
    ),
    st.text(max_size=3),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("2024-05-061234567")
@example("欠138001")
def test_no_long_number_is_left_unless_it_is_money(text: str) -> None:
    kept = masked(text)
    assert len(kept) <= LONGEST
    for found in re.finditer(r"\d{5,}", kept):
        money = AMOUNT.match(kept, found.start())
        assert money or (len(found[0]) == 5 and kept[: found.start()][-1:] in MONEY_WORDS), kept


def spelt(phone: str, how: str) -> str:
    if how == "wide":
        return "".join(chr(ord(digit) + 0xFEE0) for digit in phone)
    if how == "han":
        return "".join("零一二三四五六七八九"[int(digit)] for digit in phone)
    return how.join([phone[:3], phone[3:7], phone[7:]])


@settings(max_examples=200, deadline=None)
@given(
    before=st.sampled_from(
        ["", "电话", "欠我", "我是", "找他:", "幸福路", "工资", "微信", "2024年", "3"]
    ),
    after=st.sampled_from(["", "。", "元", "号", "欠钱", "室", "条", "年", "左右"]),
    phone=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    how=st.sampled_from(["", "-", " ", ".", "、", "wide", "han"]),
)
def test_a_telephone_is_never_left(before: str, after: str, phone: str, how: str) -> None:
    kept = masked(before + spelt(phone, how) + after)
    for piece in (phone[3:7], phone[7:]):
        assert piece not in kept.replace("2024", "")
        assert spelt(piece, "han") not in kept


@pytest.mark.parametrize(
    "piece",
    ["我叫", "我叫李", "1", "一", "张", "电子", "a", "a-", "1号", "幸福路", "3栋", "厂", "老板和"],
)
def test_nobody_stops_the_others_by_repeating_himself(piece: str) -> None:
    begun = time.process_time()
    masked((piece * 4000)[:4000] + "公司")
    assert time.process_time() - begun < 1
