"""Stock Rasa as `rasa run` starts it, with our actions beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import resident_mb
from bench.processes import running, wait_for
from bench.stock.model import PYTHON, environment
from tests.stack import VAR, free_port

ENDPOINTS = Path(__file__).with_name("endpoints.yml")
READY_WITHIN = 300.0


@dataclass(frozen=True)
class Stock:
    """A running stock Rasa and its processes by name."""

    url: str
    pids: dict[str, int]

    def memory_mb(self) -> dict[str, float]:
        """Resident memory of each process."""
        return {name: resident_mb(pid) or 0.0 for name, pid in self.pids.items()}


@contextmanager
def stock_rasa(model: Path, home: Path) -> Iterator[Stock]:
    """Serves `model` while inside. `home` holds a prepared knowledge base for the actions.

    Raises DidNotStart.
    """
    ports = {"actions": free_port(), "rasa": free_port()}
    variables = environment(
        WENFA_HOME=str(home),
        WENFA_ACTIONS_PORT=str(ports["actions"]),
        STOCK_TRACKER_FILE=str(home / "stock.sqlite3"),
    )
    actions = [sys.executable, "-m", "bot.cli", "actions"]
    rasa = [
        str(PYTHON), "-W", "ignore", "-m", "rasa", "run", "--model", str(model),
        "--endpoints", str(ENDPOINTS), "--credentials", "credentials.yml",
        "--interface", "127.0.0.1", "--port", str(ports["rasa"]), "--enable-api",
    ]  # fmt: skip
    logs = {name: VAR / "log" / f"stock-{name}.log" for name in ports}
    url = f"http://127.0.0.1:{ports['rasa']}"
    with (
        running(actions, logs["actions"], variables) as acting,
        running(rasa, logs["rasa"], variables) as serving,
    ):
        wait_for(acting, f"http://127.0.0.1:{ports['actions']}/health", logs["actions"], 60)
        # no model, no /status: 409
        wait_for(serving, f"{url}/status", logs["rasa"], READY_WITHIN)
        yield Stock(url, {"rasa": serving.pid, "actions": acting.pid})
