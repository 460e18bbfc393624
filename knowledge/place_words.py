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
# phrases in which a name is none: a president's roads, an estuary, a fleet
_NO_PLACE = re.compile(
    "孙中山|中山(?:[东南西北中一二三四五六七八九十]{0,2}(?:路|大道)|大学|医院|公园|装|陵|先生|区|门|狼)"
    "|[珠长金]三角|三角(?:裤|形|债|恋)|旧金山|大湾区|东海(?:舰队|大学)|民众(?:家里|眼|心)"
)
# 朝阳路, 九龙山庄: what is named after an ordinary word does not lie in the town so called
_NAMED_AFTER = ("路", "医院", "小区", "家园", "银行", "饭店", "山庄", "庄")
# 我叫王东海, 被告张三乡下有房: a given name behind one of the commonest surnames
_PERSON = re.compile(
    "(?:叫|姓名(?:是|:)?|名字(?:是|:)?|被告人?|原告|法定代表人|老板|老公|老婆|儿子|女儿)"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕"
    "丁任沈姚卢姜崔钟谭陆汪范廖贾夏韦方邹熊秦邱江薛雷侯龙陶黎贺顾毛龚邵]$"
)
# 湖南人, 江西老板: where somebody is from is not where the matter lies
_ORIGIN = re.compile("人(?![民社力才事大均行])|老板|老乡|同乡|工友|籍|来的")
# a kind of village, not the name of one: villages so called are known right behind their town
GENERIC = frozenset({"城中村"})
# 东莞大朗镇, 韶关乳源大桥镇: what follows a place elsewhere and ends like one lies there
_INNER = re.compile(
    r"(?:(?![在的我])[\u4e00-\u9fff]){1,6}?"
    r"(?:区|县(?!城)|镇(?!上)|乡(?![下亲])|街道|市(?![场里区民]))"
)


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


def no_place(text: str, start: int, end: int) -> bool:
    """中山北路, 孙中山, 珠三角: the name is part of a phrase that is no place here."""
    return any(found.start() <= start and end <= found.end() for found in _NO_PLACE.finditer(text))


def named_after(text: str, end: int) -> bool:
    """朝阳路, 九龙山庄: something else bears the ordinary word that ends here."""
    return text.startswith(_NAMED_AFTER, end)


def of_a_person(text: str, start: int) -> bool:
    """我叫王东海: right before stands a surname, and before it a word for a person."""
    return _PERSON.search(text[:start]) is not None


def only_origin(text: str, end: int) -> bool:
    """湖南人, 广西老乡: the name says where somebody comes from."""
    return _ORIGIN.match(text, end) is not None


def inner_place(text: str, end: int) -> bool:
    """Right behind `end` stands something that ends like a town or county."""
    return _INNER.match(text, end) is not None
