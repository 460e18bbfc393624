"""How the text of one field becomes its value and back; forms and sheets share it.

Every reader takes the trimmed text (never empty) and the Frame, and raises Misread.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, time
from itertools import groupby
from typing import Any

import phonenumbers

from knowledge.editing.frame import Choices, Frame
from knowledge.editing.words import Misread, editing_words
from knowledge.faq.items import Citation
from knowledge.law.links import articles_named

Read = Callable[[str, Frame], Any]
Write = Callable[[Any, Frame], str]
# numbers that are dialled as they are
SHORT_NUMBERS = frozenset({"110", "119", "120", "122", "12309", "12333", "12338", "12345", "12348"})
_CODE = re.compile(r"<\s*/?\s*[a-zA-Z!?]|javascript\s*:|data\s*:\s*text/html", re.IGNORECASE)
_FORMULA = re.compile(r"^[\s\ufeff\u200b]*[=@＝＠]", re.MULTILINE)
# a new line is the only control character that a text may hold
_UNWRITABLE = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u115f\u1160\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufffd-\uffff]"
)
_YEAR = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2]))?")
_COLON = re.compile(r"\s*[：:]\s*")
_PHONES = re.compile(r"\s*[、，,;；/\n]\s*")
_NOTE = re.compile(r"[（(][^（）()]*[）)]")
# 仲裁业务 0760-22838329转8001: what is dialled, with a word before it
_DIALLED = re.compile(r"[^0-9+a-zA-Z]*(\+?[0-9][0-9 -]*[0-9])\s*(?:转\s*[0-9]{1,6})?")
_WIDE = str.maketrans("０１２３４５６７８９－＋", "0123456789-+")
_SPANS = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-—–~至到]\s*(\d{1,2})[:：](\d{2})")


def plain(text: str, _: Frame | None = None) -> str:
    """A text without code, formula or control characters."""
    if _CODE.search(text):
        raise Misread("code")
    if _FORMULA.search(text):
        raise Misread("formula")
    if _UNWRITABLE.search(text):
        raise Misread("unwritable")
    return text


def as_it_is(value: Any, _: Frame) -> str:
    return str(value)


def lines(text: str, _: Frame) -> list[str]:
    """One a line; empty lines are none."""
    rows = [row.strip() for row in plain(text).splitlines()]
    found = [row for row in rows if row]
    for row in found:
        if found.count(row) > 1:
            raise Misread("twice", value=row)
    return found


def written_lines(value: list[str], _: Frame) -> str:
    return "\n".join(value)


def yes_no(text: str, _: Frame) -> bool:
    words = editing_words()["choices"]
    if text not in (words["yes"], words["no"]):
        raise Misread("yes_no")
    return bool(text == words["yes"])


def written_yes_no(value: bool, _: Frame) -> str:
    return str(editing_words()["choices"]["yes" if value else "no"])


def day(text: str, _: Frame) -> str:
    try:
        return date.fromisoformat(unicodedata.normalize("NFKC", text)).isoformat()
    except ValueError:
        raise Misread("day") from None


def as_of(text: str, frame: Frame) -> str:
    """A day, a month or a year."""
    given = unicodedata.normalize("NFKC", text)
    return given if _YEAR.fullmatch(given) else _day_or(given, frame)


def _day_or(text: str, frame: Frame) -> str:
    try:
        return day(text, frame)
    except Misread:
        raise Misread("as_of") from None


def number(text: str, _: Frame) -> float:
    given = unicodedata.normalize("NFKC", text)
    try:
        value = float(given)
    except ValueError:
        raise Misread("number") from None
    if "_" in given or not -180 <= value <= 180:
        raise Misread("number")
    return value


def choice(of: Callable[[Frame], Choices]) -> tuple[Read, Write]:
    """One of some."""
    return (
        lambda text, frame: of(frame).read(text),
        lambda value, frame: of(frame).write(value),
    )


def ranked(of: Callable[[Frame], Choices]) -> tuple[Read, Write]:
    """Some of them, the first first; one a line."""

    def read(text: str, frame: Frame) -> list[str]:
        found: list[str] = []
        for row in lines(text, frame):
            value = of(frame).read(row)
            if value in found:  # once by its name, once by its id
                raise Misread("twice", value=row)
            found.append(value)
        return found

    def write(value: list[str], frame: Frame) -> str:
        return "\n".join(map(of(frame).write, value))

    return read, write


def phone(text: str, _: Frame) -> str:
    """Numbers of China that can be dialled, one or several, a note in brackets allowed."""
    given = plain(text).translate(_WIDE)
    numbers = [one for one in _PHONES.split(given) if one]
    for one in numbers:
        found = _DIALLED.fullmatch(_NOTE.sub("", one).strip())
        if not found or not _dialled(found[1]):
            raise Misread("phone", value=one)
    if not numbers:
        raise Misread("phone", value=text)
    return given


def _dialled(digits: str) -> bool:
    if digits in SHORT_NUMBERS:
        return True
    try:
        parsed = phonenumbers.parse(digits, "CN")
    except phonenumbers.NumberParseException:
        return False
    return parsed.country_code == 86 and phonenumbers.is_valid_number(parsed)


def materials(text: str, frame: Frame) -> list[dict[str, str]]:
    """必须带：身份证."""
    needs = {word: need for need, word in editing_words()["materials"].items()}
    found = []
    for row in lines(text, frame):
        word, _, name = _COLON.sub("：", row, count=1).partition("：")
        if word not in needs or not name:
            raise Misread("material", value=row)
        found.append({"name": plain(name), "need": needs[word]})
    return found


def written_materials(value: list[dict[str, str]], _: Frame) -> str:
    words = editing_words()["materials"]
    return "\n".join(f"{words[one['need']]}：{one['name']}" for one in value)


def citations(text: str, frame: Frame) -> list[Citation]:
    """One a line: an article, a place of a city's plan, a local rule of ours."""
    return [_citation(row, frame) for row in lines(text, frame)]


