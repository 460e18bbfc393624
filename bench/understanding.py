"""How well it understands: figures on the evaluation's development half, with 95 % intervals.

    WENFA_EVAL_DIR=… make eval

Reads dev.jsonl ({text, service, matter, urgent}) and oos_dev.jsonl ({text}); never trained on. The
texts have no place or hand-over requests, so find_place and human_handoff are dropped from the
ranking. Without WENFA_EVAL_DIR it says so in one line and ends.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from tests.stack import start_stack, stop_stack

REQUESTS = {"find_place", "human_handoff"}
AT_ONCE = 2


def main() -> int:
    """Prints the table; returns 0."""
    folder = os.environ.get("WENFA_EVAL_DIR")
    if not folder or not (Path(folder) / "dev.jsonl").exists():
        print("跳过：没有设置 WENFA_EVAL_DIR，理解程度没有测量。")
        return 0
    dev = _read(Path(folder) / "dev.jsonl")
    oos = _read(Path(folder) / "oos_dev.jsonl")
    with tempfile.TemporaryDirectory() as home:
        stack = start_stack(Path(home))
        try:
            engine = f"http://127.0.0.1:{stack.engine_port}"
            parsed = asyncio.run(_parse(engine, [item["text"] for item in dev]))
            strange = asyncio.run(_parse(engine, [item["text"] for item in oos]))
            times = asyncio.run(_times(engine, [item["text"] for item in dev[:100]]))
        finally:
            stop_stack(stack)
    services = [_ranking(item["intent_ranking"]) for item in parsed]
    matters = [_ranking(item["matters"]) for item in parsed]
    gold_services = [item["service"] for item in dev]
    gold_matters = [item["matter"] for item in dev]
    flags = [item["urgency"]["flag"] for item in parsed]
    urgent = [bool(item["urgent"]) for item in dev]
    accepted = [_ranking(item["intent_ranking"])[0] != "out_of_scope" for item in strange]
    refused = [
        ranking[0] == "out_of_scope"
        for ranking, gold in zip(services, gold_services, strict=True)
        if gold != "out_of_scope"
    ]
    desks = [index for index, gold in enumerate(gold_services) if gold != "legal_consultation"]
    _line("service top-1", _hits(services, gold_services, 1))
    _line("service hits@2", _hits(services, gold_services, 2))
    _line(
        "service recall, other desks",
        [services[index][0] == gold_services[index] for index in desks],
    )
    _line("matter top-1", _hits(matters, gold_matters, 1))
    _line("matter hits@2", _hits(matters, gold_matters, 2))
    _line("urgency recall", [flag for flag, gold in zip(flags, urgent, strict=True) if gold])
    _line("urgency precision", [gold for flag, gold in zip(flags, urgent, strict=True) if flag])
    _line("out of scope wrongly accepted", accepted)
    _line("legal question wrongly refused", refused)
    print(
        f"{'parse, one at a time':<32}median {statistics.median(times):.1f} ms, "
        f"p99 {statistics.quantiles(times, n=100)[98]:.1f} ms"
    )
    return 0


def _read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def _parse(url: str, texts: list[str]) -> list[dict[str, Any]]:
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:

        async def one(text: str) -> dict[str, Any]:
            async with gate:
                answer = await client.post("/model/parse", json={"text": text})
                parsed: dict[str, Any] = answer.json()
                return parsed

        return await asyncio.gather(*(one(text) for text in texts))


async def _times(url: str, texts: list[str]) -> list[float]:
    times = []
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        for text in texts:
            begun = time.perf_counter()
            await client.post("/model/parse", json={"text": text})
            times.append((time.perf_counter() - begun) * 1000)
    return times


def _ranking(items: list[dict[str, Any]]) -> list[str]:
    dropped = REQUESTS | {"nlu_fallback"}
    return [item["name"] for item in items if item["name"] not in dropped] or ["none"]


def _hits(rankings: list[list[str]], gold: list[str], at: int) -> list[bool]:
    return [label in ranking[:at] for ranking, label in zip(rankings, gold, strict=True)]


def _line(name: str, hits: list[bool]) -> None:
    n = len(hits)
    low, high = wilson(sum(hits), n)
    share = sum(hits) / n if n else math.nan
    print(f"{name:<32}{share:.3f}   [{low:.3f}, {high:.3f}]   n={n}")


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share; (0, 1) when nothing was counted."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


if __name__ == "__main__":
    sys.exit(main())
