"""Transactions of conversations: off the event loop, one at a time where there is one writer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from prometheus_client import Counter
from sqlalchemy import Engine, exc
from sqlalchemy.orm import Session

FAILURES = Counter("wenfa_store_failures_total", "Transactions of conversations that failed")
POSTGRES_AT_ONCE = 8
READERS = 2
# seconds in the queue of a writer that does not get on: after that, others wait no longer
QUEUED_AT_MOST = 3.0
Result = TypeVar("Result")


class StoreAway(Exception):
    """The database could not be read or written: full, locked, or gone."""


class Store:
    """Runs a function inside a transaction of its own; commits, or leaves nothing behind.

    SQLite has one writer: a second thread would only wait for the first with its busy handler,
    which sleeps up to 100 ms at a time. One thread for it, some for PostgreSQL.
    """

    def __init__(self, database: Engine) -> None:
        # SQLite: take the write lock at once, not in the middle of a transaction that has read
        self._database = database.execution_options(immediate=True)
        self._reading = database
        # one writer, one machine: no other process serves the same channels
        self.alone = database.dialect.name == "sqlite"
        self._threads = ThreadPoolExecutor(1 if self.alone else POSTGRES_AT_ONCE, "store")
        self._readers = ThreadPoolExecutor(READERS, "look")

    async def run(self, work: Callable[[Session], Result]) -> Result:
        """The result of `work`. Raises StoreAway; whatever else `work` raises rolls back too."""
        loop = asyncio.get_running_loop()
        # a caller that gives up (a browser that left) must not undo what is being written
        return await asyncio.shield(
            loop.run_in_executor(self._threads, self._in_time, time.monotonic(), work)
        )

    def _in_time(self, asked: float, work: Callable[[Session], Result]) -> Result:
        """A database that is locked makes one wait, not each after the other."""
        if time.monotonic() - asked > QUEUED_AT_MOST:
            FAILURES.inc()
            raise StoreAway("the writer does not get on")
        return self.run_now(work)

    async def look(self, work: Callable[[Session], Result]) -> Result:
        """The result of a `work` that only reads: it waits for no writer. Raises StoreAway."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, _transaction, self._reading, work)

    def run_now(self, work: Callable[[Session], Result]) -> Result:
        """`run` on this thread, for commands and tests."""
        return _transaction(self._database, work)

    def close(self) -> None:
        """Finish what is being written."""
        self._threads.shutdown()
        self._readers.shutdown()


def _transaction(database: Engine, work: Callable[[Session], Result]) -> Result:
    try:
        with Session(database, expire_on_commit=False) as session, session.begin():
            return work(session)
    except (exc.DBAPIError, exc.TimeoutError) as error:
        FAILURES.inc()
        raise StoreAway(str(error).splitlines()[0]) from error
