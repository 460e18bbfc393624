"""A full queue: twenty operators and two thousand residents who wait, all connected at once.

    python -m bench.queue [--residents 2000] [--operators 20] [--rounds 5] [--thinking 1]

Every resident asks for a person and keeps their page's events open; every operator keeps a
console's events open. Then operators take tickets, answer, and close, while residents write. An
operator does something about once a second, which is more than people can; with `--thinking 0` all
of them do everything at the same instant. What is measured: from sending a deed until a console has
the changed line, over all consoles. What is proved on the way: every word arrives once, in order,
with whom it was meant for, and nowhere else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.orm import Session

from bench.report import words
from bot.accounts import store
from bot.accounts.audit import Actor
from bot.accounts.roles import Role
from bot.gateway.inbound import PERSON
from knowledge.database import connect
from tests.stack import Stack, start_stack, stop_stack

CITY = "zhongshan"
AT_ONCE = 24
REPLIES = 3
SETTLED_WITHIN = 60.0
OPEN_FILES = 16_384


@dataclass
class Seen:
    """What one console or page was told: when each line came to a state, and every word."""

    states: dict[tuple[str, str], float] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    news: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Result:
    """Seconds from each deed to each console; what was lost, doubled, or came to the wrong one."""

    waiting: int = 0
    consoles: int = 0
    times: list[float] = field(default_factory=list)
    words: int = 0
    lost: int = 0
    doubled: int = 0
    astray: int = 0

    def milliseconds(self, percent: int) -> float:
        return statistics.quantiles(self.times, n=100)[percent - 1] * 1000


async def measure(
    stack: Stack, tokens: list[str], residents: int, rounds: int, thinking: float
) -> Result:
    """Fill the queue, then work on it; `thinking` are seconds before each deed of an operator."""
    # the server closes what was idle for five seconds: no request is to meet that half way
    limits = httpx.Limits(max_connections=AT_ONCE + 8, keepalive_expiry=2)
    async with (
        httpx.AsyncClient(base_url=stack.url, timeout=60, limits=limits, trust_env=False) as client,
        asyncio.TaskGroup() as streams,
    ):
        consoles = [Seen() for _ in tokens]
        listening = [
            streams.create_task(_console(stack, token, seen))
            for token, seen in zip(tokens, consoles, strict=True)
        ]
        await asyncio.gather(
            *(_until(seen, lambda s: ("", "open") in s.states) for seen in consoles)
        )
        result = Result(consoles=len(consoles))
        turns = asyncio.Semaphore(AT_ONCE)
        pages: dict[str, Page] = {}

        async def arrive() -> None:
            async with turns:
                page = await Page.arrives(client)
                asked = time.perf_counter()
                await page.send(client, choice=PERSON)
            pages[page.number] = page
            listening.append(streams.create_task(_page(stack, page)))
            page.asked = asked

        await asyncio.gather(*(arrive() for _ in range(residents)))
        result.waiting = len(pages)
        for seen in consoles:
            await _until(seen, lambda s: all((n, "waiting") in s.states for n in pages))
        await asyncio.gather(
            *(_until(page.seen, lambda s: ("", "open") in s.states) for page in pages.values())
        )
        numbers = list(pages)
        for round_ in range(rounds):
            mine = numbers[round_ * len(tokens) : (round_ + 1) * len(tokens)]
            await asyncio.gather(
                *(
                    _conversation(client, token, pages[number], consoles, result, thinking)
                    for token, number in zip(tokens, mine, strict=False)
                )
            )
        _judge(result, consoles, pages, tokens, rounds)
        for task in listening:
            task.cancel()
    return result


async def _conversation(
    client: httpx.AsyncClient,
    token: str,
    page: Page,
    consoles: list[Seen],
    result: Result,
    thinking: float,
) -> None:
    """Take, talk, close; every console is to see both changes."""
    number, headers = page.number, {"Authorization": f"Bearer {token}"}
    chance = random.Random(number)

    async def think() -> None:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * thinking)

    async def deed(name: str, state: str, **body: Any) -> None:
        asked = time.perf_counter()
        answer = await client.post(f"/api/v1/tickets/{number}/{name}", json=body, headers=headers)
        answer.raise_for_status()
        for seen in consoles:
            await _until(seen, lambda s: (number, state) in s.states)
            result.times.append(seen.states[number, state] - asked)

    await think()
    await deed("claim", "taken")
    for n in range(REPLIES):
        await think()
        await asyncio.gather(
            client.post(
                f"/api/v1/tickets/{number}/reply",
                json={"id": f"r{n}", "text": f"{number} 答 {n}"},
                headers=headers,
            ),
            page.send(client, text=f"{number} 问 {n}"),
        )
        result.words += 2
    wanted = [f"{number} 答 {n}" for n in range(REPLIES)]
    await _until(page.seen, lambda s: s.words["operator"] == wanted, raising=False)
    await think()
    await deed("close", "gone", outcome="answered")


def _judge(
    result: Result, consoles: list[Seen], pages: dict[str, Page], tokens: list[str], rounds: int
) -> None:
    """Every word once, in order, where it belongs."""
    numbers = list(pages)[: rounds * len(tokens)]
    for place, number in enumerate(numbers):
        owner = place % len(tokens)
        answers = [f"{number} 答 {n}" for n in range(REPLIES)]
        asked = [f"{number} 问 {n}" for n in range(REPLIES)]
        for wanted, got in (
            (answers, pages[number].seen.words["operator"]),
            (asked, consoles[owner].words[number + " resident"]),
        ):
            result.lost += len(set(wanted) - set(got))
            result.doubled += len(got) - len(set(got))
            result.astray += len(set(got) - set(wanted)) + (sorted(got) != got)
        for other, seen in enumerate(consoles):
            if other != owner:
                result.astray += len(seen.words[number + " resident"])
    for number, page in pages.items():
        if number not in numbers:
            result.astray += len(page.seen.words["operator"])


# ---------------------------------------------------------------- the two sides


@dataclass
class Page:
    """A resident's page."""

    session: str
    seen: Seen = field(default_factory=Seen)
    number: str = ""
    count: int = 0
    asked: float = 0.0

    @classmethod
    async def arrives(cls, client: httpx.AsyncClient) -> Page:
        answer = await client.post("/api/v1/chat/sessions", json={"city": CITY})
        answer.raise_for_status()
        client.cookies.clear()
        return cls(answer.json()["session"])

    async def send(self, client: httpx.AsyncClient, **message: str) -> None:
        self.count += 1
        body = {"session": self.session, "message": {"id": f"n{self.count}", **message}}
        answer = await client.post("/api/v1/chat", json=body)
        answer.raise_for_status()
        ticket = answer.json()["ticket"]
        self.number = self.number or ticket["number"]


