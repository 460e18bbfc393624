"""How a process that keeps a whole catalogue looks for garbage.

Python walks every object that it has kept for long, again and again, and nothing else runs
meanwhile: half a million objects of a catalogue are 150 ms each time, and with two thousand open
pages three quarters of a second (docs/decisions/0022-memory.md).
"""

from __future__ import annotations

import gc

# net allocations until the young are looked through, then how many times until the older ones are
YOUNG, OLDER, OLDEST = 50_000, 10, 10


def spare_what_stays() -> None:
    """Once everything is loaded: what is there now is never walked again, the rest more seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDEST)
