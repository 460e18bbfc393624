"""The product under attack: all of it as `make run` starts it, and its database to look into."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import httpx
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bot.tables import Inbox
from knowledge.database import connect
from tests.stack import (
    ROOT,
    Stack,
    free_port,
    staff_round_the_clock,
    start_stack,
    stop_stack,
)

# words in the command lines of the supervisor's processes
WORDS = {
    "engine": "engine.serve",
    "actions": "actions.server",
    "app": "app",
    "telegram": "telegram",
}
AGAIN_WITHIN = 90.0  # seconds until a killed process has come back; two busy cores
Result = TypeVar("Result")


class Broken(Exception):
    """A promise does not hold."""


class SecondApp:
    """One more app process over the same database, with an engine door of its own."""

    def __init__(self, home: Path, engine_port: int) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **os.environ,
            "WENFA_HOME": str(home),
            "WENFA_PORT": str(self.port),
            "WENFA_ENGINE_PORT": str(engine_port),
            "WENFA_ACTIONS_PORT": str(free_port()),
        }
        self._log = home / "log" / "second-app.log"

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "app"],
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class World:
    """A running stack; all waiting is bounded, and what takes too long is Broken."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.database: Engine = connect(f"sqlite:///{self.database_file}")

    @property
    def database_file(self) -> Path:
        return self.stack.home / "wenfa.sqlite3"

    def close(self) -> None:
        self.database.dispose()

    # ------------------------------------------------------------ processes

    def pid(self, name: str) -> int | None:
        """The process of this name (see WORDS); None while there is none."""
        supervisor = self.stack.supervisor.pid
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
        for child in map(int, children):
            try:
                command = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            except OSError:
                continue
            if WORDS[name] in command:
                return child
        return None

    def signal(self, name: str, number: signal.Signals) -> int:
        """Send a signal to a process; returns its id."""
        pid = self.pid(name)
        if pid is None:
            raise Broken(f"没有 {name} 进程")
        os.kill(pid, number)
        return pid

    async def kill(self, name: str) -> float:
        """kill -9, and wait until the supervisor has brought it back; seconds that it was away."""
        begun = time.monotonic()
        old = self.signal(name, signal.SIGKILL)
        await until(lambda: self.pid(name) not in (None, old), AGAIN_WITHIN, f"{name} 没有重新启动")
        if name == "app":
            await self.healthy(self.stack.url)
        await self.ready()
        return time.monotonic() - begun

    async def healthy(self, url: str) -> None:
        """Until an app answers."""
        await self._answers(f"{url}/health")

    async def ready(self) -> None:
        """Until everything a resident needs answers."""
        await self._answers(f"{self.stack.url}/ready")

    async def _answers(self, url: str) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=6) as client:
            until_ = time.monotonic() + AGAIN_WITHIN
            while time.monotonic() < until_:
                try:
                    if (await client.get(url)).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        raise Broken(f"{url} 没有恢复")

    def limit_files(self, name: str, size: int) -> None:
        """No file of this process can grow beyond `size` bytes (resource.RLIM_INFINITY: any)."""
        pid = self.pid(name)
        if pid is None:
            raise Broken(f"没有 {name} 进程")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    # ------------------------------------------------------------ the database

    async def look(self, work: Callable[[Session], Result]) -> Result:
        """Read something, off the event loop."""

        def read() -> Result:
            with Session(self.database) as session:
                return work(session)

        return await asyncio.to_thread(read)

    async def unanswered(self) -> set[int]:
        """Inbox rows that wait for an answer."""
        query = select(Inbox.id).where(Inbox.answered_at.is_(None))
        return await self.look(lambda session: set(session.scalars(query)))

    async def all_answered(self, rows: set[int] | None, within: float) -> float:
        """Wait until these rows (None: all that there are) are answered; seconds. Raises Broken."""
        begun = time.monotonic()
        query = select(func.count()).where(Inbox.answered_at.is_(None))
        if rows is not None:
            query = query.where(Inbox.id.in_(rows))
        while await self.look(lambda session: session.scalar(query)):
            if time.monotonic() - begun > within:
                raise Broken(f"{within:.0f} 秒后还有消息没有答复")
            await asyncio.sleep(0.1)
        return time.monotonic() - begun


async def until(condition: Callable[[], bool], within: float, otherwise: str) -> None:
    """Wait for a condition. Raises Broken."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise Broken(otherwise)
        await asyncio.sleep(0.05)


@asynccontextmanager
async def running_world(home: Path, **environment: str) -> AsyncIterator[World]:
    """Everything up and ready, and stopped at the end."""
    stack = await asyncio.to_thread(lambda: start_stack(home, **environment))
    await asyncio.to_thread(lambda: staff_round_the_clock(home, **environment))
    world = World(stack)
    try:
        yield world
    finally:
        world.close()
        await asyncio.to_thread(stop_stack, stack)
