"""POST /assist beside POST /triage: what an operator gets while a caller talks, against its core.

By turns, the same sentence to both, so that a slow moment of the machine meets the two alike. The
sentences grow as somebody types them: the first part, then the whole.
"""

from __future__ import annotations

import time
from typing import Any

import httpx

from bench.answers.questions import to_measure
from bench.load import Measured
from tests.e2e.staff import Operator
from tests.stack import Stack

WARM = 10
EVERY = 4  # of the saved questions: two requests to each of two doors
PLACE = "，我在小榄"


def measure_assisting(stack: Stack) -> dict[str, Measured]:
    """`assist` and `triage`: seconds of each request; `failed` counts those without an answer."""
    sides = {"assist": Measured(), "triage": Measured()}
    texts = [
        text for one in to_measure()[::EVERY] for text in (one.text[: len(one.text) // 2], one.text)
    ]
    with stack.client() as client:
        operator = Operator.of(stack, client)
        for number, text in enumerate([*texts[:WARM], *texts]):
            body = {"text": text + PLACE, "city": "zhongshan"}
            for name, measured in sides.items():
                begun = time.perf_counter()
                answer = _ask(client, operator, name, body)
                if number >= WARM:
                    measured.times.append(time.perf_counter() - begun)
                    measured.failed += answer.status_code != httpx.codes.OK
    return sides


def _ask(
    client: httpx.Client, operator: Operator, name: str, body: dict[str, Any]
) -> httpx.Response:
    return client.post(f"/api/v1/{name}", json=body, headers=operator.headers)
