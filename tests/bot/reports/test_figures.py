"""Shares with their n: what counts, what does not, and what is not decided yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reports.figures import (
    Share,
    connected,
    connected_by_phone,
    first_reply,
    in_time,
    within_30_by_phone,
)
from bot.reports.rows import TicketRow
from bot.reports.sample import wait_class
from bot.reports.tables import CallFigures
from knowledge.hours import read_weekly

NOON = datetime.fromisoformat("2026-11-26T04:00")  # twelve in China, a Thursday
OFFICE = read_weekly(
    {"weekly": [{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:00"}], "holidays": "closed"}
)
HOURS = {"zhongshan": OFFICE}
LATER = NOON + timedelta(days=1)


def asked(after: float | None, at: datetime = NOON, **more: Any) -> TicketRow:
    """Somebody stood in line, and was answered so many seconds later."""
    answered = None if after is None else at + timedelta(seconds=after)
    row = TicketRow(
        "web", "zhongshan", None, None, None, at, queued_at=at, taken_at=answered,
        first_reply_at=answered,
    )  # fmt: skip
    return replace(row, **more)


def test_thirty_seconds_are_in_time_thirty_one_are_not() -> None:
    rows = [asked(0), asked(30), asked(30.001), asked(400), asked(None)]
    assert first_reply(rows, HOURS, LATER) == Share(2, 5)


def test_who_has_only_just_come_is_not_decided() -> None:
    assert in_time(asked(None), HOURS, NOON + timedelta(seconds=30)) is None
    assert in_time(asked(None), HOURS, NOON + timedelta(seconds=31)) is False
    closed = asked(None, closed_at=NOON + timedelta(seconds=5))
    assert in_time(closed, HOURS, LATER) is None


def test_out_of_duty_hours_is_not_in_n() -> None:
    night = NOON + timedelta(hours=10)
    assert in_time(asked(3600, night), HOURS, LATER) is None
    assert in_time(asked(3600, night), {}, LATER) is False  # nobody has said when: always


def test_over_the_end_of_duty_only_duty_counts() -> None:
    last = NOON + timedelta(hours=5, seconds=-10)  # ten seconds before five o'clock
    night = timedelta(hours=16)
    assert in_time(asked(None, last, first_reply_at=last + night + timedelta(seconds=25)),
                   HOURS, LATER + timedelta(days=1)) is True  # fmt: skip


def test_calls_and_counters_are_no_chats() -> None:
    for channel in ("phone", "counter", "exchange"):
        row = asked(1, channel=channel)
        assert in_time(row, HOURS, LATER) is None
        assert connected([row]) == Share(0, 0)
    assert in_time(asked(1, channel="telegram"), HOURS, LATER) is True


def test_who_never_stood_in_line_is_not_offered() -> None:
    assert connected([asked(1, queued_at=None)]) == Share(0, 0)
    assert in_time(asked(1, queued_at=None), HOURS, LATER) is None


def test_connected_is_taken_of_queued() -> None:
    before = asked(None, taken_at=NOON - timedelta(hours=1))  # by somebody earlier, not now
    assert connected([asked(5), asked(None), before]) == Share(1, 3)


def test_of_nothing_there_is_no_share() -> None:
    assert Share(0, 0).value is None
    assert first_reply([], HOURS, NOON).value is None


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(0, 10_000), max_size=30))
def test_a_share_is_never_more_than_all(waits: list[float | None]) -> None:
    rows = [asked(wait) for wait in waits]
    share = first_reply(rows, HOURS, LATER)
    assert 0 <= share.part <= share.n == len(rows)
    assert share.part == sum(wait is not None and round(wait, 6) <= 30 for wait in waits)


def day(offered: int, answered: int, within: int | None) -> CallFigures:
    return CallFigures(
        city_id="zhongshan", day=date(2026, 11, 1), offered=offered, answered=answered,
        within_30=within, imported_by="x", imported_at=NOON,
    )  # fmt: skip


def test_days_of_the_telephone_are_added_not_averaged() -> None:
    days = [day(100, 50, 50), day(10, 10, None)]
    assert connected_by_phone(days) == Share(60, 110)
    assert within_30_by_phone(days) == Share(50, 100)


def test_how_long_somebody_waited_in_classes() -> None:
    expected = {None: "unanswered", 30: "within_30", 31: "within_5", 300: "within_5",
                301: "longer"}  # fmt: skip
    assert {after: wait_class(asked(after), HOURS) for after in expected} == expected
    assert wait_class(asked(3, queued_at=None), HOURS) == "none"
