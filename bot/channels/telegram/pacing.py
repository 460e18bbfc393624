"""Not more messages a second, to all chats together, than Telegram takes."""

from __future__ import annotations

import asyncio

A_SECOND = 28.0  # Telegram's limit is about 30


class Pace:
    """Gives out one turn after another, evenly."""

    def __init__(self, a_second: float = A_SECOND) -> None:
        self._gap = 1 / a_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = asyncio.get_running_loop().time()
        mine = max(now, self._next)
        self._next = mine + self._gap
        if mine > now:
            await asyncio.sleep(mine - now)
