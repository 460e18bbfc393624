"""What the machine was doing while it was measured (Linux; elsewhere the figures are None)."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

CALM = 0.7  # load average of the last minute
QUIET = 0.05  # of the processors, taken by processes that are not ours
_BUSY = ("user", "nice", "system")
_COLUMNS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def wait_until_calm(at_most: float) -> float:
    """Waits for a load below CALM, `at_most` seconds; returns the load it began with."""
    deadline = time.monotonic() + at_most
    while load() >= CALM and time.monotonic() < deadline:
        time.sleep(2)
    return load()


def wait_until_alone(at_most: float) -> None:
    """Until no other process took much for ten seconds on end, `at_most` seconds."""
    deadline = time.monotonic() + at_most
    alone = 0
    while alone < 10 and time.monotonic() < deadline:
        watch = Watch()
        time.sleep(1)
        alone = alone + 1 if (watch.others() or 0.0) <= QUIET else 0


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def description() -> dict[str, Any]:
    """Processor and number of cores."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {"processor": models[0] if models else "?", "cores": os.cpu_count()}


def resident_mb(pid: int) -> float | None:
    """Resident memory of one process in MB."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    for line in status.read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return None


class Watch:
    """Whose the processors were since it was made.

    Ours are this process and all its descendants.
    """

    def __init__(self) -> None:
        self._machine = _machine()
        self._ours = _ours()

    def others(self) -> float | None:
        """The share that other processes and the host took, 0 to 1 of all cores."""
        now = _machine()
        if now is None or self._machine is None:
            return None
        passed = {name: now[name] - self._machine[name] for name in now}
        whole = sum(passed.values()) or 1.0
        theirs = sum(passed[name] for name in _BUSY) - (_ours() - self._ours)
        return round((max(0.0, theirs) + passed["steal"]) / whole, 3)


def _machine() -> dict[str, float] | None:
    """Seconds of all cores since the machine started, by what they were spent on."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    ticks = os.sysconf("SC_CLK_TCK")
    numbers = stat.read_text().splitlines()[0].split()[1:]
    return dict(zip(_COLUMNS, (int(number) / ticks for number in numbers), strict=False))


def _ours() -> float:
    """Seconds of processor that this process, its descendants and its ended children used."""
    ticks = os.sysconf("SC_CLK_TCK")
    used: dict[int, float] = {}
    children: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        pid = int(file.parent.name)
        children.setdefault(int(fields[1]), []).append(pid)
        used[pid] = sum(map(int, fields[11:15])) / ticks
    total, waiting = 0.0, [os.getpid()]
    while waiting:
        pid = waiting.pop()
        total += used.get(pid, 0.0)
        waiting += children.get(pid, [])
    return total
