"""Judging rows: several at once, handed on in their order, and patient with the engine."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.engine_client import LONGEST_TEXT, EngineAway, EngineClient, harmless
from bot.triage_file.cells import is_empty, writable
from bot.triage_file.reading import Row
from bot.triage_file.refusal import Refusal

# seconds between two tries: a supervised engine that has died is back within them
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
# an engine that is well and has failed so often on one text will do so again
TRIES = 3
Answer = dict[str, Any]
Triage = Callable[[str], Awaitable[Answer]]


@dataclass(frozen=True)
class Judged:
    """A row with the answer for it, or with the reason why there is none."""

    row: Row
    answer: Answer | None
    problem: str | None = None


@dataclass(frozen=True)
class Judge:
    """Triage of rows whose text is in one column, by one engine serving one model."""

    engine: EngineClient
    model: str
    triage: Triage
    column: int
    log: object = ""
    pauses: tuple[float, ...] = PAUSES

    async def judged(self, row: Row) -> Judged:
        """Raises Refusal when the engine stays away."""
        text, problem = self._text(row)
        if problem:
            return Judged(row, None, problem)
        answer = await self._answer(text)
        return Judged(row, answer, None if answer else "unanswered")

    def _text(self, row: Row) -> tuple[str, str | None]:
        """The words of a row, or why they cannot be judged."""
        if row.problem:
            return "", row.problem
        cell = row.cells[self.column]
        if is_empty(cell):
            return "", "empty"
        if not isinstance(cell, str):
            return "", "not_text"
        text = writable(cell).strip()
        if not harmless(text):
            return "", "empty"
        return text, "too_long" if len(text) > LONGEST_TEXT else None

    async def _answer(self, text: str) -> Answer | None:
        """None when an engine that is well has no answer to this one text."""
        failed = 0
        for pause in (*self.pauses, None):
            try:
                return await self.triage(text)
            except EngineAway:
                failed += await self._is_well()
            if failed >= TRIES:
                return None
            if pause is not None:
                await asyncio.sleep(pause)
        raise Refusal("engine_away", log=self.log)

    async def _is_well(self) -> bool:
        try:
            well, _ = await self.engine.check(self.model)
        except EngineAway:
            return False
        return well


async def in_order(
    rows: Iterable[Row],
    judge: Callable[[Row], Awaitable[Judged]],
    put: Callable[[Judged], None],
    at_once: int,
) -> None:
    """Judge up to `at_once` rows at a time and put each where it belongs, in the rows' order."""

    async def one(row: Row) -> Judged:
        return await judge(row)

    try:
        async with asyncio.TaskGroup() as group:
            under_way: deque[asyncio.Task[Judged]] = deque()
            for row in rows:
                if len(under_way) == at_once:
                    put(await under_way.popleft())
                under_way.append(group.create_task(one(row)))
            while under_way:
                put(await under_way.popleft())
    except ExceptionGroup as several:  # the group cancelled the rest: the first one is the reason
        raise several.exceptions[0] from None
