"""The days that a resident says: "上个月15号", "三天前", "10月8号收到的", "去年五月".

A day without its year or month is the nearest one that is past, since what a limit runs from has
happened; only words that point ahead (明天, 下个月3号) give a day to come. A month, a year are
stretches. Lunar days, lengths ("三天内") and numbers that only look like days are none.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import cn2an

from knowledge.content_files import DATA, read_yaml

_DIGITS = "零一二三四五六七八九"
_VALUES = {"〇": 0, "两": 2, "俩": 2} | {digit: value for value, digit in enumerate(_DIGITS)}
_WEEKDAYS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7, "末": 6}
_WEEKDAYS |= {str(number): number for number in range(1, 8)}
_YEARS_BACK = {"今年": 0, "去年": 1, "上年": 1, "旧年": 1, "前年": 2, "大前年": 3, "明年": -1}
_PARTS = {"初": (1, 10), "上旬": (1, 10), "中旬": (11, 20), "中": (11, 20), "下旬": (21, 31)}
_PARTS |= {"底": (21, 31), "末": (21, 31)}
_SEVERAL_DAYS = (2, 7)
_AROUND = timedelta(days=3)
_ABOUT_AS_MANY = re.compile("[一二两三四五六七八九]{2}")
_HALF_A_YEAR = timedelta(days=180)
_WITH_MONTH = re.compile(r"月|\d[./-]\d")
_FESTIVALS = {"国庆": (10, 1), "元旦": (1, 1), "五一": (5, 1), "劳动节": (5, 1)}


@dataclass(frozen=True)
class Said:
    """Days from `first` to `last`, the same when one day was said; where it stands in the text."""

    first: date
    last: date
    start: int
    end: int

    @property
    def exact(self) -> bool:
        return self.first == self.last


Days = tuple[date, date] | None
Found = re.Match[str]


def read_dates(text: str, today: date) -> tuple[Said, ...]:
    """Every day or stretch of days that a text in its normal form says, in order."""
    found: list[Said] = []
    position = 0
    while position < len(text):
        for pattern, meaning in _ways():
            match = pattern.match(text, position)
            if match is None or match.end() == position:
                continue
            days = _safely(meaning, match, today)
            if days and meaning is _day_alone and found:
                days = _in_month_said(days, found[-1], text)
            if days:
                found.append(_widened(Said(*days, match.start(), match.end()), text))
            # what is written like a day and is none (2月30号) is not read in part either
            position = match.end() - 1
            break
        position += 1
    return tuple(found)


def _in_month_said(days: tuple[date, date], before: Said, text: str) -> Days:
    """9月3号查的，15号收到: of the month said last, of the next one where the day is earlier."""
    if not (before.exact and _WITH_MONTH.search(text[before.start : before.end])):
        return days
    day, year, month = days[0].day, before.first.year, before.first.month
    if day < before.first.day:
        year, month = _months_back(before.first, -1)
    try:
        return _one(date(year, month, day))
    except ValueError:
        return None


def _widened(said: Said, text: str) -> Said:
    """10号左右: some days around the one that is said, as far as the calendar goes."""
    around = _around().match(text, said.end)
    if not around:
        return said
    first = max(said.first, date.min + _AROUND) - _AROUND
    last = min(said.last, date.max - _AROUND) + _AROUND
    return Said(first, last, said.start, around.end())


def _safely(meaning: Callable[[Found, date], Days], match: Found, today: date) -> Days:
    try:
        return meaning(match, today)
    except (KeyError, ValueError, OverflowError):
        return None


def _number(text: str) -> int:
    """12, 十二, 廿六, 两. Raises ValueError or KeyError."""
    if text.isdigit():
        return int(text)
    text = text.replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = text.partition("十")
    if not ten:
        if len(text) != 1:
            raise ValueError(text)
        return _VALUES[text]
    return (_VALUES[tens] if tens else 1) * 10 + (_VALUES[ones] if ones else 0)


def _year(said: str | None, today: date) -> int | None:
    if not said:
        return None
    if said in _YEARS_BACK:
        return today.year - _YEARS_BACK[said]
    digits = "".join(str(_VALUES.get(letter, letter)) for letter in said.removesuffix("年"))
    if len(digits) > 2:
        return int(digits)
    # 98年 is of the last century, 26年 of this one
    year = today.year - today.year % 100 + int(digits)
    return year if year <= today.year + 5 else year - 100


def _one(day: date) -> Days:
    return day, day


def _month(year: int, month: int, part: str | None = None) -> Days:
    length = calendar.monthrange(year, month)[1]
    if part and part.startswith("最后"):
        return _one(date(year, month, length))
    first, last = _PARTS.get(part or "", (1, 31))
    return date(year, month, first), date(year, month, min(last, length))


def _months_back(today: date, back: int) -> tuple[int, int]:
    year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
    return year, month + 1


def _same_day(today: date, back: int) -> date:
    year, month = _months_back(today, back)
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


# ---------------------------------------------------------------- what each way of saying means


def _full(match: Found, today: date) -> Days:
    year = _year(match["year"], today)
    assert year is not None
    return _one(date(year, _number(match["month"]), _number(match["day"])))


def _month_and_day(match: Found, today: date) -> Days:
    month, day = _number(match["month"]), _number(match["day"])
    year = _year(match["year"], today)
    if year is not None:
        return _one(date(year, month, day))
    for back in range(9):  # 29 February may be years ago
        try:
            then = date(today.year - back, month, day)
        except ValueError:
            if (month, day) == (2, 29):
                continue
            raise
        if then <= today:
            return None if today - then > _HALF_A_YEAR and _ahead(match) else _one(then)
    return None


def _ahead(match: Found) -> bool:
    """要求我12月10号之前缴纳: it is long ago only because days are taken for past."""
    before, behind = _words_ahead()
    text = match.string
    return bool(behind.match(text, match.end()) or before.search(text[: match.start()]))


def _only_month(match: Found, today: date) -> Days:
    month, year = _number(match["month"]), _year(match["year"], today)
    if year is None:
        year = today.year if month <= today.month else today.year - 1
    return _month(year, month, match["part"])


_MONTHS_AHEAD = {"上": -1, "上上": -2, "这": 0, "本": 0, "当": 0, "今": 0, "下": 1, "下下": 2}


def _named_month(match: Found, today: date) -> Days:
    year, month = _months_back(today, -_MONTHS_AHEAD[match["which"]])
    if match["day"]:
        return _one(date(year, month, _number(match["day"])))
    return _month(year, month, match["part"])


def _only_year(match: Found, today: date) -> Days:
    year = _year(match["year"], today)
    assert year is not None
    part = match["part"]
    months = {"初": (1, 3), "底": (10, 12), "末": (10, 12), "上半年": (1, 6), "下半年": (7, 12)}
    first, last = months.get(part or "", (1, 12))
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])


_DAYS_AGO = {
    "大前": 3, "前": 2, "昨": 1, "琴": 1, "寻": 1, "噚": 1, "今": 0,
    "明": -1, "听": -1, "后": -2, "大后": -3,
}  # fmt: skip


def _named_day(match: Found, today: date) -> Days:
    return _one(today - timedelta(days=_DAYS_AGO[match["which"]]))


def _just_now(match: Found, today: date) -> Days:
    return _one(today)


def _weekday(match: Found, today: date) -> Days:
    monday = today - timedelta(days=today.isoweekday() - 1)
    wanted = timedelta(days=_WEEKDAYS[match["day"]] - 1)
    which = match["which"]
    if which:
        weeks = {"上": -1, "上上": -2, "这": 0, "本": 0, "下": 1, "下下": 2}[which]
        return _one(monday + timedelta(weeks=weeks) + wanted)
    past = monday + wanted
    return _one(past if past <= today else past - timedelta(weeks=1))


def _only_week(match: Found, today: date) -> Days:
    monday = today - timedelta(days=today.isoweekday() - 1)
    weeks = {"上": 1, "上上": 2}[match["which"]]
    first = monday - timedelta(weeks=weeks)
    return first, first + timedelta(days=6)


def _days_ago(match: Found, today: date) -> Days:
    return _one(today - timedelta(days=_count(match["count"])))


def _weeks_ago(match: Found, today: date) -> Days:
    days = 7 * _number(match["count"])
    return _about(today, days, 3)


def _months_ago(match: Found, today: date) -> Days:
    count = _count(match["count"]) + 12 * (_number(match["years"]) if match["years"] else 0)
    if match["days"]:
        return _one(_same_day(today, count) - timedelta(days=_number(match["days"])))
    then = _same_day(today, count)
    if match["half"]:
        then -= timedelta(days=15)
    if match["more"]:
        return _same_day(today, count + 1) + timedelta(days=1), then
    return then - timedelta(days=7), then + timedelta(days=7)


def _half_month_ago(match: Found, today: date) -> Days:
    return _about(today, 15, 4)


def _half_year_ago(match: Found, today: date) -> Days:
    then = _same_day(today, 6)
    return then - timedelta(days=15), then + timedelta(days=15)


def _years_ago(match: Found, today: date) -> Days:
    count = _count(match["count"])
    then = _same_day(today, 12 * count)
    if match["more"]:
        return _same_day(today, 12 * (count + 1)) + timedelta(days=1), then
    return then - timedelta(days=31), then + timedelta(days=31)


def _about(today: date, days: int, more_or_less: int) -> Days:
    then = today - timedelta(days=days)
    return then - timedelta(days=more_or_less), then + timedelta(days=more_or_less)


def _several_days_ago(match: Found, today: date) -> Days:
    least, most = _SEVERAL_DAYS
    return today - timedelta(days=most), today - timedelta(days=least)


def _day_alone(match: Found, today: date) -> Days:
    day = _number(match["day"])
    for back in range(3):
        year, month = _months_back(today, back)
        if day <= calendar.monthrange(year, month)[1]:
            then = date(year, month, day)
            if then <= today:
                return _one(then)
    raise ValueError(day)


def _festival(match: Found, today: date) -> Days:
    month, day = _FESTIVALS[match["which"]]
    year = _year(match["year"], today)
    if year is None:
        year = today.year if date(today.year, month, day) <= today else today.year - 1
    return _one(date(year, month, day))


def _nothing(match: Found, today: date) -> Days:
    return None


def _count(text: str) -> int:
    """120, 一百二十, 廿六. Raises ValueError: 两三, 四五十 are no one number."""
    if _ABOUT_AS_MANY.search(text):
        raise ValueError(text)
    return int(cn2an.cn2an(text.replace("廿", "二十").replace("卅", "三十"), "smart"))


_MEANINGS: dict[str, Callable[[Found, date], Days]] = {
    "nothing": _nothing,
    "full": _full,
    "month_and_day": _month_and_day,
    "named_month": _named_month,
    "only_month": _only_month,
    "only_year": _only_year,
    "named_day": _named_day,
    "just_now": _just_now,
    "weekday": _weekday,
    "only_week": _only_week,
    "days_ago": _days_ago,
    "weeks_ago": _weeks_ago,
    "half_month_ago": _half_month_ago,
    "months_ago": _months_ago,
    "half_year_ago": _half_year_ago,
    "years_ago": _years_ago,
    "several_days_ago": _several_days_ago,
    "festival": _festival,
    "day_alone": _day_alone,
}


@cache
def said_words() -> dict[str, Any]:
    """data/said_dates.yml, read once a process."""
    return read_yaml(DATA / "said_dates.yml")


@cache
def _words_ahead() -> tuple[re.Pattern[str], re.Pattern[str]]:
    ahead = said_words()["ahead"]
    return re.compile(ahead["before"]), re.compile(ahead["behind"])


@cache
def _around() -> re.Pattern[str]:
    return re.compile(said_words()["around"])


@cache
def _ways() -> tuple[tuple[re.Pattern[str], Callable[[Found, date], Days]], ...]:
    """data/said_dates.yml: the patterns in their order, each with what it means."""
    content = said_words()
    ways = []
    for way in content["days"]:
        pattern = way["says"]
        for name, part in content["parts"].items():
            pattern = pattern.replace(f"%{name}%", part)
        ways.append((re.compile(pattern), _MEANINGS[way["means"]]))
    return tuple(ways)
