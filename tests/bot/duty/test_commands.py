"""./wenfa duty: the hours of this console from a keyboard."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.duty.tables import DutyHours
from tests.bot.typed import Run, run

__all__ = ["run"]


def test_hours_are_set_shown_and_taken_away(run: Run, loaded_database: Engine) -> None:
    assert "没有定" in run("duty", "show", "中山").output
    done = run("duty", "hours", "中山", "周一至周五 9:00-12:00 14:30-17:30", "--callbacks", "4")
    assert done.exit_code == 0, done.output
    shown = run("duty", "show", "zhongshan").output
    for part in ("周一至周五 09:00-12:00 14:30-17:30", "放假", "4 个回电", "不是 12348"):
        assert part in shown
    assert "00:00-24:00" in run("duty", "hours", "中山", "--always").output
    assert "没有定" in run("duty", "hours", "中山", "--none").output
    with Session(loaded_database) as session:
        row = session.get_one(DutyHours, "zhongshan")
        assert (row.weekly, row.callbacks) == (None, 4)
        assert [one.verb for one in audit.last(session, 3)] == ["duty.hours"] * 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hours", "火星", "--always"), "没有开通这个城市"),
        (("hours", "中山", "下班以后"), "看不懂"),
        (("hours", "中山", "周一 9:00-12:00", "--holidays", "perhaps"), "--holidays"),
        (("hours", "中山", "周一 9:00-12:00", "--always"), "只能写一个"),
        (("hours", "中山"), "要写时间"),
    ],
)
def test_a_slip_is_named_and_nothing_is_changed(
    run: Run, loaded_database: Engine, arguments: tuple[str, ...], words: str
) -> None:
    result = run("duty", *arguments)
    assert result.exit_code == 1
    assert words in result.output
    with Session(loaded_database) as session:
        assert session.get(DutyHours, "zhongshan") is None
