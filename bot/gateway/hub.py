"""Wake-ups: whoever waits for news of a conversation, of the tickets, or of an outbox.

Only that there is news travels here, never what it is: a listener reads the database. So nothing
is lost when a wake-up is, and listeners look again by themselves after a while.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

TICKETS = "tickets"
# what bot.tickets.live made of it: lines that changed, and places in the queue
BOARD = "board"
QUEUE = "queue"
WOKEN_AT_ONCE = 50
PAUSE = 0.02


def conversation(conversation_id: str) -> str:
    """The topic of one conversation."""
    return f"conversation:{conversation_id}"


def outbox(channel: str) -> str:
    """The topic of what a channel has to deliver."""
    return f"outbox:{channel}"


def typing(conversation_id: str, author: str) -> str:
    """The topic of somebody writing: `author` is resident or operator."""
    return f"typing:{author}:{conversation_id}"


class Listener:
    """Topics that have news since the last `wait`."""

    def __init__(self) -> None:
        self._news: set[str] = set()
        self._event = asyncio.Event()

    def wake(self, topic: str) -> None:
        """There is news of a topic."""
        self._news.add(topic)
        self._event.set()

    async def wait(self, seconds: float) -> set[str]:
        """The topics with news, at the latest after `seconds` (then perhaps none)."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return set()
        self._event.clear()
        news, self._news = self._news, set()
        return news


class Hub:
    """Topics and who listens to them, within one process."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = defaultdict(set)

    @contextmanager
    def listen(self, *topics: str) -> Iterator[Listener]:
        """A listener to these topics, until the block ends."""
        listener = Listener()
        for topic in topics:
            self._listeners[topic].add(listener)
        try:
            yield listener
        finally:
            for topic in topics:
                self._listeners[topic].discard(listener)
                if not self._listeners[topic]:
                    del self._listeners[topic]

    def follow(self, listener: Listener, topic: str) -> None:
        """One more topic for a listener."""
        self._listeners[topic].add(listener)

    def unfollow(self, listener: Listener, topic: str) -> None:
        """One topic less."""
        self._listeners[topic].discard(listener)
        if not self._listeners[topic]:
            del self._listeners[topic]

    async def wake_slowly(self, topic: str) -> None:
        """Tell everybody who listens to this topic, a few at a time: others come in between."""
        for number, listener in enumerate(tuple(self._listeners.get(topic, ()))):
            listener.wake(topic)
            if number % WOKEN_AT_ONCE == 0:
                await asyncio.sleep(PAUSE)

    def wake(self, *topics: str) -> None:
        """Tell everybody who listens to these topics."""
        for topic in topics:
            for listener in tuple(self._listeners.get(topic, ())):
                listener.wake(topic)
