"""Starting and stopping: one Chinese line for whoever starts it, and nobody left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from bot import processes, run
from bot.processes import Child
from bot.settings import ROOT, Settings
from tests.bot.test_processes import FAMILY, program, spawned

pytestmark = pytest.mark.usefixtures("stops_as_they_were")
PORTS = ["WENFA_PORT", "WENFA_ACTIONS_PORT", "WENFA_ENGINE_PORT"]


def free_ports() -> dict[str, str]:
    probes = [socket.socket() for _ in PORTS]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    found = {name: str(probe.getsockname()[1]) for name, probe in zip(PORTS, probes, strict=True)}
    for probe in probes:
        probe.close()
    return found


def wenfa(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("variable", PORTS)
def test_a_taken_port_is_one_line(variable: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = wenfa("run", **{**free_ports(), variable: port}, WENFA_HOME=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert f"端口 {port} 已被占用" in lines[0]
    assert f"{variable}=" in lines[0]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["run", "prepare", "app", "actions"])
def test_a_wrong_variable_is_one_line(command: str) -> None:
    done = wenfa(command, WENFA_PORT="70000")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "WENFA_PORT" in done.stderr


def test_a_home_that_cannot_be_written_is_two_lines() -> None:
    done = wenfa("run", **free_ports(), WENFA_HOME="/dev/null/x")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert "WENFA_HOME" in lines[0]
    assert lines[1] == "停下了：准备没有完成，原因见上"


def test_a_database_that_is_away_is_one_line_without_its_password() -> None:
    url = "postgresql+psycopg://wenfa:hunter2@127.0.0.1:9/wenfa"
    done = wenfa("prepare", DATABASE_URL=url)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "127.0.0.1:9/wenfa" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize("url", ["garbage", "mysql://wenfa:hunter2@127.0.0.1/wenfa"])
def test_an_address_that_is_none_is_one_line(url: str) -> None:
    done = wenfa("prepare", DATABASE_URL=url)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "DATABASE_URL" in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_while_preparing_stops_everything(tmp_path: Path, times: int) -> None:
    engine = tmp_path / "runtime" / "engine" / "bin" / "python"
    engine.parent.mkdir(parents=True)
    # endless training that holds our pipe open: reading to its end proves that it was stopped
    engine.write_text("#!/bin/sh\necho training >&2\nexec tail -f /dev/null\n")
    engine.chmod(0o755)
    if Settings().vectors_file.exists():  # else a minute goes by in encoding the answers
        shutil.copy(Settings().vectors_file, Settings(home=tmp_path).vectors_file)
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "run"],
        cwd=ROOT,
        env={**os.environ, **free_ports(), "WENFA_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "正在训练" in line:
            break
    for _ in range(times):  # impatience leaves nobody behind, and no stack trace
        process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(timeout=20) == 0
    process.stdout.close()
    assert "正在停止" in rest
    assert "Traceback" not in rest


# says how often it has been started, into its log, and then does what is asked for
COUNTING = """
import os, signal, sys
print("started", flush=True)
{deed}
"""


def watched(tmp_path: Path, deed: str) -> Child:
    """A child as it is once everything is ready, with a log of its own."""
    mine = program(COUNTING.format(deed=deed), tmp_path / "x.log")
    return Child(mine, mine.start())


def test_a_child_that_dies_is_started_again_and_the_others_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "FIRST_PAUSE", 0.01)
    # dies the first time, afterwards stays
    once = f"""
