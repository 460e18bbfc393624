"""The whole command: what it writes, what it says, and that it leaves nobody and nothing behind."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ROOT, Settings
from bot.triage_file import engine
from bot.triage_file.run import Order, triage_file
from tests.bot.triage_file.stand_in import POISON, SILENCE
from tests.bot.triage_file.test_reading import xlsx

ADDED = {
    "服务": "法律援助", "服务把握": "0.7123", "第二可能": "法律咨询", "事由": "劳动人事",
    "事由把握": "0.95", "紧急": "有人受伤害", "紧急的词": "他打我、刀", "替谁问": "孩子",
    "问题": "",
}  # fmt: skip


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def source(folder: Path, *texts: str) -> Path:
    file = folder / "in.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([("编号", "诉求"), *enumerate(texts, 1)])
    return file


def test_a_file_is_sorted(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [
        "老板欠薪，我在中山市小榄镇打工",
        "",
        "长" * 2001,
        f"我在灌云县。{POISON}",
        "我在太平镇",
    ]
    out = tmp_path / "out.csv"
    order = Order(source(tmp_path, *texts), out, city="清远")
    assert triage_file(settings, order) == 0
    rows = read_csv(out)
    assert [row["编号"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row["诉求"] for row in rows] == texts
    assert rows[0] == {
        "编号": "1", "诉求": texts[0], **ADDED, "地方": "中山市小榄镇",
        "要找的窗口": rows[0]["要找的窗口"],
    }  # fmt: skip
    assert "法律援助" in rows[0]["要找的窗口"].split("、")
    assert rows[4]["地方"] == "清远市清新区太平镇、清远市阳山县太平镇"
    assert [row["问题"] for row in rows[1:4]] == [
        "没有文字", "超过 2,000 个字", "引擎没能判断这一句",
    ]  # fmt: skip
    assert {rows[1][name] for name in ADDED if name != "问题"} == {""}
    said = capsys.readouterr()
    assert said.out == f"写好了：{out}，共 5 行，其中 3 行没能判断，原因在“问题”一列。\n"
    assert said.err.splitlines() == [
        "[文件] in.csv：5 行，看“诉求”这一列",
        "[引擎] 用正在运行的引擎",
        "  第 3 行：没有文字",
        "  第 4 行：超过 2,000 个字",
        "  第 5 行：引擎没能判断这一句",
    ]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["home", "in.csv", "out.csv"]


@pytest.mark.parametrize("into", [".csv", ".xlsx", ".jsonl"])
@pytest.mark.parametrize("of", [".csv", ".xlsx", ".jsonl"])
def test_every_kind_into_every_kind(settings: Settings, tmp_path: Path, of: str, into: str) -> None:
    rows: list[list[object]] = [["编号", "内容"], [1, "欠薪"], [2, "离婚"]]
    file = tmp_path / f"in{of}"
    if of == ".xlsx":
        xlsx(tmp_path, *rows).rename(file)
    elif of == ".csv":
        file.write_text("".join(f"{a},{b}\n" for a, b in rows), encoding="utf-8")
    else:
        lines = [json.dumps({"编号": row[0], "内容": row[1]}) for row in rows[1:]]
        file.write_text("\n".join(lines), encoding="utf-8")
    out, back = tmp_path / f"out{into}", tmp_path / "back.csv"
    assert triage_file(settings, Order(file, out)) == 0
    assert triage_file(settings, Order(out, back)) == 0  # what was written can be read
    for row in read_csv(back):
        assert row["服务"] == row["服务（问法）"] == "法律援助"
        assert float(row["服务把握"]) == 0.7123
    assert [(row["编号"], row["内容"]) for row in read_csv(back)] == [("1", "欠薪"), ("2", "离婚")]


def test_broken_lines_of_jsonl_are_kept(settings: Settings, tmp_path: Path) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text('{"id": 1, "text": "欠薪"}\n{"id": 2, "te\n\n[3]\n{"id": 4, "text": 5}\n')
    assert triage_file(settings, Order(file, out)) == 0
    rows: list[dict[str, Any]] = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert rows[0] | {"服务": "法律援助", "服务把握": 0.7123, "问题": ""} == rows[0]
    assert [row.get("text") for row in rows] == ["欠薪", '{"id": 2, "te', None, "[3]", 5]
    assert [row["问题"] for row in rows[1:]] == [
        "这一行不是完整的 JSON", "没有文字", '这一行不是 {"列名"：值} 这样的 JSON', "不是文字",
    ]  # fmt: skip
    assert "id" not in rows[1]


def test_only_the_first_twenty_bad_lines_are_shown(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = Order(source(tmp_path, *[""] * 1025, "欠薪"), tmp_path / "out.csv")
    assert triage_file(settings, order) == 0
    lines = capsys.readouterr().err.splitlines()
    assert sum("没有文字" in line for line in lines) == 20
    assert lines[-1] == "  另外还有 1,005 行"


def refusal(settings: Settings, order: Order, capsys: pytest.CaptureFixture[str]) -> str:
    """The last line, after exit code 1."""
    capsys.readouterr()
    assert triage_file(settings, order) == 1
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.splitlines()[-1]


def test_what_cannot_be_done_is_one_line(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = source(tmp_path, "欠薪"), tmp_path / "out.csv"
    there = tmp_path / "there.csv"
    there.write_text("x")
    orders = {
        "没有这个文件": Order(tmp_path / "none.csv", out),
        "不认识": Order(tmp_path / "in.txt", out),
        "编号、诉求": Order(file, out, column="正文"),
        "同一个文件": Order(file, file, force=True),
        "--force": Order(file, there),
        "没有开通这个城市：北京。可用的有：中山、": Order(file, out, city="北京"),
    }
    for words, order in orders.items():
        assert words in refusal(settings, order, capsys)
    assert there.read_text() == "x"
    assert triage_file(settings, Order(file, there, force=True)) == 0
    assert read_csv(there)[0]["诉求"] == "欠薪"
    assert not out.exists()


@pytest.mark.parametrize("missing", ["prepared-model", "models/wenfa-test.tar.gz", "wenfa.sqlite3"])
def test_before_anything_was_prepared(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    (settings.home / missing).unlink()
    order = Order(source(tmp_path, "欠薪"), tmp_path / "out.csv")
    assert "先运行 make run 或 ./wenfa prepare" in refusal(settings, order, capsys)
    assert not (tmp_path / "out.csv").exists()


# ---------------------------------------------------------------------- an engine of its own


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_running_engine_with_another_model_is_not_used(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.models / "wenfa-new.tar.gz").write_bytes(b"")
    settings.prepared_file.write_text("wenfa-new")
    order = Order(source(tmp_path, "欠薪"), tmp_path / "out.csv")
    assert triage_file(settings, order) == 0
    said = capsys.readouterr().err
    assert "正在启动一个" in said
    assert "[引擎] 好了" in said
    assert read_csv(tmp_path / "out.csv")[0]["服务"] == "法律援助"
    (served,) = settings.models.glob("*.served")
    assert served.read_text().startswith("-m engine.serve ")
    with pytest.raises(ConnectionRefusedError):  # it has been stopped
        socket.create_connection(("127.0.0.1", int(served.read_text().split()[-1])))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho broken model; exit 7\n", "引擎进程退出了（7），详情见"),
        ("#!/bin/sh\nexec tail -f /dev/null\n", "秒内引擎没有准备好，详情见"),
        (None, "引擎启动不了：没有这个文件"),
    ],
)
def test_an_engine_that_does_not_come_up(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    said: str,
) -> None:
    monkeypatch.setattr(engine, "READY_WITHIN", 1.0)
    settings = Settings(
        home=home, engine_port=free_port(), database=f"sqlite:///{home}/wenfa.sqlite3"
    )
    if script is None:
        settings.engine_python.unlink()
    else:
        settings.engine_python.write_text(script)
    order = Order(source(tmp_path, "欠薪"), tmp_path / "out.xlsx")
    assert said in refusal(settings, order, capsys)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["home", "in.csv"]


@contextmanager
def started(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command as somebody types it, in a folder of theirs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WENFA_")}
    kept.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "triage", *arguments],
        cwd=ROOT,
        env={
            **kept,
            "WENFA_HOME": str(home),
            "WENFA_ENGINE_PORT": str(free_port()),
            "WENFA_FROM": str(home.parent),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:  # waits, and closes the pipes
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["starting", "judging"])
def test_ctrl_c_leaves_nothing_behind(
    home: Path, tmp_path: Path, when: str, stop: signal.Signals
) -> None:
    if when == "starting":
        python = home / "runtime" / "engine" / "bin" / "python"
        python.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    source(tmp_path, "欠薪", SILENCE, "离婚")
    log = home / "log" / "triage-engine.log"
    with started(home, "in.csv", "out.xlsx") as process:
        assert process.stderr is not None
        assert process.stdout is not None
        awaited = "正在启动" if when == "starting" else "好了"
        assert any(awaited in line for line in process.stderr)
        while when == "judging" and "silent" not in log.read_text():
            assert process.poll() is None
        process.send_signal(stop)
        rest = process.stderr.read()
        assert process.wait(timeout=20) == 130
        assert process.stdout.read() == ""
    assert rest.split("\n")[-2] == "停下了，什么也没有写。"
    assert "Traceback" not in rest
    assert sorted(file.name for file in tmp_path.iterdir()) == ["home", "in.csv"]


def test_names_are_those_of_the_folder_where_they_were_typed(home: Path, tmp_path: Path) -> None:
    source(tmp_path, "=欠薪")
    words = ("--city", "中山", "--column", "诉求")
    with started(home, "in.csv", "out.csv", *words) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "都判断了" in out
    (row,) = read_csv(tmp_path / "out.csv")
    assert row["诉求"] == "'=欠薪"
