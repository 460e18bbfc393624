"""What an engine says of texts, over HTTP, as the product asks it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

REQUESTS = frozenset({"find_place", "human_handoff"})
FALLBACK = "nlu_fallback"
AT_ONCE = 2
NOTHING = ("none", 0.0)
Ranking = list[tuple[str, float]]


@dataclass(frozen=True)
class Answer:
    """Rankings as (label, confidence), the likeliest first; `party` the likeliest only."""

    services: Ranking
    matters: Ranking
    urgent: bool
    kind: str
    party: str

    def without_requests(self) -> Answer:
        """For texts whose annotators had no such labels (find_place, human_handoff)."""
        kept = [(name, confidence) for name, confidence in self.services if name not in REQUESTS]
        total = sum(confidence for _, confidence in kept) or 1.0
        services = [(name, confidence / total) for name, confidence in kept]
        return Answer(services or [NOTHING], self.matters, self.urgent, self.kind, self.party)


async def ask(url: str, texts: Sequence[str]) -> list[Answer]:
    """The answers in the texts' order."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:

        async def one(text: str) -> Answer:
            async with gate:
                answer = await client.post("/model/parse", json={"text": text})
                return read(answer.json())

        return await asyncio.gather(*(one(text) for text in texts))


async def times(url: str, texts: Sequence[str]) -> list[float]:
    """Milliseconds of each text, one at a time, through HTTP."""
    taken = []
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        for text in texts:
            begun = time.perf_counter()
            await client.post("/model/parse", json={"text": text})
            taken.append((time.perf_counter() - begun) * 1000)
    return taken


def read(parsed: dict[str, Any]) -> Answer:
    """An answer of the engine's, as it says it of a message."""
    urgency = parsed["urgency"]
    return Answer(
        _ranking(parsed["intent_ranking"]),
        _ranking(parsed["matters"]),
        bool(urgency["flag"]),
        str(urgency["kind"]),
        str(parsed["party"]["name"]),
    )


def _ranking(items: list[dict[str, Any]]) -> Ranking:
    kept = [(item["name"], item["confidence"]) for item in items if item["name"] != FALLBACK]
    return kept or [NOTHING]
