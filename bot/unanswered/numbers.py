"""Telephones, identity and card numbers, plates, e-mail, accounts. Pure.

What is money, a date, a length of time or an article stays: it tells what the trouble is, not
whose. The text is in its normal form (knowledge.text.normalise): plain digits, small letters.
"""

from __future__ import annotations

import re

from bot.unanswered.word_lists import shown

_MONEY = r"(?:元|块|万|千|百|亿|人民币|rmb|美元|美金|港币)"
_MEASURE = r"(?:天|人|名|平|平方|平米|m2|公里|斤|吨|小时|次|件|份|个)"
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-z][·.\s-]?"
    r"(?=[a-z]{0,6}\d)[a-z0-9]{4,6}(?![a-z0-9])[挂学警港澳]?"
)
_EMAIL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,100}")
_URL = re.compile(r"(?:https?://|www\.)[a-z0-9./?&=#%_~:+-]+")
_ACCOUNT = re.compile(
    r"(微信|weixin|wechat|[vw]x|v信|薇信|威信|加v|加微|qq|扣扣|企鹅|抖音|支付宝|快手)"
    r"(号码|号|账号|帐号|id)?\s*(是|为|叫|:|=)?\s*[a-z0-9_@.-]{4,}+"
    rf"(?!\s*(?:[多余]?{_MONEY}|[年月]))"
)
_DIGIT = "[\\d零〇○一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖]"
# what stays comes first: at each place the first that fits is taken
_NUMBER = re.compile(
    rf"""
    (?P<kept>
      (?<!\d)(?:19|20)\d\d\s*[-–—~至到]\s*(?:19|20)\d\d(?=年)
    | (?<!\d)(?:19|20)\d\d年(?:\d{{1,2}}月(?:\d{{1,2}}[日号])?)?
    | (?<!\d)(?:19|20)\d\d(?P<sign>[-/.])\d{{1,2}}(?:(?P=sign)\d{{1,2}})?(?![-/.]?\d)
    | 第\d{{1,4}}[条款项]
    | (?<!\d)\d{{1,3}}(?:,\d{{3}})(?![,\d])
    | (?<!\d)\d{{1,3}}(?:,\d{{3}}){{2}}(?:\.\d{{1,2}})?\s*{_MONEY}
    | (?<!\d)[1-9]\d{{0,5}}\s*[-~至到]\s*[1-9]\d{{0,5}}\s*{_MONEY}
    | (?<!\d)\d{{1,8}}(?:\.\d{{1,4}})?\s*[多余来几]?\s*{_MONEY}
    | (?<!\d)\d{{1,4}}[多余来几]?\s*{_MEASURE}
    | (?<!\d)\d{{4,5}}[多余]?(?=左右|以上|以下|每月|一个?月|一年)
    | (?:工资|薪|[欠借赔罚付交租共价值扣充花收¥$]|押金|本金|定金|彩礼|奖金|保底)
      [款金费了我他她给是要有到为钱:]{{0,3}}\s*\d{{4,5}}(?![-.\s]*(?:{_DIGIT}|号))
    )
    | (?<![a-z0-9])(?=[a-z_-]{{0,30}}\d)(?=[\d_-]{{0,30}}[a-z])[a-z0-9_-]{{6,}}
    | {_DIGIT}(?:[\s\-–—.·_/()*,、]{{0,2}}{_DIGIT}){{6,}}x?
    | \d{{4,}}x?
    """,
    re.VERBOSE,
)


def without_contacts(text: str) -> str:
    """E-mail, addresses in the net, accounts, and number plates."""
    text = _EMAIL.sub(shown("email"), text)
    text = _URL.sub(shown("url"), text)
    text = _ACCOUNT.sub(lambda found: found[1] + shown("account"), text)
    return _PLATE.sub(shown("plate"), text)


def without_numbers(text: str) -> str:
    """Every number that may be somebody's own."""
    return _NUMBER.sub(lambda found: found["kept"] or shown("number"), text)
