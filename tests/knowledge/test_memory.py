"""What a process has loaded is not walked again; what dies later is still found."""

from __future__ import annotations

import json
import subprocess
import sys

ALONE = """
import gc, json, weakref
from knowledge.memory import OLDER, OLDEST, YOUNG, spare_what_stays

class Thing:
    pass

loaded = [Thing() for _ in range(1000)]
dead = Thing()
dead.itself = dead
before = weakref.ref(dead)
del dead
spare_what_stays()
frozen = gc.get_freeze_count()
later = Thing()
later.itself = later
after = weakref.ref(later)
del later
gc.collect()
walked = sum(isinstance(one, Thing) for one in gc.get_objects())
print(json.dumps([before() is None, after() is None, frozen, walked, gc.get_threshold()]))
"""


def test_only_what_comes_later_is_looked_through() -> None:
    # in a process of its own: the tests' own objects stay as they are
    said = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, check=True, text=True)
    before, after, frozen, walked, threshold = json.loads(said.stdout)
    assert before
    assert after
    assert frozen > 1000
    assert walked == 0
    assert threshold[0] > 700
