"""An article's number as the law writes it: 38 and 三十八 are both 第三十八条."""

from __future__ import annotations

import re

import cn2an

_CHINESE = "零〇一二两三四五六七八九十百千"
# few spaces: a long run of them is looked through once, not from each of its places
NUMBER = rf"第?\s{{0,3}}(?:[{_CHINESE}]+|\d{{1,4}})\s{{0,3}}条(?:之[一二三四五六七八九十]+)?"
_NUMBER = re.compile(rf"第?\s*([{_CHINESE}]+|\d{{1,4}})\s*(?:条(之[一二三四五六七八九十]+)?)?")


def article_number(text: str) -> str | None:
    """第…条 for 38, 38条, 三十八条 or 第三十八条; None for anything else."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        return None
    digits, extra = found.groups()
    try:
        value = int(digits) if digits.isdecimal() else cn2an.cn2an(digits, "smart")
        written = cn2an.an2cn(int(value))
    except (ValueError, KeyError):  # 一千和千十一条: signs in an order that is no number
        return None
    if value < 1:
        return None
    # 第十条, not 第一十条
    return f"第{re.sub('^一十', '十', written)}条{extra or ''}"
