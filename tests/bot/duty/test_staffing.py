"""Staffed: somebody is there, or the duty hours say so; the hotline has nothing to do with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.duty import hours
from bot.duty.staffing import hours_of, is_staffed, set_hours, staffed, weekly_of
from bot.duty.tables import DutyHours
from knowledge.catalogue import Catalogue
from knowledge.china import CHINA
from knowledge.editing.frame import Frame
from knowledge.hours import read_weekly

OFFICE = {
    "weekly": [{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:30"}],
    "holidays": "closed",
}


def at(text: str) -> datetime:
    """A moment on China's clock, as stored."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("moment", "open_now"),
    [
        ("2026-11-27 08:59", False), ("2026-11-27 09:00", True), ("2026-11-27 17:29", True),
        ("2026-11-27 17:30", False), ("2026-11-28 10:00", False),
        ("2026-10-01 10:00", False),  # National Day, a Thursday
        ("2026-10-10 10:00", True),  # a Saturday that is worked for it
    ],
)  # fmt: skip
def test_duty_hours_follow_china_s_clock_and_calendar(moment: str, open_now: bool) -> None:
    assert is_staffed(False, read_weekly(OFFICE), at(moment)) is open_now


@settings(deadline=None)
@given(st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001
def test_round_the_clock_has_no_gap_and_unknown_hours_staff_nobody(moment: datetime) -> None:
    assert is_staffed(False, read_weekly(hours.ROUND_THE_CLOCK), moment)
    assert not is_staffed(False, None, moment)
    assert is_staffed(True, None, moment)


def test_hours_are_of_one_city_and_made_once(any_database: Engine) -> None:
    now, within = utcnow(), timedelta(minutes=1)
    writing = any_database.execution_options(immediate=True)
    with Session(writing) as session, session.begin():
        set_hours(session, "zhongshan", hours.ROUND_THE_CLOCK, 3, "zhou", now)
        assert staffed(session, "zhongshan", now, within)
        assert not staffed(session, "qingyuan", now, within)
        set_hours(session, "zhongshan", None, None, "zhou", now)
        assert not staffed(session, "zhongshan", now, within)
        row = hours_of(session, "zhongshan", now)
        assert (row.callbacks, row.changed_by) == (3, "zhou")
        assert weekly_of(session.get(DutyHours, "lianyungang")) is None


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("周一至周五 9:00-12:00 14:30-17:30", "周一至周五 09:00-12:00 14:30-17:30"),
        ("周一至周日 0:00-24:00", "周一至周日 00:00-24:00"),
        ("周六 9：00－12：00", "周六 09:00-12:00"),
    ],
)
def test_hours_are_written_as_people_write_them(
    catalogue: Catalogue, text: str, again: str
) -> None:
    frame = Frame(catalogue)
    found = hours.read(text, "closed", frame)
    assert found is not None
    assert read_weekly(found).on_holidays is False
    assert hours.written(found, frame) == again
    assert hours.read(hours.written(found, frame), "closed", frame) == found


def test_no_hours_is_nothing_said_and_nonsense_is_named_by_its_line(catalogue: Catalogue) -> None:
    frame = Frame(catalogue)
    assert hours.read("  \n", "closed", frame) is None
    assert hours.written(None, frame) == ""
    for text, line in (("下班", 1), ("周一 9:00-12:00\n周二 12:00-9:00", 2)):
        with pytest.raises(hours.BadHours) as error:
            hours.read(text, "closed", frame)
        assert error.value.line == line
