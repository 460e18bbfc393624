"""Whose the processors were: ours are this process and what it started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.machine import Watch, _ours, resident_mb

linux = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="Linux only")


@linux
def test_what_a_child_uses_is_ours() -> None:
    before = _ours()
    spin = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", spin], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        assert child.stdin
        child.stdout.readline()
        assert _ours() - before > 0.2  # while it runs
        child.stdin.write(b"\n")
    assert _ours() - before > 0.2  # and after it was waited for


@linux
def test_shares_and_memory() -> None:
    watch = Watch()
    assert 0 <= (watch.others() or 0) <= 1
    own = resident_mb(1) or resident_mb(int(Path("/proc/self").readlink().name))
    assert own
    assert own > 1
