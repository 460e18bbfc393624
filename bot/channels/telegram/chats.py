"""One update at a time for each chat, in order; many chats at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.channels.telegram.heard import Heard

AT_ONCE = 32
# a backlog above which nothing more is fetched: Telegram keeps it for us
ENOUGH = 1000
# nobody writes more than this by hand: so many waiting, written within so many seconds
CROWD = 20
CROWD_SECONDS = 60
# called with an update and whether it is one too many
Handle = Callable[[Heard, bool], Awaitable[None]]


@dataclass
class _Chat:
    """What waits in a chat, and when the last ones of it were written."""

    waiting: deque[tuple[Heard, bool]] = field(default_factory=deque)
    dates: deque[int] = field(default_factory=lambda: deque(maxlen=CROWD))


class Chats:
    """Queues, each with a task for as long as something is in it."""

    def __init__(self, handle: Handle) -> None:
        """`handle` must not raise."""
        self._handle = handle
        self._chats: dict[int, _Chat] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()

    def add(self, heard: Heard) -> None:
        """Into the queue of its chat."""
        chat = self._chats.get(heard.chat_id)
        if chat is None:
            chat = self._chats[heard.chat_id] = _Chat()
            task = asyncio.create_task(self._work(heard.chat_id, chat))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        crowd = (
            len(chat.waiting) >= CROWD
            and len(chat.dates) == CROWD
            and 0 < heard.date < chat.dates[0] + CROWD_SECONDS
        )
        if heard.date and not crowd:
            chat.dates.append(heard.date)
        chat.waiting.append((heard, crowd))
        self._waiting += 1
        if self._waiting >= ENOUGH:
            self._room.clear()

    async def room(self) -> None:
        """Wait until there is room for more."""
        await self._room.wait()

    async def idle(self) -> None:
        """Wait until nothing is left to do."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def stop(self, within: float) -> None:
        """Let what has begun end; what has not stays kept, for the next process."""
        for chat in self._chats.values():
            while len(chat.waiting) > 1:
                chat.waiting.pop()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=within)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, chat_id: int, chat: _Chat) -> None:
        while chat.waiting:
            heard, crowd = chat.waiting[0]  # stays until done: `stop` leaves the first one alone
            async with self._turns:
                await self._handle(heard, crowd)
            chat.waiting.popleft()
            self._waiting -= 1
            if self._waiting < ENOUGH:
                self._room.set()
        del self._chats[chat_id]