mark = {str(tmp_path / "died")!r}
if not os.path.exists(mark):
    open(mark, "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
signal.pause()
"""
    dying, other = watched(tmp_path, once), watched(tmp_path, "signal.pause()")
    first = dying.process.pid

    class Enough(Exception):
        pass

    def sleep(_seconds: float) -> None:
        if dying.process.pid != first and dying.process.poll() is None:
            raise Enough

    kept = other.process
    with monkeypatch.context() as patched:
        patched.setattr("bot.run.time.sleep", sleep)
        with pytest.raises(Enough):
            run._watch([dying, other])
    assert other.process is kept
    assert kept.poll() is None
    processes.stop_all([dying, other])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert "[重启] 试验进程退出了（-9）" in lines[0]
    assert "x.log" in lines[0]


def test_a_child_that_keeps_dying_ends_the_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(run, "LOOK_EVERY", 0.01)
    child = watched(tmp_path, "raise SystemExit(7)")
    assert run._watch([child]) == 1
    said = capsys.readouterr()
    assert said.out.count("[重启] 试验进程退出了（7）") == run.DEATHS - 1
    assert len(said.err.splitlines()) == 1
    assert re.search(r"停下了：试验进程.*5 次（7）.*x\.log", said.err)
    # nothing of what it said earlier is lost
    assert (tmp_path / "x.log").read_text().count("started") == run.DEATHS


def test_a_channel_that_keeps_dying_leaves_the_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong Telegram token must not take the residents' page away."""
    monkeypatch.setattr(run, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(run, "LOOK_EVERY", 0.01)
    channel, page = watched(tmp_path, "raise SystemExit(1)"), watched(tmp_path, "signal.pause()")
    channel.program = replace(channel.program, needed=False)
    children = [channel, page]

    class Enough(Exception):
        pass

    def sleep(_seconds: float) -> None:
        if children == [page]:
            raise Enough

    with monkeypatch.context() as patched:
        patched.setattr("bot.run.time.sleep", sleep)
        with pytest.raises(Enough):
            run._watch(children)
    assert page.process.poll() is None
    processes.stop_all([page])
    assert "其余照常" in capsys.readouterr().err


def test_deaths_of_long_ago_do_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    child, words = spawned("print('up', flush=True)")
    child.process.wait()
    child.deaths = [0.0] * run.DEATHS
    assert run._may_live_again(child, run.WITHIN + 1)
    assert child.deaths == [run.WITHIN + 1]
    assert child.again_at == run.WITHIN + 1 + run.FIRST_PAUSE
    assert "0.5 秒后重新启动" in capsys.readouterr().out
    words.close()


def test_what_a_dead_child_has_left_behind_is_ended_before_it_starts_again() -> None:
    script = FAMILY.replace("signal.pause()\n", "sys.exit(3)\n")
    child, words = spawned(script)
    child.process.wait()
    assert run._may_live_again(child, 0.0)
    assert words.read() == b""  # the one that it had started is gone
    words.close()


def test_the_children_and_what_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.model import Model

    started: list[tuple[list[str], dict[str, str]]] = []

    def note(
        command: list[str], environment: dict[str, str], output: IO[bytes] | None = None
    ) -> None:
        started.append((command, environment))

    monkeypatch.setattr(processes, "spawn", note)
    settings = Settings(home=tmp_path, engine_port=15005)
    children: list[Child] = []
    run._start(settings, Model("wenfa-1", tmp_path / "models" / "wenfa-1.tar.gz"), children)
    assert [child.program.name for child in children] == ["引擎", "动作", "应用"]
    engine, actions, app = started
    assert engine[0][0] == str(settings.engine_python)
    assert engine[0][-2:] == [str(tmp_path / "models" / "wenfa-1.tar.gz"), "15005"]
    assert engine[1]["RASA_TELEMETRY_ENABLED"] == "false"
    assert actions[0][-1] == "actions"
    assert app[0][-1] == "app"
    assert app[1]["WENFA_MODEL"] == "wenfa-1"
    assert app[1]["WENFA_HOME"] == str(tmp_path)


def test_telegram_is_a_child_only_with_its_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.model import Model

    monkeypatch.setattr(processes, "spawn", lambda *_given: None)
    model = Model("wenfa-1", tmp_path / "models" / "wenfa-1.tar.gz")
    for token, names in (("", []), ("123:x", ["Telegram"])):
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", token)
        children: list[Child] = []
        run._start(Settings(home=tmp_path), model, children)
        assert [child.program.name for child in children][3:] == names


def test_the_actions_get_a_process_without_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`wenfa actions` becomes the room itself: bot imports nothing of it."""
    from bot import cli

    became: list[tuple[list[str], dict[str, str]]] = []

    def become(_path: str, command: list[str], environment: dict[str, str]) -> None:
        became.append((command, environment))

    monkeypatch.setattr(os, "execve", become)
    monkeypatch.setenv("WENFA_HOME", str(tmp_path))
    monkeypatch.setenv("WENFA_ACTIONS_PORT", "15055")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    cli.actions()
    command, environment = became[0]
    assert command == [sys.executable, "-m", "actions.server"]
    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path / 'wenfa.sqlite3'}"
    assert environment["WENFA_ACTIONS_PORT"] == "15055"
