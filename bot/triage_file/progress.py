"""How far it has come: a bar in a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.words import words

LINE_EVERY = 1000


@contextmanager
def progress(count: int) -> Iterator[Callable[[], None]]:
    """Call what it gives once a row."""
    if sys.stderr.isatty():
        with Progress(
            TextColumn(words("triage_file")["say"]["bar"]),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("", total=count)
            yield lambda: bar.advance(task)
    else:
        yield _Lines(count)


class _Lines:
    def __init__(self, count: int) -> None:
        self._count = count
        self._done = 0

    def __call__(self) -> None:
        self._done += 1
        if self._done % LINE_EVERY == 0:
            line = words("triage_file")["say"]["progress"]
            done = line.format(done=f"{self._done:,}", count=f"{self._count:,}")
            print(done, file=sys.stderr, flush=True)
