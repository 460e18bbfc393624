"""`wenfa run`: prepare, start engine, actions and app, wait until all are ready, stop together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

import httpx

from bot.model import Model, PrepareError, engine_environment, prepared_model
from bot.settings import ROOT, Settings

READY_WITHIN = 120.0
STOP_WITHIN = 8.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process of ours, the name a person knows it by, and where its words go."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None = None


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
    child = Child("准备", _spawn([sys.executable, "-m", "bot.cli", "prepare"], dict(os.environ)))
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
    for name, slug, command, environment in (
        ("引擎", "engine", [str(settings.engine_python), *serve], engine_environment(settings)),
        ("动作", "actions", [sys.executable, "-m", "bot.cli", "actions"], ours),
        ("应用", "app", [sys.executable, "-m", "bot.cli", "app"], ours),
    ):
        log = logs / f"{slug}.log"
        with log.open("wb") as output:
            children.append(Child(name, _spawn(command, environment, output), log))


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
        if code is not None:
            raise PrepareError(f"{child.name}进程退出了（{code}），详情见 {child.log}")


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
    while True:
        for child in children:
            if child.process.poll() is not None:
                print(f"停下了：{child.name}进程退出了，详情见 {child.log}", file=sys.stderr)
                return 1
        time.sleep(0.5)


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
