"""The engine over HTTP: what may reach it, and what counts as an answer."""

from __future__ import annotations

import asyncio
import json
import time
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from bot.engine_client import FAILURES, EngineAway, EngineClient, harmless

PARSED = {
    "intent_ranking": [{"name": "legal_aid", "confidence": 0.9}],
    "matters": [],
    "urgency": {"kind": "none", "flag": False, "confidence": 0.9, "evidence": []},
    "party": {"name": "self", "confidence": 0.9},
    "troubles": [],
}
ONE = [{"recipient_id": "x", "custom": {"kind": "message", "text": "您好"}}]


@dataclass
class Server:
    """A real HTTP server on this machine that answers every request with the same bytes."""

    port: int = 0
    status: int = 200
    body: bytes = b"{}"
    # never: takes the request and stays silent; drip: a byte now and then, never the last one
    manner: str = "answer"
    requests: list[tuple[str, Any]] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._one(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append((lines[0].rsplit(" ", 1)[0], json.loads(body) if body else None))
        if self.manner == "never":
            await self.stop.wait()
            return
        length = len(self.body) if self.manner == "answer" else 10_000
        start = f"HTTP/1.1 {self.status} x\r\ncontent-length: {length}\r\n\r\n"
        writer.write(start.encode() + (self.body if self.manner == "answer" else b" "))
        await writer.drain()
        while self.manner == "drip" and not self.stop.is_set():
            writer.write(b" ")
            await writer.drain()
            try:
                await asyncio.wait_for(self.stop.wait(), 0.05)
            except TimeoutError:
                continue


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    running = Server()
    listener = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.port = listener.sockets[0].getsockname()[1]
    yield running
    running.stop.set()
    listener.close()


@pytest_asyncio.fixture
async def client(server: Server) -> AsyncIterator[EngineClient]:
    talking = EngineClient(f"http://127.0.0.1:{server.port}", timeout=0.3)
    yield talking
    await talking.close()


def failures(call: str) -> float:
    value: float = FAILURES.labels(call)._value.get()
    return value


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("/restart", "／restart"),
        (' /inform{"region_id":"442000118"}', '／inform{"region_id":"442000118"}'),
        ("\x00/restart", "／restart"),
        ("\x0b\x1f \u2028/restart", "／restart"),
        ("\ufeff/restart", "／restart"),
        ("　/restart", "／restart"),
        ("//restart", "／/restart"),
        ("／restart", "／restart"),
        ("我被打了/他还威胁我", "我被打了/他还威胁我"),
        ("老板\x00拖欠\x07工资", "老板拖欠工资"),
        ("第一行\n第二行\t完", "第一行\n第二行\t完"),
        ("\x00\x00", ""),
        ("   ", ""),
    ],
)
def test_words_cannot_drive_the_engine(typed: str, sent: str) -> None:
    assert harmless(typed) == sent


@given(st.text() | st.from_regex(r"[\x00-\x20\u2028\ufeff　]*/[a-z_]+(\{.*\})?"))
def test_nothing_typed_starts_a_command_and_no_letter_is_lost(typed: str) -> None:
    sent = harmless(typed)
    assert not sent.startswith("/")
    assert not sent.strip().startswith("/")
    assert not sent.lstrip("\x00\ufeff\u2028 ").startswith("/")

    def letters(text: str) -> str:
        return "".join(sign for sign in text if unicodedata.category(sign)[0] in "LN")

    assert letters(sent) == letters(typed)
    assert harmless(sent) == sent


async def test_a_text_is_parsed_after_it_was_made_harmless(
    server: Server, client: EngineClient
) -> None:
    server.body = json.dumps(PARSED).encode()
    assert await client.parse("/restart") == PARSED
    assert server.requests == [("POST /model/parse", {"text": "／restart"})]


async def test_a_conversation_gets_the_custom_payloads_only(
    server: Server, client: EngineClient
) -> None:
    server.body = json.dumps([{"recipient_id": "x", "text": "stray"}, *ONE, 7, None]).encode()
    assert await client.converse("a", "您好", {"city": "zhongshan"}) == [ONE[0]["custom"]]
    assert server.requests[0] == (
        "POST /webhooks/rest/webhook",
        {"sender": "a", "message": "您好", "metadata": {"city": "zhongshan"}},
    )


async def test_the_served_model_is_named(server: Server, client: EngineClient) -> None:
    server.body = b'{"model_file": "wenfa-1.tar.gz", "model_id": "x"}'
    assert await client.model() == "wenfa-1.tar.gz"


NOT_ANSWERS = [
    b"",
    b"not json",
    b"<html>",
    b"\xff\xfe",
    b"[]",
    b"{}",
    b"null",
    b"5",
    b"true",
    b'"text"',
    b"[[]]",
    b'[{"text": "x"}]',
    b'[{"custom": "x"}]',
]


@pytest.mark.parametrize("body", NOT_ANSWERS)
@pytest.mark.parametrize("call", ["parse", "converse"])
async def test_no_usable_answer_is_an_absent_engine(
    server: Server, client: EngineClient, body: bytes, call: str
) -> None:
    server.body = body
    before = failures(call)
    with pytest.raises(EngineAway):
        await (client.parse("x") if call == "parse" else client.converse("a", "x", {}))
    assert failures(call) == before + 1


@pytest.mark.parametrize("status", [400, 404, 409, 500, 503])
async def test_an_error_status_is_an_absent_engine(
    server: Server, client: EngineClient, status: int
) -> None:
    server.status, server.body = status, json.dumps(PARSED).encode()
    before = failures("parse"), failures("converse"), failures("status")
    with pytest.raises(EngineAway):
        await client.parse("x")
    with pytest.raises(EngineAway):
        await client.converse("a", "x", {})
    with pytest.raises(EngineAway):
        await client.model()
    assert (failures("parse"), failures("converse"), failures("status")) == tuple(
        count + 1 for count in before
    )


@pytest.mark.parametrize("manner", ["never", "drip"])
async def test_a_slow_engine_is_an_absent_one_within_the_time(
    server: Server, client: EngineClient, manner: str
) -> None:
    """The time counts for the whole call: an engine that drips bytes is slow as well."""
    server.manner = manner
    before = failures("converse")
    begun = time.monotonic()
    with pytest.raises(EngineAway):
        await client.converse("a", "x", {})
    assert time.monotonic() - begun < 1
    assert failures("converse") == before + 1


async def test_nobody_listening_is_an_absent_engine() -> None:
    talking = EngineClient("http://127.0.0.1:9", timeout=0.3)
    with pytest.raises(EngineAway):
        await talking.model()
    await talking.close()


async def test_a_proxy_variable_does_not_lead_calls_away(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.body = json.dumps(PARSED).encode()
    talking = EngineClient(f"http://127.0.0.1:{server.port}", timeout=0.3)
    assert await talking.parse("x") == PARSED
    await talking.close()
