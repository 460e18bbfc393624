"""`wenfa run`: prepare, start every process, start again those that die, stop all together."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from types import FrameType

import httpx

from bot.model import Model, PrepareError, prepared_model
from bot.processes import (
    READY_WITHIN,
    Child,
    Program,
    engine_program,
    raise_if_ended,
    signal_group,
    stop_all,
)
from bot.settings import Settings

LOOK_EVERY = 0.1
# a process that has died is started again after this long, doubled with every death of late …
FIRST_PAUSE = 0.5
# … and when it has died so often within so many seconds, starting it again helps nobody
DEATHS = 5
WITHIN = 60.0
STOPS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):
    """Ctrl-C or SIGTERM while starting or running."""


def run_all(settings: Settings) -> int:
    """Blocks until stopped; returns the exit code. Every line printed is for a person."""
    for stop in STOPS:
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
        stop_all(children)


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
    logs = settings.home / "log"
    logs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bot.cli"]
    programs = [
        engine_program(settings, model, settings.engine_port, logs / "engine.log"),
        Program("动作", [*command, "actions"], ours, logs / "actions.log"),
        Program("应用", [*command, "app"], ours, logs / "app.log"),
    ]
    if settings.telegram_token is not None:
        log = logs / "telegram.log"
        programs.append(Program("Telegram", [*command, "telegram"], ours, log, needed=False))
    for program in programs:
        if program.log:
            program.log.write_bytes(b"")
        children.append(Child(program, program.start()))


def _wait_until_ready(settings: Settings, children: list[Child]) -> None:
    print("[启动] 正在启动引擎、动作、应用…", flush=True)
    deadline = time.monotonic() + READY_WITHIN
    with httpx.Client(trust_env=False, timeout=6) as client:
        while time.monotonic() < deadline:
            raise_if_ended(children)
            try:
                answer = client.get(f"http://{settings.host}:{settings.port}/ready")
                if answer.status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
    raise PrepareError(f"{READY_WITHIN:.0f} 秒内没有准备好，详情见 {settings.home / 'log'}")


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
    signal_group(child, signal.SIGKILL)  # whoever it has left behind would hold its port
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


def _stop(_number: int, _frame: FrameType | None) -> None:
    for stop in STOPS:  # a second Ctrl-C must not come between the children and their end
        signal.signal(stop, signal.SIG_IGN)
    raise Stopped
