"""How residents write numbers: 3,000, 三千五, 1.5w, 三四千, 三到四千, 千把块.

cn2an knows what a finished numeral is worth. Where a numeral begins and ends, which ones are
a range, and the short forms of everyday speech are said here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cn2an import cn2an

from knowledge.eligibility.hearing.words import content, either


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in the message; low and high are equal unless a range was said."""

    text: str
    low: float
    high: float


@dataclass(frozen=True)
class Numerals:
    """How numbers are written; every pattern is matched at a position of the message."""

    signs: str
    pair: re.Pattern[str]  # 五六万: groups head, pair, tail
    between: re.Pattern[str]  # 三千到四千: groups low, high
    single: re.Pattern[str]
    trailing_units: re.Pattern[str]
    rewrites: tuple[tuple[re.Pattern[str], str], ...]
    teens: tuple[re.Pattern[str], str]  # 十几万 → 十五万, for amounts only


@cache
def numerals(*, guarded: bool) -> Numerals:
    """The patterns of numbers; guarded, 三千一个月 is not 三千一."""
    words = content()["numerals"]
    digits, units = words["digits"], words["units"]
    arabic = r"[0-9]+(?:\.[0-9]{1,4})?"
    digit = rf"(?:{arabic}|[{digits}])"
    guard = rf"(?!{either(words['not_a_tail'])})" if guarded else ""
    zero = f"{words['zero']}?"
    scaled = rf"(?:{zero}{digit}?[{units}])+(?:{zero}{guard}{digit})?"
    single = rf"(?:{scaled}|{arabic}|[{digits}]{{3,}}|[{digits}])"
    join = either(words["joins"])
    numeral = rf"[{digits}{units}0-9]"
    tens = words["tens"]
    rewrites = (
        (r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", ""),  # 3,000
        *((rf"(?<=[0-9]){letter}(?![a-z])", unit) for letter, unit in words["letters"].items()),
        (rf"(?<=[{tens}{units}0-9])[{words['more']}](?=[{units}])", ""),  # 三十多万
        # 千把块, 千五: a unit at the beginning stands for one of it
        (rf"(?<!{numeral})([{units}]){words['about']}", rf"{words['one']}\1"),
        (
            rf"(?<!{numeral})(?=[{units}])(?![{tens}])(?=.[{digits}])(?!.{words['one']})",
            words["one"],
        ),
        # 三、四千
        (rf"(?<=[{digits}0-9]){words['list_join']}(?=[{digits}0-9]+[{units}])", words["joins"][0]),
    )
    return Numerals(
        signs=words["minus"],
        pair=re.compile(
            rf"(?P<head>(?:{zero}{digit}?[{units}])*)(?P<pair>{either(words['pairs'])})"
            rf"(?P<tail>[{units}]*)"
        ),
        between=re.compile(rf"(?P<low>{single}){join}(?P<high>{single})"),
        single=re.compile(single),
        trailing_units=re.compile(rf"[{units}]+$"),
        rewrites=tuple((re.compile(pattern), instead) for pattern, instead in rewrites),
        teens=(re.compile(rf"(?<=[{tens}]){words['half_way']}"), words["five"]),
    )


def written_one_way(text: str) -> str:
    """The message (normalised) with its short and grouped numerals written out."""
    for pattern, instead in numerals(guarded=False).rewrites:
        text = pattern.sub(instead, text)
    return text


def number_at(text: str, at: int, how: Numerals) -> Number | None:
    """The longest number or range that begins at this position; nan for one nobody means."""
    negative = text[at] in how.signs
    start = at + negative
    candidates: list[tuple[int, float, float]] = []  # (end, low, high)
    between = how.between.match(text, start)
    if between:
        low, high = _ends(between["low"], between["high"], how)
        if low < high:
            candidates.append((between.end(), low, high))
    pair = how.pair.match(text, start)
    if pair:
        low, high = (_value(pair["head"] + digit + pair["tail"]) for digit in pair["pair"])
        if low < high:
            candidates.append((pair.end(), low, high))
    single = how.single.match(text, start)
    if single:
        value = _value(single[0])
        candidates.append((single.end(), value, value))
    if not candidates:
        return None
    end, low, high = max(candidates, key=lambda found: found[0])
    if negative:
        low, high = -high, -low
    return Number(text[at:end], low, high)


def _ends(low: str, high: str, how: Numerals) -> tuple[float, float]:
    """三到四千 is 三千到四千, 800到1千 is not."""
    first, last = _value(low), _value(high)
    unit = how.trailing_units.search(high)
    if unit and not how.trailing_units.search(low):
        scaled = _value(low + unit[0])
        first = scaled if scaled < last else first
    return first, last


def _value(numeral: str) -> float:
    if numeral.isascii():
        return float(numeral)
    try:
        return round(float(cn2an(numeral, "smart")), 2)
    except (ValueError, LookupError):  # 万万一二: no number anybody means
        return float("nan")
