"""./wenfa place: 今天无人 from a keyboard, seen by every process, and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from bot.accounts import audit
from bot.cli import cli
from knowledge.boundaries import Boundaries
from knowledge.catalogue import FRESH_FOR_SECONDS, LiveCatalogue
from knowledge.hours import opening_at
from tests.bot.typed import Run

XIAOLAN = "point.442000118"


def test_a_point_is_closed_for_today_and_opened_again(
    run: Run, loaded_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveCatalogue(loaded_database, Boundaries.none())
    before = live.current()
    assert before.closures == {}
    closed = run("place", "close", "中山", "小榄", "--reason", "全所培训")
    assert closed.exit_code == 0, closed.output
    assert "小榄镇公共法律服务站" in closed.output
    assert "今天 24:00" in closed.output
    # another process sees it at its next look, without reading the content again
    monkeypatch.setattr("knowledge.catalogue.time.monotonic", _later(FRESH_FOR_SECONDS + 1))
    after = live.current()
    assert after.atlas is before.atlas
    (entered,) = after.closures[XIAOLAN]
    assert entered.reason == "全所培训"
    assert opening_at(None, [entered], datetime.now(UTC)).now is False
    assert "小榄镇公共法律服务站" in run("place", "closures", "中山").output
    number = re.search(r"编号 (\d+)", closed.output)
    assert number
    assert run("place", "open", number[1]).exit_code == 0
    assert "没有“今天无人”" in run("place", "closures", "中山").output
    again = run("place", "open", number[1])
    assert again.exit_code == 1
    assert "已经过去" in again.output
    with Session(loaded_database) as session:
        deeds = [(row.verb, row.object_id) for row in audit.last(session, 2)]
    assert deeds == [("place.close", XIAOLAN), ("place.open", XIAOLAN)]


def _later(seconds: float) -> Callable[[], float]:
    import time

    real = time.monotonic
    return lambda: real() + seconds


def test_a_closure_that_is_to_come_has_its_hours(run: Run) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    closed = run(
        "place", "close", "清远", "英德", "--from", f"{day} 09:00", "--until", f"{day} 12:00"
    )
    assert closed.exit_code == 0, closed.output
    assert "英德" in closed.output
    assert "没写原因" in run("place", "closures", "清远").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("close", "火星", "小榄"), "没有开通这个城市"),
        (("close", "中山", "月球"), "没有找到"),
        (("close", "清远", "太平镇"), "哪一个"),
        (("close", "中山", "清远市"), "没有找到"),
        (("close", "中山", "小榄", "--until", "下班"), "--until"),
        (("close", "中山", "小榄", "--until", "2020-01-01 12:00"), "晚于"),
        (("close", "中山", "小榄", "--reason", "长" * 41), "最多 40 个字"),
        (("open", "4242"), "没有编号"),
        (("closures", "火星"), "没有开通这个城市"),
    ],
)
def test_a_slip_is_named_and_nothing_is_closed(
    run: Run, loaded_database: Engine, arguments: tuple[str, ...], words: str
) -> None:
    result = run("place", *arguments)
    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output
    assert LiveCatalogue(loaded_database, Boundaries.none()).current().closures == {}


def test_without_a_database_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.sqlite3")
    result = CliRunner().invoke(cli, ["place", "closures", "中山"])
    assert result.exit_code == 1
    assert "./wenfa prepare" in result.output