def _citation(row: str, frame: Frame) -> Citation:
    basis = editing_words()["basis"]
    head, *rest = _COLON.split(row, maxsplit=2)
    if head == basis["plan"] and len(rest) == 2 and rest[1]:
        city = frame.catalogue.atlas.city(rest[0])
        if city is None:
            raise Misread("no_city", value=rest[0])
        return {"type": "plan", "city": city.id, "place": plain(rest[1])}
    if head == basis["local"] and len(rest) == 1:
        if rest[0] not in frame.catalogue.local_rules:
            raise Misread("no_fact", value=rest[0])
        return {"type": "local", "fact": rest[0]}
    named = articles_named(row)
    if len(named) != 1 or (named[0].start, named[0].end) != (0, len(row)):
        raise Misread("citation", value=row)
    return {"type": "law", "law": named[0].law, "article": named[0].number}


def written_citations(value: list[Citation], frame: Frame) -> str:
    return "\n".join(_written_citation(one, frame) for one in value)


def _written_citation(citation: Citation, frame: Frame) -> str:
    basis = editing_words()["basis"]
    if citation["type"] == "law":
        return f"{citation['law']}{citation['article']}"
    if citation["type"] == "plan":
        return f"{basis['plan']}：{frame.cities.write(citation['city'])}：{citation['place']}"
    return f"{basis['local']}：{citation['fact']}"


def spans(text: str, _: Frame) -> list[dict[str, Any]]:
    """周一至周五 9:00-12:00 13:30-17:00, a line for each group of days."""
    found: list[dict[str, Any]] = []
    for at, row in enumerate(unicodedata.normalize("NFKC", plain(text)).splitlines(), 1):
        if not row.strip():
            continue
        hours = list(_SPANS.finditer(row))
        days = _days(row[: hours[0].start()]) if hours else []
        if not days or _SPANS.sub("", row[hours[0].start() :]).strip(" 、,，;"):
            raise Misread("opening", line=at)
        for span in hours:
            try:
                opens = time(int(span[1]), int(span[2]))
                closes = time(int(span[3]), int(span[4]))
            except ValueError:
                raise Misread("opening", line=at) from None
            if opens >= closes:
                raise Misread("opening", line=at)
            found.append({"days": days, "from": f"{opens:%H:%M}", "to": f"{closes:%H:%M}"})
    return found


def _days(text: str) -> list[int]:
    """周一至周五, 周一、周三, 星期六."""
    names = "".join(editing_words()["weekdays"])
    bare = re.sub(r"周|星期|礼拜|\s", "", text).replace("天", names[-1])
    found: list[int] = []
    for part in re.split("[、,，和]", bare):
        run = re.fullmatch(rf"([{names}])(?:[-—–~至到]([{names}]))?", part)
        if not run:
            return []
        first = names.index(run[1]) + 1
        last = names.index(run[2]) + 1 if run[2] else first
        if last < first:
            return []
        found += range(first, last + 1)
    return sorted(set(found))


def written_spans(value: list[dict[str, Any]], _: Frame) -> str:
    return "\n".join(
        " ".join([_written_days(days), *(f"{span['from']}-{span['to']}" for span in spans)])
        for days, spans in groupby(value, key=lambda span: span["days"])
    )


def _written_days(days: list[int]) -> str:
    names = [f"周{editing_words()['weekdays'][number - 1]}" for number in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]}至{names[-1]}"
    return "、".join(names)
