"""A child of ours ends when it is asked to, with everything that it started."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import IO

import pytest

from bot import processes
from bot.model import Model, PrepareError
from bot.processes import Child, Program, engine_program
from bot.settings import Settings

pytestmark = pytest.mark.usefixtures("stops_as_they_were")
STUBBORN = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
signal.pause()
"""
# also starts another process, which holds the pipe open for as long as it lives
FAMILY = """
import signal, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print("up", flush=True)
signal.pause()
"""


def program(script: str, log: Path | None = Path("x.log")) -> Program:
    return Program("试验", [sys.executable, "-c", script], dict(os.environ), log)


def spawned(script: str) -> tuple[Child, IO[bytes]]:
    """A child, and the end of the pipe that everything it started writes to."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as output:
        process = processes.spawn([sys.executable, "-c", script], dict(os.environ), output)
    words = os.fdopen(reader, "rb")
    assert words.readline() == b"up\n"
    return Child(program(script), process), words


def test_a_child_that_ignores_the_request_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_WITHIN", 0.2)
    child, words = spawned(STUBBORN)
    processes.stop_all([child])
    assert child.process.returncode == -signal.SIGKILL
    words.close()


def test_what_a_child_started_ends_with_it() -> None:
    child, words = spawned(FAMILY)
    processes.stop_all([child])
    assert child.process.returncode == -signal.SIGTERM
    assert words.read() == b""  # the last holder of the pipe is gone
    words.close()


def test_children_that_have_ended_are_no_trouble() -> None:
    child, words = spawned("print('up', flush=True)")
    child.process.wait()
    processes.stop_all([child, child])
    words.close()


def test_stopping_is_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    processes.stop_all([])
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_a_child_that_ends_while_starting_ends_the_start() -> None:
    child, words = spawned("print('up', flush=True); raise SystemExit(7)")
    child.process.wait()
    with pytest.raises(PrepareError, match=r"试验.*7.*x\.log"):
        processes.raise_if_ended([child])
    words.close()


def test_the_engine_and_what_it_is_given(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, engine_port=15005)
    model = Model("wenfa-1", tmp_path / "wenfa-1.tar.gz")
    engine = engine_program(settings, model, 15006, tmp_path / "x.log")
    assert engine.command[0] == str(settings.engine_python)
    assert engine.command[-2:] == [str(model.file), "15006"]
    assert engine.environment["RASA_TELEMETRY_ENABLED"] == "false"
    assert engine.log == tmp_path / "x.log"
