"""Rows keep their order, what cannot be judged is said, and a restarting engine is waited for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine_client import LONGEST_TEXT, EngineAway
from bot.triage_file.cells import ABSENT
from bot.triage_file.judging import Judge, Judged, in_order
from bot.triage_file.reading import Row
from bot.triage_file.refusal import Refusal
from tests.bot.conftest import FakeEngine


@dataclass
class Script:
    """Fails as often as it is told, then answers."""

    failures: int = 0
    asked: list[str] = field(default_factory=list)

    async def __call__(self, text: str) -> dict[str, Any]:
        self.asked.append(text)
        if self.failures:
            self.failures -= 1
            raise EngineAway("scripted")
        return {"text": text}


def judge(engine: FakeEngine, script: Script, pauses: tuple[float, ...] = (0.0,) * 7) -> Judge:
    return Judge(engine, "wenfa-test", script, 1, "x.log", pauses)


def row(text: object) -> Row:
    return Row(2, ("1", text))


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (None, "empty"),
        (ABSENT, "empty"),
        ("", "empty"),
        (" \n\t\u3000", "empty"),
        ("\ufeff", "empty"),
        (5, "not_text"),
        (True, "not_text"),
        (["老板欠薪"], "not_text"),
        ("长" * (LONGEST_TEXT + 1), "too_long"),
    ],
)
async def test_what_cannot_be_judged_is_not_asked(
    fake_engine: FakeEngine, cell: object, problem: str
) -> None:
    script = Script()
    judged = await judge(fake_engine, script).judged(row(cell))
    assert judged == Judged(row(cell), None, problem)
    assert script.asked == []


async def test_a_line_that_could_not_be_read_keeps_its_problem(fake_engine: FakeEngine) -> None:
    broken = Row(3, (ABSENT, ABSENT), "not_json", "{")
    judged = await judge(fake_engine, Script()).judged(broken)
    assert judged.problem == "not_json"


async def test_the_longest_text_is_judged_without_the_space_around_it(
    fake_engine: FakeEngine,
) -> None:
    script = Script()
    await judge(fake_engine, script).judged(row(f" {'长' * LONGEST_TEXT}\n"))
    assert script.asked == ["长" * LONGEST_TEXT]


async def test_half_a_character_cannot_break_a_call(fake_engine: FakeEngine) -> None:
    script = Script()
    await judge(fake_engine, script).judged(row("欠薪\ud800"))
    script.asked[0].encode()


async def test_a_restarting_engine_is_waited_for(fake_engine: FakeEngine) -> None:
    script = Script(failures=6)
    fake_engine.away = True
    judged = await judge(fake_engine, script).judged(row("欠薪"))
    assert judged.answer == {"text": "欠薪"}
    assert len(script.asked) == 7


async def test_an_engine_that_stays_away_ends_it(fake_engine: FakeEngine) -> None:
    fake_engine.away = True
    with pytest.raises(Refusal, match=r"x\.log"):
        await judge(fake_engine, Script(failures=99)).judged(row("欠薪"))


async def test_an_engine_with_another_model_now_ends_it(fake_engine: FakeEngine) -> None:
    fake_engine.served = "wenfa-other.tar.gz"
    with pytest.raises(Refusal) as raised:
        await judge(fake_engine, Script(failures=99)).judged(row("欠薪"))
    assert raised.value.key == "engine_away"


async def test_one_text_that_the_engine_cannot_bear_is_one_row(fake_engine: FakeEngine) -> None:
    script = Script(failures=99)
    judged = await judge(fake_engine, script).judged(row("欠薪"))
    assert judged.problem == "unanswered"
    assert len(script.asked) == 3


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 6))
async def test_order_is_kept_and_no_more_at_once_than_allowed(
    steps: list[int], at_once: int
) -> None:
    running = most = 0

    async def slow(row: Row) -> Judged:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(steps[row.line]):
            await asyncio.sleep(0)
        running -= 1
        return Judged(row, {})

    done: list[int] = []
    rows = (Row(line, ()) for line in range(len(steps)))
    await in_order(rows, slow, lambda judged: done.append(judged.row.line), at_once)
    assert done == list(range(len(steps)))
    assert most <= at_once


async def test_only_a_few_rows_are_read_ahead() -> None:
    read = put = 0

    def rows() -> Any:
        nonlocal read
        for line in range(100):
            read += 1
            assert read - put <= 5
            yield Row(line, ())

    async def at_once(row: Row) -> Judged:
        return Judged(row, {})

    def note(_judged: Judged) -> None:
        nonlocal put
        put += 1

    await in_order(rows(), at_once, note, 4)
    assert put == 100


@pytest.mark.parametrize("where", ["judge", "put", "rows"])
async def test_a_refusal_comes_through_and_ends_the_others(where: str) -> None:
    ended = asyncio.Event()

    async def judged(row: Row) -> Judged:
        if where == "judge" and row.line == 1:
            raise Refusal("engine_away", log="")
        if row.line == 2:
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
        return Judged(row, {})

    def rows() -> Any:
        for line in range(3):
            yield Row(line, ())
        if where == "rows":
            raise Refusal("engine_away", log="")
        yield Row(3, ())
        yield Row(4, ())

    def put(_judged: Judged) -> None:
        if where == "put":
            raise Refusal("engine_away", log="")

    with pytest.raises(Refusal):
        await in_order(rows(), judged, put, 4)
    assert ended.is_set() or where == "rows"
