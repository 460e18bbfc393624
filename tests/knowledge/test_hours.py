"""Open or not: weekly hours, holidays, made-up days, 今天无人, and what nobody knows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.china import CHINA
from knowledge.hours import Closure, Weekly, Why, closed_today, opening_at, read_weekly
from knowledge.hours_in_words import exception_in_words, moment_in_words

OFFICE: dict[str, Any] = {
    "weekly": [
        {"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "12:00"},
        {"days": [1, 2, 3, 4, 5], "from": "13:30", "to": "17:00"},
    ],
    "holidays": "closed",
}
WEEKLY = read_weekly(OFFICE)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def closure(starts: str, ends: str, reason: str | None = None) -> Closure:
    return Closure(1, "point", at(starts), at(ends), reason)


@pytest.mark.parametrize(
    ("moment", "now", "why", "opens_next"),
    [
        ("2026-11-26 09:00", True, Why.weekly, None),
        ("2026-11-26 12:00", False, Why.weekly, "2026-11-26 13:30"),
        ("2026-11-26 17:00", False, Why.weekly, "2026-11-27 09:00"),
        ("2026-11-27 20:00", False, Why.weekly, "2026-11-30 09:00"),  # Friday evening
        ("2026-10-01 10:00", False, Why.holiday, "2026-10-08 09:00"),
        ("2026-10-10 10:00", True, Why.made_up, None),  # a Saturday that is worked
        ("2026-10-10 08:00", False, Why.made_up, "2026-10-10 09:00"),
        ("2027-01-04 10:00", None, Why.not_announced, None),
        ("2026-12-31 18:00", False, Why.weekly, None),  # what comes next is not announced
    ],
)
def test_open_or_not(moment: str, now: bool | None, why: Why, opens_next: str | None) -> None:
    opening = opening_at(WEEKLY, (), at(moment))
    assert opening.now is now
    assert opening.why is why
    assert opening.opens_next == (at(opens_next) if opens_next else None)


def test_hours_that_nobody_wrote_down_are_not_known() -> None:
    opening = opening_at(None, (), at("2026-11-26 10:00"))
    assert opening.now is None
    assert opening.why is Why.no_hours


def test_where_holidays_are_not_said_they_are_not_guessed() -> None:
    weekly = read_weekly({**OFFICE, "holidays": None})
    opening = opening_at(weekly, (), at("2026-10-01 10:00"))
    assert opening.now is None
    assert exception_in_words(opening, (), at("2026-10-01 10:00")) == "今天是国庆节，开不开门待核实"


def test_a_made_up_day_is_only_known_where_all_days_are_alike() -> None:
    mixed = read_weekly(
        {"weekly": [{"days": [1], "from": "09:00", "to": "12:00"}], "holidays": "closed"}
    )
    assert opening_at(mixed, (), at("2026-10-10 10:00")).now is None


def test_nobody_there_today_is_said_at_once_and_with_its_end() -> None:
    closed = closure("2026-11-26 08:00", "2026-11-27 00:00", "全所培训")
    moment = at("2026-11-26 10:00")
    opening = opening_at(WEEKLY, [closed], moment)
    assert opening.now is False
    assert opening.closure == closed
    assert opening.opens_next == at("2026-11-27 09:00")
    assert exception_in_words(opening, [closed], moment) == "今天 24:00前没有人值班（全所培训）"


def test_nobody_in_the_afternoon_is_known_in_the_morning() -> None:
    closed = closure("2026-11-26 14:00", "2026-11-26 17:00")
    moment = at("2026-11-26 10:00")
    opening = opening_at(WEEKLY, [closed], moment)
    assert opening.now is True
    said = exception_in_words(opening, [closed], moment)
    assert said == "今天 14:00到今天 17:00没有人值班"
    assert closed_today([closed], at("2026-11-27 10:00")) is None


def test_a_closure_holds_where_no_hours_are_known() -> None:
    closed = closure("2026-11-26 08:00", "2026-11-26 12:00")
    opening = opening_at(None, [closed], at("2026-11-26 10:00"))
    assert opening.now is False
    assert opening.opens_next is None


@given(
    moment=st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-12-15")),
    begins=st.integers(-72, 72),
    lasts=st.integers(1, 72),
)
def test_the_next_opening_is_open_and_nothing_opens_before(
    moment: datetime, begins: int, lasts: int
) -> None:
    here = moment.replace(tzinfo=CHINA)
    starts = here + timedelta(hours=begins)
    closures = [Closure(1, "point", starts, starts + timedelta(hours=lasts), None)]
    opening = opening_at(WEEKLY, closures, here)
    if opening.opens_next is None:
        return
    assert opening.opens_next > here
    assert opening_at(WEEKLY, closures, opening.opens_next).now is True
    between = here + (opening.opens_next - here) / 2
    if opening.why is not Why.closure:
        assert opening_at(WEEKLY, closures, between).now is False


@given(
    moment=st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-12-31"))
)
def test_any_zone_of_the_asker_comes_to_the_same(moment: datetime) -> None:
    here = moment.replace(tzinfo=CHINA)
    elsewhere = here.astimezone(tz=None)
    assert opening_at(WEEKLY, (), here).now == opening_at(WEEKLY, (), elsewhere).now


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekly": [{"days": [0], "from": "09:00", "to": "12:00"}], "holidays": "closed"},
        {"weekly": [{"days": [], "from": "09:00", "to": "12:00"}], "holidays": "closed"},
        {"weekly": [{"days": [1], "from": "12:00", "to": "09:00"}], "holidays": "closed"},
        {"weekly": [{"days": [1], "from": "25:00", "to": "26:00"}], "holidays": "closed"},
        {"weekly": [{"days": [1], "from": "09:00", "to": "12:00"}], "holidays": "maybe"},
        {"weekly": [{"days": [1], "from": "09:00"}], "holidays": "closed"},
    ],
)
def test_hours_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        read_weekly(wrong)


def test_a_day_like_any_other_has_no_exception() -> None:
    moment = at("2026-11-26 10:00")
    assert exception_in_words(opening_at(WEEKLY, (), moment), (), moment) is None


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-26 17:05", "今天 17:05"),
        ("2026-11-27 00:00", "今天 24:00"),
        ("2026-11-27 09:30", "明天 9:30"),
        ("2026-12-01 09:00", "12月1日 9:00"),
    ],
)
def test_moments_as_people_say_them(moment: str, words: str) -> None:
    assert moment_in_words(at(moment), date(2026, 11, 26)) == words


def test_open_all_week_stays_open_on_holidays() -> None:
    week = {"days": list(range(1, 8)), "from": "00:00", "to": "23:59"}
    weekly: Weekly = read_weekly({"weekly": [week], "holidays": "open"})
    assert weekly.spans[0].opens == time()
    assert opening_at(weekly, (), at("2026-10-01 10:00")).now is True
