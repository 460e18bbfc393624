"""The residents: the same client for every side, so that only the side differs."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from bench.machine import QUIET, Watch, wait_until_alone

RESIDENTS = 16
Turn = dict[str, Any]


class NoAnswer(Exception):
    """The side answered nothing, or apologised."""


class Side(Protocol):
    """Something that can be talked to."""

    @property
    def url(self) -> str:
        """Its address on loopback."""

    async def begin(self, client: httpx.AsyncClient) -> str:
        """A new conversation; returns what names it."""

    async def say(self, client: httpx.AsyncClient, conversation: str, turn: Turn) -> None:
        """One message and its answer. Raises NoAnswer or httpx.HTTPError."""


@dataclass
class Measured:
    """Messages a second of each round, seconds of each message, how many had no answer.

    `others` is what other processes took of the machine in each round, 0 to 1; `discarded` the
    rounds thrown away for it, as (messages a second, others, how many had no answer).
    """

    rates: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    failed: int = 0
    others: list[float | None] = field(default_factory=list)
    discarded: list[tuple[float, float, int]] = field(default_factory=list)

    def add(self, one_round: Measured, others: float | None) -> None:
        """One more round."""
        self.rates += one_round.rates
        self.times += one_round.times
        self.failed += one_round.failed
        self.others.append(others)

    @property
    def rate(self) -> float:
        """The median round, in messages a second."""
        return statistics.median(self.rates)

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many percent of the messages were answered."""
        return statistics.quantiles(self.times, n=100)[percent - 1] * 1000


async def play(side: Side, turns: list[Turn], residents: int = RESIDENTS) -> Measured:
    """One round: every resident plays the turns once, all at once, each in their own conversation.

    Opening the conversation is in the time.
    """
    measured = Measured()

    async def resident(client: httpx.AsyncClient) -> None:
        conversation = await side.begin(client)
        for turn in turns:
            begun = time.perf_counter()
            try:
                await side.say(client, conversation, turn)
            except (httpx.HTTPError, NoAnswer):
                measured.failed += 1
            measured.times.append(time.perf_counter() - begun)

    limits = httpx.Limits(max_connections=residents, max_keepalive_connections=residents)
    async with httpx.AsyncClient(
        base_url=side.url, timeout=60, limits=limits, trust_env=False
    ) as client:
        begun = time.perf_counter()
        await asyncio.gather(*(resident(client) for _ in range(residents)))
        measured.rates.append(len(measured.times) / (time.perf_counter() - begun))
    return measured


async def measure(
    parts: Mapping[str, tuple[Side, list[Turn]]],
    rounds: int,
    residents: int = RESIDENTS,
    patience: float = 0.0,
) -> dict[str, Measured]:
    """The parts by turns, round after round, so that a slow minute of the machine meets them all.

    The first round of each warms up and is thrown away. A round during which something else was
    running is played again, as long as `patience` (seconds, for all of them) lasts.
    """
    results = {name: Measured() for name in parts}
    deadline = time.monotonic() + patience
    for number in range(rounds + 1):
        for name, (side, turns) in parts.items():
            while True:
                watch = Watch()
                played = await play(side, turns, residents)
                others = watch.others()
                left = deadline - time.monotonic()
                if not number or others is None or others <= QUIET or left <= 0:
                    break
                results[name].discarded.append((played.rate, others, played.failed))
                wait_until_alone(left)
            if number:
                results[name].add(played, others)
    return results
