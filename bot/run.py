"""`wenfa run`: prepare, start every process, start again those that die, stop all together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import httpx

from bot.model import Model, PrepareError, engine_environment, prepared_model
from bot.settings import ROOT, Settings

READY_WITHIN = 120.0
STOP_WITHIN = 8.0
LOOK_EVERY = 0.1
# a process that has died is started again after this long, doubled with every death of late …
FIRST_PAUSE = 0.5
# … and when it has died so often within so many seconds, starting it again helps nobody
DEATHS = 5
WITHIN = 60.0
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
            return _spawn(self.command, self.environment)
        with self.log.open("ab") as output:
            return _spawn(self.command, self.environment, output)


@dataclass
class Child:
    """A program that runs, and when (monotonic seconds) it has died or is to be started again."""

    program: Program
    process: subprocess.Popen[bytes]
    deaths: list[float] = field(default_factory=list)
    again_at: float | None = None


class Stopped(Exception):
    """Ctrl-C or SIGTERM while starting or running."""


def run_all(settings: Settings) -> int:
    """Blocks until stopped; returns the exit code. Every line printed is for a person."""
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, _stop)
    children: list[Child] = []
    begun = time.monotonic()
    try:
        _check_ports(settings)
        _prepare(children)
        _start(settings, prepared_model(settings), children)
        _wait_until_ready(settings, children)
        _announce(settings, time.monotonic() - begun)
        return _watch(children)
    except PrepareError as error:
        print(f"停下了：{error}", file=sys.stderr)
        return 1
    except Stopped:
        print("\n正在停止…", flush=True)
        return 0
    finally:
        _stop_all(children)


def _prepare(children: list[Child]) -> None:
    """In a process of its own: what preparing needs in memory is free again afterwards."""
    command = [sys.executable, "-m", "bot.cli", "prepare"]
    program = Program("准备", command, dict(os.environ))
    child = Child(program, program.start())
    children.append(child)
    if child.process.wait():
        raise PrepareError("准备没有完成，原因见上")
    children.remove(child)


def _check_ports(settings: Settings) -> None:
    ports = (
        (settings.host, settings.port, "WENFA_PORT"),
        ("127.0.0.1", settings.actions_port, "WENFA_ACTIONS_PORT"),
        ("127.0.0.1", settings.engine_port, "WENFA_ENGINE_PORT"),
    )
    for host, port, variable in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PrepareError(
                    f"端口 {port} 已被占用。请关掉占用它的程序，或换一个端口："
                    f"{variable}=另一个端口 make run"
                ) from error


def _start(settings: Settings, model: Model, children: list[Child]) -> None:
    ours = {**os.environ, "WENFA_MODEL": model.name, "WENFA_HOME": str(settings.home.resolve())}
    serve = ["-m", "engine.serve", str(model.file), str(settings.engine_port)]
    logs = settings.home / "log"
    logs.mkdir(parents=True, exist_ok=True)
    processes = [
        ("引擎", "engine", [str(settings.engine_python), *serve], engine_environment(settings)),
        ("动作", "actions", [sys.executable, "-m", "bot.cli", "actions"], ours),
        ("应用", "app", [sys.executable, "-m", "bot.cli", "app"], ours),
    ]
    if settings.telegram_token is not None:
        command = [sys.executable, "-m", "bot.cli", "telegram"]
        processes.append(("Telegram", "telegram", command, ours))
    for name, slug, command, environment in processes:
        log = logs / f"{slug}.log"
        log.write_bytes(b"")
        program = Program(name, command, environment, log, needed=slug != "telegram")
        children.append(Child(program, program.start()))


def _spawn(
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


def _wait_until_ready(settings: Settings, children: list[Child]) -> None:
    print("[启动] 正在启动引擎、动作、应用…", flush=True)
    deadline = time.monotonic() + READY_WITHIN
    with httpx.Client(trust_env=False, timeout=6) as client:
        while time.monotonic() < deadline:
            _raise_if_ended(children)
            try:
                answer = client.get(f"http://{settings.host}:{settings.port}/ready")
                if answer.status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
    raise PrepareError(f"{READY_WITHIN:.0f} 秒内没有准备好，详情见 {settings.home / 'log'}")


def _raise_if_ended(children: list[Child]) -> None:
    for child in children:
        code = child.process.poll()
        if code is not None and child.program.needed:  # a channel of its own is tried again later
            program = child.program
            raise PrepareError(f"{program.name}进程退出了（{code}），详情见 {program.log}")


def _announce(settings: Settings, seconds: float) -> None:
    root = f"http://{settings.host}:{settings.port}"
    print(
        f"[就绪] 用了 {seconds:.1f} 秒\n"
        f"  居民页面  {root}/\n"
        f"  接口文档  {root}/openapi.json\n"
        f"  运行状况  {root}/ready\n"
        "按 Ctrl-C 停止。",
        flush=True,
    )


def _watch(children: list[Child]) -> int:
    """Start again what dies; returns 1 when that does not help."""
    while True:
        for child in children:
            now = time.monotonic()
            if child.again_at is not None:
                if now >= child.again_at:
                    child.process, child.again_at = child.program.start(), None
            elif child.process.poll() is not None and not _may_live_again(child, now):
                if child.program.needed:
                    return 1
                children.remove(child)
                break
        time.sleep(LOOK_EVERY)


def _may_live_again(child: Child, now: float) -> bool:
    """Note a death and when to start again; False when it has died too often. Says which."""
    program, code = child.program, child.process.returncode
    _signal_group(child, signal.SIGKILL)  # whoever it has left behind would hold its port
    child.deaths = [*(death for death in child.deaths if now - death < WITHIN), now]
    if len(child.deaths) >= DEATHS:
        rest = "" if program.needed else "其余照常；"
        print(
            f"停下了：{program.name}进程 {WITHIN:.0f} 秒内退出了 {DEATHS} 次（{code}），"
            f"{rest}详情见 {program.log}",
            file=sys.stderr,
        )
        return False
    pause = FIRST_PAUSE * 2 ** (len(child.deaths) - 1)
    child.again_at = now + pause
    print(
        f"[重启] {program.name}进程退出了（{code}），{pause:g} 秒后重新启动，详情见 {program.log}",
        flush=True,
    )
    return True


def _stop_all(children: list[Child]) -> None:
    """Ask each process group to end; what has not ended in time is killed."""
    for stop in (signal.SIGINT, signal.SIGTERM):  # a second Ctrl-C must not leave anyone behind
        signal.signal(stop, signal.SIG_IGN)
    for child in children:
        _signal_group(child, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    for child in children:
        try:
            child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal_group(child, signal.SIGKILL)
            child.process.wait()


def _signal_group(child: Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, number)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped
