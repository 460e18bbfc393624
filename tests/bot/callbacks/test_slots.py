"""Half-days: working days ahead, with time left in them, inside duty hours where these are set."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.callbacks.slots import LEAST_LEFT, Half, Slot, half_days
from bot.callbacks.states import TRANSITIONS, CallbackState, Cause, WrongMove, moved
from bot.duty import hours
from knowledge.china import CHINA
from knowledge.hours import read_weekly
from knowledge.workdays import day_kind

MORNINGS = read_weekly(
    {"weekly": [{"days": [1, 2, 3], "from": "09:00", "to": "12:00"}], "holidays": "closed"}
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 6, 1))  # noqa: DTZ001


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC).replace(tzinfo=None)


def shown(moment: str, weekly: object = None) -> list[str]:
    return [slot.value for slot in half_days(at(moment), weekly)]  # type: ignore[arg-type]


def test_today_while_there_is_time_and_three_working_days() -> None:
    friday = shown("2026-11-27 09:00")
    assert friday[:3] == [
        "callback:2026-11-27:am", "callback:2026-11-27:pm", "callback:2026-11-30:am"
    ]  # fmt: skip
    assert friday[-1] == "callback:2026-12-02:pm"
    assert len(friday) == 8
    assert shown("2026-11-27 11:30")[0] == "callback:2026-11-27:pm"
    assert shown("2026-11-27 17:30")[0] == "callback:2026-11-30:am"
    assert shown("2026-11-28 09:00")[0] == "callback:2026-11-30:am"  # a Saturday
    # National Day's week, and the Saturday that is worked for it
    assert shown("2026-09-30 19:00")[0] == "callback:2026-10-08:am"
    assert "callback:2026-10-10:am" in shown("2026-10-08 19:00")


def test_only_half_days_with_duty_in_them() -> None:
    assert shown("2026-11-27 09:00", MORNINGS) == [
        "callback:2026-11-30:am", "callback:2026-12-01:am", "callback:2026-12-02:am"
    ]  # fmt: skip
    always = read_weekly(hours.ROUND_THE_CLOCK)
    assert shown("2026-11-27 09:00", always) == shown("2026-11-27 09:00")


@settings(deadline=None)
@given(moments, st.sampled_from([None, MORNINGS]))
def test_every_half_day_lies_ahead_in_order_on_a_day_that_is_worked(
    now: datetime, weekly: object
) -> None:
    slots = half_days(now, weekly)  # type: ignore[arg-type]
    assert slots == sorted(set(slots))
    assert len(slots) <= 8
    for slot in slots:
        assert not day_kind(slot.day).off
        assert slot.ends - max(slot.starts, now) >= LEAST_LEFT
        assert Slot.read(slot.value.removeprefix("callback:")) == slot
        assert len(slot.value.encode()) <= 64  # what a button of Telegram holds
    if weekly is None:
        assert len({slot.day for slot in slots}) >= 3


@settings(deadline=None)
@given(st.text(max_size=30))
def test_nothing_else_is_a_half_day(text: str) -> None:
    found = Slot.read(text)
    assert found is None or found.value == f"callback:{text}"


@pytest.mark.parametrize(
    "text", ["", "2026-11-30", "2026-11-30:noon", "2026-13-01:am", "20261130:am", "2026-W48-1:am"]
)
def test_what_looks_like_one_and_is_none(text: str) -> None:
    assert Slot.read(text) is None


def test_a_half_day_is_china_s() -> None:
    slot = Slot(date(2026, 11, 30), Half.am)
    assert slot.ends == at("2026-11-30 12:00")
    assert slot.ends - slot.starts < timedelta(hours=12)


@pytest.mark.parametrize("state", list(CallbackState))
@pytest.mark.parametrize("cause", list(Cause))
def test_what_is_settled_stays_settled(state: CallbackState, cause: Cause) -> None:
    if state is CallbackState.booked:
        assert moved(state, cause) is TRANSITIONS[state, cause]
    else:
        with pytest.raises(WrongMove):
            moved(state, cause)
