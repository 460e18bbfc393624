"""Where a citation leads: the law's own page, found in the words of a source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from urllib.parse import quote

from knowledge.china import today
from knowledge.law.library import laws
from knowledge.law.numerals import NUMBER, article_number

# a law of another country, of a province, or of other times: only its name is like ours
_ELSEWHERE = re.compile(
    r"(?:(?<![我中本全])国|日本|朝鲜|越南|印度|新加坡|意大利|瑞士|俄罗斯|苏联|加拿大|欧盟|香港|澳门|台湾"
    r"|省|市|州|县|政区|自治区|原|旧|废止|失效|\d年(?:通过|公布|颁布|修正|修订|修改)?)的?《?$"
)
# what a sentence says before a law's name; any other letter there may belong to a longer name
# (行政监察法 is not 监察法), unless 《 shows where the name begins
_LEADS = re.compile(
    r"(?:我国|中国|[^\u4e00-\u9fff]"
    r"|[据照按依反背用见看查找问说讲念读写学懂知道解释和与及或跟同对在以从由自于到至是为的了着过即凭引援"
    r"犯合守循行施改订新把被给让请有无因且并而又也就都还向如若则该等条款项定述列明出示称指叫当求张考关管字"
    r"应成拿习中里上下前后再先只那这么呢吗吧啊呀我你您他她们])$"
)
# 民法典的三条规定, 劳动法3条建议: a count as well as a number
_NUMBERED = re.compile(r"第\s*[^第]+条|(?:^|[^\d\s的里中])\s*\d{2,4}\s*条")
# 第二百五条: who writes so may mean 205 or 250
_SHORTENED = re.compile(r"[百千][一二两三四五六七八九]\s*条")


@dataclass(frozen=True)
class Part:
    """A piece of a source: its words, and the page of the article that they name."""

    text: str
    url: str | None


@dataclass(frozen=True)
class Named:
    """An article that a text names, and where it stands in the text."""

    law: str
    number: str
    start: int
    end: int


def law_url(law: str, number: str | None = None) -> str:
    """The page of a law, or of one of its articles."""
    return f"/law/{quote(law)}" + (f"/{quote(number)}" if number else "")


@lru_cache(maxsize=4096)
def linked(source: str) -> tuple[Part, ...]:
    """A source of ours cut into pieces, those that name an article with its page."""
    return pieces(source)


def pieces(text: str) -> tuple[Part, ...]:
    """The same for a text that may be somebody's own words: nothing of it stays in memory."""
    parts: list[Part] = []
    at = 0
    for named in articles_linked(text):
        if named.start > at:
            parts.append(Part(text[at : named.start], None))
        parts.append(Part(text[named.start : named.end], law_url(named.law, named.number)))
        at = named.end
    return (*parts, Part(text[at:], None)) if at < len(text) else tuple(parts)


def cited_shape(source: str | None) -> list[dict[str, str | None]]:
    """The same for an answer or a card: text and url of each piece."""
    return _shape(linked(source or ""))


def lines_cited(lines: Sequence[str]) -> list[list[dict[str, str | None]]]:
    """The same for each of some lines, among them somebody's own words."""
    return [_shape(pieces(line)) for line in lines]


def _shape(parts: Sequence[Part]) -> list[dict[str, str | None]]:
    return [{"text": part.text, "url": part.url} for part in parts]


def articles_linked(text: str) -> list[Named]:
    """Of the articles that a text names, those that are without doubt ours and have a page."""
    found: list[Named] = []
    ours, day = False, today()
    for one in articles_named(text):
        bare = re.fullmatch(NUMBER, text[one.start : one.end].strip()) is not None
        if not bare:
            ours = _ours(text, one.start)
        if ours and _is_number(text, one, bare) and one.number in _numbers(one.law, day):
            found.append(one)
    return found


def _ours(text: str, start: int) -> bool:
    """Whether the law whose name begins there has no longer name, and is of here and now."""
    before = text[max(start - 8, 0) : start]
    if _ELSEWHERE.search(before):
        return False
    return not before or text[start] == "《" or _LEADS.search(before) is not None


def _is_number(text: str, one: Named, bare: bool) -> bool:
    """Whether it is the number of an article, and not how many there are of something."""
    words = text[one.start : one.end]
    if bare and "第" not in words and text[one.start - 1] == "，":
        return False
    if _SHORTENED.search(words) or text[one.end : one.end + 1] == "例":
        return False
    return _NUMBERED.search(words) is not None


@lru_cache(maxsize=512)  # more than there are laws
def _numbers(law: str, day: date) -> frozenset[str]:
    """The articles that a law's page has on a day."""
    texts = laws().versions(law)
    shown = next((one for one in texts if one.holds_from <= day), texts[-1])
    return frozenset(article.number for article in laws().articles(shown))


def articles_named(text: str) -> list[Named]:
    """Every 《law》第…条 of a text; the law of the last name goes on for bare numbers after 、."""
    found: list[Named] = []
    spoken = laws().spoken
    for match in _pattern().finditer(text):
        name, number = match.group("law"), article_number(match.group("number"))
        law = spoken[name] if name else None
        if law is None and found and text[found[-1].end : match.start()] in ("、", "和", "，"):
            law = found[-1].law
        if law and number:
            found.append(Named(law, number, match.start(), match.end()))
    return found


@cache
def _pattern() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, laws().spoken), key=len, reverse=True))
    return re.compile(
        rf"(?:《?(?:中华人民共和国)?(?P<law>{names})》?(?:的|里|中)?\s*)?(?P<number>{NUMBER})"
    )
