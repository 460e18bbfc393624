"""A fault is a function; here is what it gets, how it is written down, and how it is run."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.chaos.chats import Chats
from tests.chaos.engine_door import EngineDoor
from tests.chaos.residents import Crowd
from tests.chaos.world import Broken, SecondApp, World


@dataclass
class Scene:
    """The product, a second app process with a door of its own to the engine, and residents."""

    world: World
    crowd: Crowd
    door: EngineDoor
    second: SecondApp
    chats: Chats
    # what a fault has measured, for whoever reads the ledger
    measured: list[str] = field(default_factory=list)
    # how often the Telegram process was killed
    telegram_kills: int = 0

    def measure(self, what: str) -> None:
        """A figure for the fault's line."""
        self.measured.append(what)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `deed` raises Broken when what must hold does not."""

    name: str
    deed: Callable[[Scene], Awaitable[None]]


FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Callable[[Scene], Awaitable[None]]], Fault]:
    """Write down a fault under the name that people read."""

    def written(deed: Callable[[Scene], Awaitable[None]]) -> Fault:
        FAULTS[name] = Fault(name, deed)
        return FAULTS[name]

    return written


async def run(faults: list[Fault], scene: Scene, begun: float) -> list[str]:
    """One after another; prints as it goes. Returns what did not hold."""
    broken = []
    for one in faults:
        at = time.monotonic()
        scene.measured.clear()
        print(f"[{at - begun:5.0f} 秒] {one.name} …", flush=True)
        try:
            await one.deed(scene)
            mark, more = "✓", "；".join(scene.measured)
        except Broken as error:
            mark, more = "✗", str(error)
            broken.append(f"{one.name}：{error}")
        took = time.monotonic() - at
        print(
            f"[{time.monotonic() - begun:5.0f} 秒] {mark} {one.name}（{took:.0f} 秒）{more}",
            flush=True,
        )
    return broken
