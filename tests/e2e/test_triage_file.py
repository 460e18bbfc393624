"""./wenfa triage over a small workbook: by the engine that runs, and by one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from tests.stack import ROOT, Stack, free_port

pytestmark = pytest.mark.e2e
ROWS: list[list[object]] = [
    ["编号", "诉求", "来电人"],
    [1, "老板拖欠我三个月工资，我在小榄打工", '=HYPERLINK("http://127.0.0.1")'],
    [2, None, "李某"],
    [3, "我想问问怎么办遗嘱公证", "王某"],
]


def workbook(file: Path) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in ROWS:
        book.active.append(row)
    for cells in book.active.iter_rows(min_row=2):
        cells[2].data_type = "s"  # a text that only looks like a formula
    book.save(file)
    return file


def sort(stack: Stack, source: Path, output: Path, port: int) -> tuple[str, list[dict[str, Any]]]:
    """What the command says to a person, and the rows it has written."""
    environment: Mapping[str, str] = {
        **os.environ, "WENFA_HOME": str(stack.home), "WENFA_ENGINE_PORT": str(port),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "triage", str(source), str(output), "--city", "中山"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    book = load_workbook(output)
    assert book.active is not None
    header, *rows = book.active.iter_rows()
    assert all(cell.data_type != "f" for row in rows for cell in row)
    names = [str(cell.value) for cell in header]
    book.close()
    return done.stderr, [
        dict(zip(names, (cell.value for cell in row), strict=True)) for row in rows
    ]


@pytest.mark.parametrize("running", [True, False])
def test_a_workbook_is_sorted(stack: Stack, tmp_path: Path, running: bool) -> None:
    port = stack.engine_port if running else free_port()
    source, output = workbook(tmp_path / "一年.xlsx"), tmp_path / "整理.xlsx"
    said, rows = sort(stack, source, output, port)
    assert ("用正在运行的引擎" in said) is running
    assert "第 3 行：没有文字" in said
    assert [list(row.values())[:3] for row in rows] == ROWS[1:]
    wages, nothing, will = rows
    assert wages["事由"] == "劳动人事"
    assert wages["地方"] == "中山市小榄镇"
    assert "劳动" in str(wages["要找的窗口"])
    assert 0 < float(str(wages["服务把握"])) <= 1
    assert nothing["问题"] == "没有文字"
    assert nothing["服务"] is None
    assert will["服务"] == "公证"
    # the same as the API says
    with stack.client() as client:
        asked = {"text": ROWS[1][1], "city": "中山"}
        answer = client.post("/api/v1/triage", json=asked).json()
    assert wages["服务"] == answer["services"][0]["name"]
    assert wages["服务把握"] == pytest.approx(answer["services"][0]["confidence"])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["一年.xlsx", "整理.xlsx"]