async def _page(stack: Stack, page: Page) -> None:
    async for event, data in _events(stack, f"/api/v1/chat/events?session={page.session}", ""):
        page.seen.states[("", "open")] = time.perf_counter()
        if event == "message" and data["author"] == "operator":
            page.seen.words["operator"].append(data["text"])
        page.seen.news.set()


async def _console(stack: Stack, token: str, seen: Seen) -> None:
    known: dict[str, str] = {}
    async for event, data in _events(stack, "/api/v1/tickets/events", token):
        now = time.perf_counter()
        if event == "tickets":
            seen.states[("", "open")] = now
            lines, gone = data["tickets"], []
        elif event == "changes":
            lines, gone = data["lines"], data["gone"]
        else:
            if event == "message":
                said = data["message"]
                seen.words[f"{data['number']} {said['author']}"].append(said["text"])
            seen.news.set()
            continue
        for line in lines:
            if known.get(line["number"]) != line["state"]:
                known[line["number"]] = line["state"]
                seen.states[line["number"], line["state"]] = now
        for number in gone:
            seen.states[number, "gone"] = now
        seen.news.set()


async def _events(stack: Stack, path: str, token: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Server-sent events over a bare connection: two thousand clients must not be the load."""
    host, port = stack.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**24)
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n{bearer}\r\n".encode())
    status = await reader.readline()
    if b" 200 " not in status:
        raise ConnectionError(f"{path}: {status!r}")
    event = ""
    try:
        while line := await reader.readline():
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                yield event, json.loads(value)
    finally:
        writer.close()


async def _until(seen: Seen, true: Any, *, raising: bool = True) -> None:
    """Until what was seen is as wanted."""
    try:
        async with asyncio.timeout(SETTLED_WITHIN):
            while not true(seen):
                seen.news.clear()
                await seen.news.wait()
    except TimeoutError:
        if raising:
            raise


def hire(database: str, operators: int) -> list[str]:
    """Accounts with bearer tokens; returns the tokens."""
    engine = connect(database)
    by = Actor(None, "bench")
    tokens = []
    with Session(engine.execution_options(immediate=True)) as session, session.begin():
        for number in range(operators):
            account = store.add(
                session, by, f"bench{number}", "!", {Role.OPERATOR}, name=f"测{number}"
            )
            session.flush()
            tokens.append(store.add_token(session, by, account, "", 1)[1])
    engine.dispose()
    return tokens


def main(argv: list[str]) -> int:
    """Prints one line; 1 when a word was lost, doubled or went astray."""
    parser = argparse.ArgumentParser(prog="python -m bench.queue", description=__doc__)
    parser.add_argument("--residents", type=int, default=2000)
    parser.add_argument("--operators", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5, help="tickets that each operator works on")
    parser.add_argument("--thinking", type=float, default=1.0, help="seconds before each deed")
    asked = parser.parse_args(argv)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))
    with tempfile.TemporaryDirectory() as folder:
        stack = start_stack(Path(folder), WENFA_WAIT_AT_MOST="3600")
        try:
            tokens = hire(f"sqlite:///{Path(folder) / 'wenfa.sqlite3'}", asked.operators)
            result = asyncio.run(
                measure(stack, tokens, asked.residents, asked.rounds, asked.thinking)
            )
        finally:
            stop_stack(stack)
    print(
        words()["queue"].format(
            waiting=result.waiting, consoles=result.consoles, n=len(result.times),
            p50=result.milliseconds(50), p99=result.milliseconds(99), most=max(result.times) * 1000,
            words=result.words, lost=result.lost, doubled=result.doubled, astray=result.astray,
        )
    )  # fmt: skip
    return 1 if result.lost or result.doubled or result.astray else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
