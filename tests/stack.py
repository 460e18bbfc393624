"""Starting and stopping the whole product, as `make run` does, for tests and measurements."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
CITIES = ("zhongshan", "qingyuan", "lianyungang")
VAR = Path(os.environ.get("WENFA_HOME") or ROOT / "var").resolve()


@dataclass
class Stack:
    """A running product: its address, its folder, its supervisor and the engine's port."""

    url: str
    home: Path
    supervisor: subprocess.Popen[str]
    engine_port: int

    def client(self) -> httpx.Client:
        """A client for this stack; a proxy variable must not lead loopback calls away."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=20)


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_stack(home: Path, **environment: str) -> Stack:
    """Start everything over `home` and wait for its own word that it is ready.

    Nobody is on duty, and no city has duty hours: see `staff_round_the_clock`.
    Runtimes and models are shared with the project's own home, so nothing is built twice.
    Raises AssertionError with all that was printed when it does not come up.
    """
    home.mkdir(parents=True, exist_ok=True)
    for shared in ("runtime", "models"):
        (VAR / shared).mkdir(parents=True, exist_ok=True)
        if not (home / shared).exists():
            (home / shared).symlink_to(VAR / shared)
    vectors = "faq_vectors.npz"
    if (VAR / vectors).exists() and not (home / vectors).exists():
        shutil.copy(VAR / vectors, home / vectors)
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
        process.stdout.close()
        raise AssertionError("the stack did not start:\n" + "".join(said))
    return Stack(f"http://127.0.0.1:{ports['PORT']}", home, process, ports["ENGINE_PORT"])


def staff_round_the_clock(home: Path, **environment: str) -> None:
    """Who asks for a person stands in line, in every city, at whatever hour the tests run."""
    for city in CITIES:
        set_duty(home, city, "--always", **environment)


def set_duty(home: Path, city: str, *hours: str, **environment: str) -> None:
    """`./wenfa duty hours` over a home, as a bureau sets them."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "duty", "hours", city, *hours],
        cwd=ROOT,
        env={**os.environ, "WENFA_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def stop_stack(stack: Stack) -> int:
    """Ctrl-C; returns the exit code."""
    stack.supervisor.send_signal(signal.SIGINT)
    code = stack.supervisor.wait(timeout=30)
    if stack.supervisor.stdout:
        stack.supervisor.stdout.close()
    return code


def memory_mb(supervisor_pid: int) -> dict[str, float]:
    """Resident memory in MB of the supervisor and each of its processes, by name (Linux)."""
    memory = {"supervisor": _rss_mb(supervisor_pid)}
    children = Path(f"/proc/{supervisor_pid}/task/{supervisor_pid}/children").read_text().split()
    for child in map(int, children):
        command = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
        known = ("engine.serve", "actions.server", "app", "telegram")
        name = next(name for name in known if name in command).split(".")[0]
        memory[name] = _rss_mb(child)
    return memory


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
