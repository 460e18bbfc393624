"""Processes of ours: how one is started, looked after and stopped with all that it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bot.model import Model, PrepareError, engine_environment
from bot.settings import ROOT, Settings

READY_WITHIN = 120.0
STOP_WITHIN = 8.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Program:
    """How a process of ours is started, the name a person knows it by, and where its words go."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path | None = None
    # the others are of no use without it
    needed: bool = True

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; its log goes on where it was."""
        if self.log is None:
            return spawn(self.command, self.environment)
        with self.log.open("ab") as output:
            return spawn(self.command, self.environment, output)


@dataclass
class Child:
    """A program that runs, and when (monotonic seconds) it has died or is to be started again."""

    program: Program
    process: subprocess.Popen[bytes]
    deaths: list[float] = field(default_factory=list)
    again_at: float | None = None


def spawn(
    command: list[str], environment: dict[str, str], output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """In a process group of its own, so that it can be stopped with everything it started."""
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )


def _die_with_parent() -> None:
    """On Linux even a killed supervisor leaves no orphan behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def raise_if_ended(children: list[Child]) -> None:
    """Raises PrepareError when one that the others need has ended."""
    for child in children:
        code = child.process.poll()
        if code is not None and child.program.needed:  # a channel of its own is tried again later
            program = child.program
            raise PrepareError(f"{program.name}进程退出了（{code}），详情见 {program.log}")


def stop_all(children: list[Child]) -> None:
    """Ask each process group to end; what has not ended in time is killed."""
    ignore_stops()  # a second Ctrl-C must not leave anyone behind
    for child in children:
        signal_group(child, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    for child in children:
        try:
            child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            signal_group(child, signal.SIGKILL)
            child.process.wait()


def signal_group(child: Child, number: signal.Signals) -> None:
    """To a child and everything it started; one that is gone is no trouble."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, number)


def ignore_stops() -> None:
    """From here on it is too late for Ctrl-C and SIGTERM."""
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)


def engine_program(settings: Settings, model: Model, port: int, log: Path) -> Program:
    """The engine with this model on a port of loopback."""
    serve = ["-m", "engine.serve", str(model.file), str(port)]
    environment = engine_environment(settings)
    return Program("引擎", [str(settings.engine_python), *serve], environment, log)
