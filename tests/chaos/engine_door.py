"""A door before the real engine that can be made to misbehave, for an app process of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

LATE_WORDS = "六十秒以后的回答，谁也不该看到"
LATE = 60.0
HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n"
Deed = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def message(text: Any, **more: Any) -> dict[str, Any]:
    """A payload in the envelope of our actions."""
    return {"custom": {"kind": "message", "text": text, "choices": [], "cards": []} | more}


# what no action of ours says, each inside a valid HTTP answer
NONSENSE: list[Any] = [
    [],
    {"error": "no list"},
    [None, 5, {"text": "没有 custom"}],
    [message(None)],
    [message(5)],
    [message("字", choices="不是列表")],
    [message("字", choices=[{"title": 1}])],
    [message("字", cards=[{"type": "nothing", "tone": []}])],
    [message("")],
    [{"custom": {"kind": "understood", "urgent": ["x"], "service": {"a": 1}, "region": 5}}],
    [{"custom": {"kind": "handoff"}}, message({"deep": ["er"]})],
    [{"custom": {"kind": ["list"]}}],
]


class EngineDoor:
    """Listens on loopback; passes everything on to the engine until it is told otherwise."""

    def __init__(self, engine_port: int) -> None:
        self._engine_port = engine_port
        self._deed: Deed = self._pass_on
        self._calls: set[asyncio.Task[None]] = set()
        self._nonsense = 0
        self.port = 0
        # a call that a misbehaving door has received
        self.called = asyncio.Event()

    async def __aenter__(self) -> EngineDoor:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        await self._hang_up()

    async def behave(self) -> None:
        """Pass everything on again."""
        await self._become(self._pass_on)

    async def answer_nonsense(self) -> None:
        """Valid HTTP, and inside it one after another of what no action of ours says."""
        await self._become(self._say_nonsense)

    async def answer_bytes(self) -> None:
        """No HTTP at all."""
        await self._become(self._say_bytes)

    async def hang_up(self) -> None:
        """Take the question and close."""
        await self._become(self._take_and_close)

    async def answer_late(self) -> None:
        """A fine answer, after a minute."""
        await self._become(self._say_late)

    async def hold(self) -> None:
        """Take questions and keep silent; `called` is set by the first."""
        await self._become(self._keep_silent)

    # ------------------------------------------------------------ deeds

    async def _become(self, deed: Deed) -> None:
        self._deed = deed
        self.called.clear()
        await self._hang_up()

    async def _hang_up(self) -> None:
        """Connections that are kept open would go on as before."""
        calls = tuple(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._calls.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._deed(reader, writer)
        except asyncio.CancelledError:
            pass  # hung up: the end of this connection, not of what asked for it
        finally:
            self._calls.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", self._engine_port)
        try:
            ways = [
                asyncio.create_task(_copy(reader, here)),
                asyncio.create_task(_copy(there, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            here.close()

    async def _say_nonsense(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while await _question(reader):
            self.called.set()
            body = json.dumps(NONSENSE[self._nonsense % len(NONSENSE)]).encode()
            self._nonsense += 1
            writer.write(HEAD.format(len(body)).encode() + body)
            await writer.drain()

    async def _say_bytes(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _question(reader)
        writer.write(b"\x00\xff\xfe no http at all\r\n\r\n")
        await writer.drain()

    async def _take_and_close(
        self, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        await _question(reader)

    async def _say_late(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _question(reader)
        await asyncio.sleep(LATE)
        body = json.dumps([message(LATE_WORDS)]).encode()
        writer.write(HEAD.format(len(body)).encode() + body)
        await writer.drain()

    async def _keep_silent(
        self, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        await _question(reader)
        self.called.set()
        await asyncio.Event().wait()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


async def _question(reader: asyncio.StreamReader) -> bytes:
    """One HTTP request with a length; empty when the other side has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            await reader.readexactly(int(value))
    return head
