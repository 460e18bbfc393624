"""Which answer fits: how long it takes, among ours and among 100,000.

The 100,000 are made up: each takes the ways of asking and the answer of some of ours, mixed,
and lies in the same matters, so that many of them resemble each question.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import httpx
import numpy as np

from bench.answers.__main__ import shipped_index
from bench.answers.questions import to_measure
from bench.load import Measured
from knowledge.faq.items import Item
from knowledge.faq.search import FaqIndex, Prior
from knowledge.faq.vectors import SIZE, Matrix, encode

MANY = 100_000
SEED = 20261127
ROUNDS = 1


async def measure_asked(url: str) -> Measured:
    """GET /faq/search: every saved question, one after another, through the product's door."""
    measured = Measured()
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        for number in range(ROUNDS + 1):
            for question in to_measure():
                begun = time.perf_counter()
                answer = await client.get("/api/v1/faq/search", params={"q": question.text})
                if number:
                    measured.times.append(time.perf_counter() - begun)
                    measured.failed += answer.status_code != httpx.codes.OK
    return measured


def measure_many() -> dict[str, Measured]:
    """The same questions without HTTP and triage: among ours, and among MANY."""
    ours = shipped_index()
    questions = [question.text for question in to_measure()]
    return {
        "answers_here": measure_search(ours, questions),
        "answers_many": measure_search(many(ours.items, MANY), questions),
    }


def measure_search(index: FaqIndex, questions: Sequence[str], rounds: int = ROUNDS) -> Measured:
    """Seconds of each question, its encoding included; a first round is not counted."""
    measured = Measured()
    for number in range(rounds + 1):
        for question in questions:
            begun = time.perf_counter()
            index.search(question, Prior())
            if number:
                measured.times.append(time.perf_counter() - begun)
    return measured


def many(items: Sequence[Item], count: int) -> FaqIndex:
    """An index of so many made-up items; their vectors are mixtures of real ones, not encoded."""
    chance, mixed = random.Random(SEED), np.random.default_rng(SEED)
    real = encode([item.title for item in items])

    def mixtures(texts: Sequence[str]) -> Matrix:
        found = real[mixed.integers(0, len(real), len(texts))]
        found += mixed.standard_normal((len(texts), SIZE)).astype(np.float32) * 0.02
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)

    return FaqIndex(_made(items, count, chance), mixtures, encode)


def _made(items: Sequence[Item], count: int, chance: random.Random) -> Iterator[Item]:
    for number in range(count):
        one, other = chance.choice(items), chance.choice(items)
        ask = (chance.choice(one.ask), chance.choice(other.ask))
        yield replace(one, id=f"{one.about}.made{number}", ask=ask)
