"""POST /legal-aid/screening: every saved case, one after another, through the product's door."""

from __future__ import annotations

import time

import httpx

from bench.load import Measured
from knowledge.eligibility.cases import saved_cases

ROUNDS = 5
WARM = 20  # requests before the counting begins


async def measure_screening(url: str) -> Measured:
    """Seconds of each request; `failed` counts the answers that were none."""
    measured = Measured()
    bodies = [
        {"city": case.city, "facts": dict(case.facts), "day": case.day.isoformat()}
        for case in saved_cases()
    ]
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        for number, body in enumerate([*bodies[:WARM], *bodies * ROUNDS]):
            begun = time.perf_counter()
            answer = await client.post("/api/v1/legal-aid/screening", json=body)
            if number >= WARM:
                measured.times.append(time.perf_counter() - begun)
                measured.failed += answer.status_code != httpx.codes.OK
    return measured
