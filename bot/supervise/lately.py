"""One reading of the board for all who ask at about the same time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Lately(Generic[Found]):
    """Keeps what was found for each key (a city; None: all of them) for `seconds`.

    However many supervisors look on, the database is asked once for them, and never twice at the
    same time for one key.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._kept: dict[str | None, tuple[float, Found]] = {}
        self._locks: dict[str | None, asyncio.Lock] = {}

    async def get(self, key: str | None, read: Callable[[], Awaitable[Found]]) -> Found:
        """What was found lately, or what `read` finds now. Raises whatever `read` raises."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is not None and self._clock() - kept[0] < self._seconds:
                return kept[1]
            asked = self._clock()
            found = await read()
            self._kept[key] = (asked, found)
            return found
