"""`wenfa triage`: from one file to another, by an engine that is found or started."""

from __future__ import annotations

import asyncio
import signal
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from bot.engine_client import LONGEST_TEXT, EngineClient
from bot.model import Model
from bot.processes import Child, ignore_stops, stop_all
from bot.settings import Settings
from bot.triage import triage
from bot.triage_file.columns import added_cells, added_columns, text_column
from bot.triage_file.engine import find_or_start, the_model
from bot.triage_file.judging import Answer, Judge, Judged, in_order
from bot.triage_file.progress import progress
from bot.triage_file.reading import Table, ending, open_table
from bot.triage_file.refusal import Refusal, one_line
from bot.triage_file.writing import Output, check_fit, check_output
from bot.words import words
from knowledge.atlas import City
from knowledge.boundaries import read_boundaries
from knowledge.catalogue import LiveCatalogue
from knowledge.database import connect
from knowledge.edition import city_codes

AT_ONCE = 4
BAD_LINES_SHOWN = 20
STOPPED = 130


@dataclass(frozen=True)
class Order:
    """What somebody asked for."""

    source: Path
    output: Path
    column: str | None = None
    city: str | None = None
    force: bool = False


@dataclass
class Tally:
    """How many rows could not be judged, and the first of them as (line, problem)."""

    bad: int = 0
    shown: list[tuple[int, str]] = field(default_factory=list)

    def note(self, line: int, problem: str) -> None:
        self.bad += 1
        if len(self.shown) < BAD_LINES_SHOWN:
            self.shown.append((line, problem))


def triage_file(settings: Settings, order: Order) -> int:
    """Blocks until done or stopped; returns the exit code. Every line printed is for a person."""
    children: list[Child] = []
    # also where a shell has started us in the background, deaf to Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of what it leaves out of a workbook: pictures, drop-down lists
            warnings.filterwarnings("ignore", module="openpyxl")
            _triage_file(settings, order, children)
        return 0
    except Refusal as refusal:
        _say(str(refusal))
        return 1
    except SQLAlchemyError:  # after it had been read once
        _say(str(Refusal("knowledge_away")))
        return 1
    except KeyboardInterrupt:
        _say("\n" + words("triage_file")["say"]["stopped"])
        return STOPPED
    finally:
        stop_all(children)


def _triage_file(settings: Settings, order: Order, children: list[Child]) -> None:
    ending(order.source)
    check_output(order.source, order.output, order.force)
    table = open_table(order.source)
    column = text_column(table.columns, order.column)
    added = added_columns(table.columns)
    check_fit(table, len(added), order.output)
    _say_what_is_read(order, table, column)
    model = the_model(settings)
    tally = Tally()
    with _knowledge(settings) as live:
        city = _city(live, order.city or settings.city)

        async def ask(engine: EngineClient, text: str) -> Answer:
            return await triage(engine, live.current(), text, city)

        with Output(order.output, [*table.columns, *added]) as output:
            put = partial(_put, output, tally, column)
            asyncio.run(_judge_all(settings, model, children, table, column, ask, put))
            output.finish()
            ignore_stops()  # it has its name, or it has not: nobody shall be told the wrong one
            output.publish()
    _report(order, table, tally, added[-1], output.shortened)


async def _judge_all(
    settings: Settings,
    model: Model,
    children: list[Child],
    table: Table,
    column: int,
    ask: Callable[[EngineClient, str], Awaitable[Answer]],
    put: Callable[[Judged], None],
) -> None:
    engine, log = await find_or_start(settings, model, children, _say)
    judge = Judge(engine, model.name, partial(ask, engine), column, log)
    try:
        with progress(table.count) as step:

            def put_and_step(judged: Judged) -> None:
                put(judged)
                step()

            await in_order(table.rows(), judge.judged, put_and_step, AT_ONCE)
    finally:
        await engine.close()


def _put(output: Output, tally: Tally, column: int, judged: Judged) -> None:
    """Write a row with what was found out about it."""
    row, problem = judged.row, ""
    cells = list(row.cells)
    if judged.problem:
        problem = words("triage_file")["problem"][judged.problem].format(limit=f"{LONGEST_TEXT:,}")
        tally.note(row.line, problem)
    if row.problem:
        cells[column] = row.raw  # the line is kept where its text would be
    output.append([*cells, *added_cells(judged.answer, problem)])


@contextmanager
def _knowledge(settings: Settings) -> Iterator[LiveCatalogue]:
    """The content. Raises Refusal where nothing has been prepared."""
    try:
        database = connect(settings.database_url)
        live = LiveCatalogue(database, read_boundaries(city_codes()))
        prepared = bool(live.current().atlas.cities)
    except (SQLAlchemyError, OSError, ImportError):
        raise Refusal("not_prepared") from None
    try:
        if not prepared:
            raise Refusal("not_prepared")
        yield live
    finally:
        database.dispose()


def _city(live: LiveCatalogue, name: str) -> City:
    atlas = live.current().atlas
    city = atlas.city(name)
    if city is None:
        known = "、".join(city.short for city in atlas.cities.values())
        raise Refusal("unknown_city", city=one_line(name), cities=known)
    return city


def _say_what_is_read(order: Order, table: Table, column: int) -> None:
    text = words("triage_file")["say"]
    if table.sheets > 1:
        _say(text["first_sheet"].format(count=table.sheets, title=one_line(table.title)))
    name = one_line(table.columns[column])
    _say(text["column"].format(name=order.source.name, count=f"{table.count:,}", column=name))


def _report(order: Order, table: Table, tally: Tally, column: str, shortened: int) -> None:
    text = words("triage_file")["say"]
    bad = text["all_good"]
    if tally.bad:
        bad = text["some_bad"].format(count=f"{tally.bad:,}", column=column)
    done = text["done"].format(name=order.output, count=f"{table.count:,}", bad=bad)
    print(done, flush=True)
    for line, problem in tally.shown:
        _say(text["bad_line"].format(line=line, problem=problem))
    if tally.bad > len(tally.shown):
        _say(text["more"].format(count=f"{tally.bad - len(tally.shown):,}"))
    if shortened:
        _say(text["shortened"].format(count=f"{shortened:,}"))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)
