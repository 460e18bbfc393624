"""The whole product, started as `make run` starts it, on free ports, with a browser before it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("WENFA_HOME") or ROOT / "var").resolve()
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Stack:
    """A running product: its address, its folder, and the processes by name."""

    url: str
    home: Path
    supervisor: subprocess.Popen[str]
    engine_port: int

    def client(self, **options: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, timeout=20, **options)  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_stack(home: Path, **environment: str) -> Stack:
    """Start everything over `home` and wait for its own word that it is ready."""
    home.mkdir(parents=True, exist_ok=True)
    for shared in ("runtime", "models"):
        (VAR / shared).mkdir(parents=True, exist_ok=True)
        if not (home / shared).exists():
            (home / shared).symlink_to(VAR / shared)
    ports = {name: free_port() for name in ("PORT", "ACTIONS_PORT", "ENGINE_PORT")}
    variables = {f"WENFA_{name}": str(port) for name, port in ports.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "run"],
        cwd=ROOT,
        env={**os.environ, **variables, "WENFA_HOME": str(home), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    assert process.stdout is not None
    for line in process.stdout:  # ends when the process ends: no sleeping, no polling
        said.append(line)
        if "[就绪]" in line:
            break
    else:
        raise AssertionError("the stack did not start:\n" + "".join(said))
    return Stack(f"http://127.0.0.1:{ports['PORT']}", home, process, ports["ENGINE_PORT"])


def stop_stack(stack: Stack) -> int:
    """Ctrl-C; returns the exit code."""
    stack.supervisor.send_signal(signal.SIGINT)
    code = stack.supervisor.wait(timeout=30)
    if stack.supervisor.stdout:
        stack.supervisor.stdout.close()
    return code


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = start_stack(tmp_path_factory.mktemp("home"))
    yield running
    stop_stack(running)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()
