"""Our side: the whole product, through its door and, beside it, straight to its engine."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx

from bench.assisting import measure_assisting
from bench.finding import measure_asked, measure_many
from bench.load import Measured, Side, Turn, measure
from bench.places import measure_country, measure_door
from bench.screening import measure_screening
from bench.sides import Door, Rest
from tests.stack import memory_mb, start_stack, stop_stack

CONVERSED = re.compile(r'^wenfa_engine_seconds_count\{call="converse"\} ([0-9.e+]+)$', re.M)


def measure_ours(
    home: Path, city: str, turns: list[Turn], rounds: int, residents: int, patience: float
) -> tuple[dict[str, Measured], dict[str, float], int]:
    """Each side by its name; memory in MB; how many turns are "same".

    The gateway answers some turns itself (thanks, "不是这个意思"). What it costs is therefore
    measured with the other turns, those that reach the engine either way.
    """
    stack = start_stack(home)
    try:
        door = Door(stack.url, city)
        straight = Rest(f"http://127.0.0.1:{stack.engine_port}", city)
        same = asyncio.run(_turns_for_the_engine(door, turns))
        parts: dict[str, tuple[Side, list[Turn]]] = {
            "ours": (door, turns),
            "engine": (straight, turns),
            "ours_same": (door, same),
            "engine_same": (straight, same),
        }
        results = asyncio.run(measure(parts, rounds, residents, patience))
        memory = memory_mb(stack.supervisor.pid)
        results["screening"] = asyncio.run(measure_screening(stack.url))
        results["places"] = asyncio.run(measure_door(stack.url))
        results["answers"] = asyncio.run(measure_asked(stack.url))
        results |= measure_assisting(stack)
        results |= measure_country(f"sqlite:///{home / 'wenfa.sqlite3'}")
        return results | measure_many(), memory, len(same)
    finally:
        stop_stack(stack)


async def _turns_for_the_engine(door: Door, turns: list[Turn]) -> list[Turn]:
    """Those for which the gateway asked the engine, by the product's own count."""
    asked = []
    async with httpx.AsyncClient(base_url=door.url, timeout=60, trust_env=False) as client:
        conversation = await door.begin(client)
        before = await _conversed(client)
        for turn in turns:
            await door.say(client, conversation, turn)
            now = await _conversed(client)
            if now > before:
                asked.append(turn)
            before = now
    return asked


async def _conversed(client: httpx.AsyncClient) -> float:
    found = CONVERSED.search((await client.get("/metrics")).text)
    return float(found.group(1)) if found else 0.0
