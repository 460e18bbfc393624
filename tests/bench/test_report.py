"""What a run prints: the same numbers for people, for machines and in the picture."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from bench.load import Measured
from bench.report import FOUND, Report


def side(rate: float, failed: int = 0) -> Measured:
    return Measured([rate - 1, rate, rate + 1], [0.1] * 98 + [0.2, 0.3], failed, [0.01, 0.02, 0.04])


@pytest.fixture
def report() -> Report:
    return Report(
        date="2026-11-22",
        residents=16,
        rounds=3,
        turns=10,
        same_turns=8,
        sides={
            "echo": side(400),
            "ours": side(80),
            "engine": side(90),
            "ours_same": side(72),
            "engine_same": side(80),
            "stock": side(8, failed=1),
        },
        memory={"stock": {"rasa": 1400.4, "actions": 120.0}, "ours": {"engine": 420.0}},
        machine={"processor": "X", "cores": 2, "load": 0.3},
    )


def test_the_table_holds_rates_ratios_and_raw_rounds(report: Report) -> None:
    lines = report.table().splitlines()
    ours = next(line for line in lines if "POST /chat" in line)
    assert ours.split()[-7:] == ["20.0%", "100", "299", "0", "79.0", "80.0", "81.0"]
    assert "× 10.0" in ours
    assert any("10.0%" in line and "72.0" in line and "80.0" in line for line in lines)
    assert any("1400" in line and "= 1520" in line for line in lines)


def test_the_line_is_json_with_every_side(report: Report) -> None:
    report.sides["ours"].discarded.append((12.0, 0.4, 1))
    said = json.loads(report.line())
    assert "\n" not in report.line()
    assert said["sides"]["ours"]["times_stock"] == 10.0
    assert said["sides"]["ours"]["of_echo"] == 0.2
    assert said["sides"]["ours"]["rounds"] == [79.0, 80.0, 81.0]
    assert said["sides"]["ours"]["discarded"] == [[12.0, 0.4, 1]]
    assert said["gateway_cost"] == pytest.approx(0.1)
    assert said["machine"]["load"] == 0.3


def test_unanswered_messages_fail_the_run(report: Report) -> None:
    assert report.failed == 1


def test_a_machine_that_does_not_say_is_no_error(report: Report) -> None:
    assert "4.0%" in report.table()
    for measured in report.sides.values():
        measured.others = [None] * 3
    assert "4.0%" not in report.table()


def test_the_picture_is_svg_with_one_bar_a_side(report: Report) -> None:
    picture = ElementTree.fromstring(report.picture())
    bars = [item for item in picture if item.get("rx") == "3"]
    widths = [float(item.get("width", 0)) for item in bars]
    assert len(bars) == 4
    assert widths == pytest.approx([7, 66, 74, 330], abs=1)


def test_the_screening_stands_in_a_line_of_its_own(report: Report) -> None:
    assert json.loads(report.line())["screening_ms"] == {}
    report.sides["screening"] = Measured(times=[0.004] * 99 + [0.02])
    said = json.loads(report.line())
    assert said["screening_ms"]["p50"] == 4.0
    assert "screening" not in said["sides"], "it has no rate"
    line = next(line for line in report.table().splitlines() if "法律援助" in line)
    assert "中位 4.0 毫秒" in line


def test_places_stand_in_lines_of_their_own(report: Report) -> None:
    assert json.loads(report.line())["found_ms"] == {}
    for name in FOUND:
        report.sides[name] = Measured(times=[0.001] * 99 + [0.02])
    said = json.loads(report.line())
    assert said["found_ms"]["places_country"]["p50"] == 1.0
    assert set(said["sides"]).isdisjoint(FOUND), "they have no rate"
    table = report.table()
    assert "七十万个点：中位 1.0 毫秒" in table


def test_the_panel_beside_a_call_is_compared_with_the_triage(report: Report) -> None:
    assert json.loads(report.line())["assist_ratio"] is None
    report.sides["triage"] = Measured(times=[0.01] * 100)
    report.sides["assist"] = Measured(times=[0.025] * 100)
    assert json.loads(report.line())["assist_ratio"] == 2.5
    assert "帮手的中位是分流的 2.5 倍" in report.table()
