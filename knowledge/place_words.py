"""The words around a name that say that a place is meant, or that it is none."""

from __future__ import annotations

import re

TOWN_ENDINGS = ("镇", "街道", "区", "乡", "街道办", "街道办事处", "镇政府")
VILLAGE_ENDINGS = ("村", "社区", "村委会", "居委会", "村委", "居委", "村民委员会", "居民委员会")
OFFICIAL_ENDINGS = ("社区居民委员会", "居民委员会", "村民委员会", "社区居委会", "居委会", "村委会")
# endings that make a word a place even where its name is written wrongly
DISTRICT_ENDINGS = ("镇", "街道", "乡", "村", "社区", "县", "市", "区", "村委会", "居委会")
BEFORE_PLACE = (
    "在", "到", "去", "住", "来", "回", "喺", "从", "往", "于", "离", "近", "市", "省", "县",
    "老家", "户口", "户籍", "祖籍", "籍贯", "家住",
)  # fmt: skip
AFTER_PLACE = (
    "镇", "街道", "区", "乡", "那", "这", "附近", "司法所", "派出所", "法庭", "哪", "边", "人",
    "打工", "上班", "做工", "工作", "呢", "𠮶", "旁", "周边", "的服务", "服务站", "公共法律",
)  # fmt: skip
# what people do at a place, or say of it: only behind 在, 住 and their like
GOES_ON = (
    "住",
    "做",
    "买",
    "开",
    "租",
    "卖",
    "干",
    "搞",
    "读",
    "的",
    "被",
    "有",
    "盖",
    "建",
    "种",
    "养",
)
STANDS_AT = ("在", "到", "去", "住", "喺", "回", "从", "老家", "户口", "户籍", "家住")
# 中山 is also a president, roads, a university: these neighbours say that no city is meant
NOT_THE_CITY = {"中山": (("孙",), ("路", "大学", "医院", "大道", "公园", "装", "陵", "先生", "区"))}
# a kind of village, not the name of one: villages so called are known right behind their town
GENERIC = frozenset({"城中村"})
# 东莞大朗镇, 韶关乳源大桥镇: what follows a place elsewhere and ends like one lies there
_INNER = re.compile(r"[\u4e00-\u9fff]{1,6}?(?:区|县|镇|乡|街道|市)")


def beside_place(text: str, start: int, end: int) -> bool:
    """A word of place before or after, or nothing else said."""
    if not any(map(str.isalnum, text[:start] + text[end:])):
        return True
    behind, ahead = text[:start], text[end:]
    if behind.endswith("是") and (not ahead or ahead.startswith(("的", "，", ","))):  # 我是东区的
        return True
    return behind.endswith(BEFORE_PLACE) or ahead.startswith(AFTER_PLACE)


def means_a_place(text: str, start: int, end: int) -> bool:
    """The same for a name that is only alike, or a village's without its ending: stricter.

    With its ending (镇, 村) one side is enough, without it both sides are wanted.
    """
    behind, ahead = text[:start], text[end:]
    begins = not any(map(str.isalnum, behind)) or behind.endswith(BEFORE_PLACE)
    ends = not ahead or not ahead[0].isalnum() or ahead.startswith(AFTER_PLACE)
    if text[:end].endswith(DISTRICT_ENDINGS):
        return begins or ends or ahead.startswith("的")
    return begins and (ends or (behind.endswith(STANDS_AT) and ahead.startswith(GOES_ON)))


def not_the_city(text: str, start: int, end: int) -> bool:
    """中山路, 孙中山."""
    before, after = NOT_THE_CITY.get(text[start:end], ((), ()))
    return text[:start].endswith(before) or text[end:].startswith(after)


def inner_place(text: str, end: int) -> bool:
    """Right behind `end` stands something that ends like a town or county."""
    return _INNER.match(text, end) is not None
