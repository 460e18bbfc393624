"""Messages a second at 16 residents through POST /chat, and the memory of each process.

    make bench

Every resident plays tests/scenarios/wage_arrears.yml again and again in a conversation of their
own. The client shares the machine's cores with the product, so a bare echo behind the same client
and server stack is measured in the same run: read the ratio, not the number.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.scenario import message_of, read_scenario
from tests.stack import free_port, memory_mb, start_stack, stop_stack

JOURNEY = "wage_arrears"
RESIDENTS = 16
ROUNDS = 6
Call = Callable[[httpx.AsyncClient, dict[str, Any], str], Awaitable[None]]


def main() -> int:
    """Prints a table; returns 1 when an answer was an error or an apology."""
    turns = read_scenario(JOURNEY)["turns"]
    limit = asyncio.run(_echo_limit(turns))
    with tempfile.TemporaryDirectory() as folder:
        stack = start_stack(Path(folder))
        try:
            asyncio.run(_measure(stack.url, turns, 1, _chat))  # warm
            seconds, times, failed = asyncio.run(_measure(stack.url, turns, ROUNDS, _chat))
            memory = memory_mb(stack.supervisor.pid)
        finally:
            stop_stack(stack)
    rate = len(times) / seconds
    print(f"residents {RESIDENTS}, messages {len(times)}, failed {failed}")
    print(f"echo limit      {limit:8.1f} messages/s")
    print(f"POST /chat      {rate:8.1f} messages/s   {rate / limit:5.1%} of the limit")
    print(f"latency         median {statistics.median(times) * 1000:.0f} ms, "
          f"p99 {statistics.quantiles(times, n=100)[98] * 1000:.0f} ms")  # fmt: skip
    for name, megabytes in memory.items():
        print(f"memory          {name:<10} {megabytes:6.0f} MB")
    print(json.dumps({"messages_per_second": round(rate, 1), "echo": round(limit, 1)}))
    return 1 if failed else 0


async def _measure(
    url: str, turns: list[dict[str, Any]], rounds: int, call: Call
) -> tuple[float, list[float], int]:
    times: list[float] = []
    failures = 0

    async def resident(client: httpx.AsyncClient) -> None:
        nonlocal failures
        for _ in range(rounds):
            opened = await client.post("/api/v1/chat/sessions", json={"city": "zhongshan"})
            session = opened.json().get("session", "")
            for turn in turns:
                begun = time.perf_counter()
                try:
                    await call(client, turn, session)
                except (httpx.HTTPError, ValueError):
                    failures += 1
                times.append(time.perf_counter() - begun)

    limits = httpx.Limits(max_connections=RESIDENTS)
    async with httpx.AsyncClient(
        base_url=url, timeout=30, limits=limits, trust_env=False
    ) as client:
        begun = time.perf_counter()
        await asyncio.gather(*(resident(client) for _ in range(RESIDENTS)))
        return time.perf_counter() - begun, times, failures


async def _chat(client: httpx.AsyncClient, turn: dict[str, Any], session: str) -> None:
    message = message_of(turn)
    answer = await client.post("/api/v1/chat", json={"session": session, "message": message})
    answer.raise_for_status()
    said = [item["text"] for item in answer.json()["messages"]]
    if not said or any("没能答上来" in text for text in said):
        raise ValueError("an apology")


async def _echo_limit(turns: list[dict[str, Any]]) -> float:
    """The same client against a server that only echoes: what this machine can do at most."""

    async def echo(request: Request) -> JSONResponse:
        await request.body()
        return JSONResponse({"session": "x", "messages": [{"text": "x"}]})

    app = Starlette(
        routes=[
            Route("/api/v1/chat/sessions", echo, methods=["POST"]),
            Route("/api/v1/chat", echo, methods=["POST"]),
        ]
    )
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    seconds, times, _ = await _measure(f"http://127.0.0.1:{port}", turns, ROUNDS, _chat)
    server.should_exit = True
    await serving
    return len(times) / seconds


if __name__ == "__main__":
    sys.exit(main())
