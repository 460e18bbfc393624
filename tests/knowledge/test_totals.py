"""How many cases the answers about places, desks and days are held to; `make test` prints it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent


def _rows(*names: str) -> int:
    """The rows of the lists in these files."""
    return sum(
        len(rows)
        for name in names
        for rows in _read(f"{name}.yml").values()
        if isinstance(rows, list)
    )


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return content


def test_there_are_enough_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    places = _rows("place_queries", "place_queries_typed")
    points = _rows("place_points")
    referrals = _rows("referral_cases")
    days = _rows("said_dates", "said_dates_typed")
    with capsys.disabled():
        print(
            f"\n[去哪里] 问地方 {places} 条，位置 {points} 个；"
            f"转介案例 {referrals} 个；日子的说法 {days} 条"
        )
    assert places >= 200
    assert points >= 50
    assert referrals >= 100
    assert days >= 100
