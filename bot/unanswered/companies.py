"""Names of companies, factories and shops; what kind of business it is stays. Pure."""

from __future__ import annotations

import re
from functools import cache

from bot.unanswered.word_lists import HAN, any_of, listed, shown

LONGEST = 20
# a formal name gives the whole of it away; before a mere 厂 or 店 there is as often a sentence
LONGEST_INFORMAL = 6
FORMAL = "有限"


def without_companies(text: str) -> str:
    """Names before 有限公司, 厂, 店 …"""
    return _named().sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    before, kind = found["before"], found["kind"]
    at = max((stop.end() for stop in _stops().finditer(before)), default=0)
    if FORMAL not in kind:
        at = max(at, len(before) - LONGEST_INFORMAL)
    head, name = before[:at], before[at:]
    if _of_a_kind().fullmatch(name):
        return found[0]
    return head + shown("company", kind=kind.rpartition(FORMAL)[2].removeprefix("责任"))


@cache
def _named() -> re.Pattern[str]:
    # a name may hold brackets: 华兴(中山)电子
    return re.compile(
        rf"(?P<before>[{HAN}a-z0-9()&·]{{0,{LONGEST}}}?)(?P<kind>{any_of(listed('company_kinds'))})"
    )


@cache
def _stops() -> re.Pattern[str]:
    return re.compile(any_of(listed("before_company")))


@cache
def _of_a_kind() -> re.Pattern[str]:
    # possessive: what does not fit is given up at once
    return re.compile(f"(?:{any_of(listed('kinds_of_business'))})*+")
