"""How well it understands, with 95 % intervals, and how fast:  make eval

Measures the project's public test set, its noisy twins, and, when WENFA_EVAL_DIR is set, the
evaluation's development half. `STOCK=1` trains stock Rasa and ours on the same 3,000 utterances and
shows them beside each other; `STOCK=all` on all of them, for a day.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.answers import report as answers_report
from bench.answers.__main__ import shipped_index
from bench.understanding import report, texts
from bench.understanding.answers import Answer, ask, times
from bench.understanding.figures import Figures
from bench.understanding.picture import draw
from bench.understanding.stock import number_of, side_by_side
from bench.understanding.texts import Text
from bot.model import training_environment
from bot.settings import Settings
from tests.stack import ROOT, memory_mb, start_stack, stop_stack

PICTURES = ROOT / "docs" / "images"
TIMED = 200


def main() -> int:
    """Prints the report; returns 0."""
    say = report.words()
    public, twins, development = texts.public(), texts.noisy(), texts.development()
    print(say["training"], flush=True)
    seconds = _train()
    with tempfile.TemporaryDirectory() as home:
        stack = start_stack(Path(home))
        engine = f"http://127.0.0.1:{stack.engine_port}"
        print(say["asking"], flush=True)
        try:
            mine = Figures(public, _ask(engine, public))
            noisy = {name: _both(engine, pairs) for name, pairs in twins.items()}
            real = [
                Figures(part, _without_requests(_ask(engine, part))) for part in development or ()
            ]
            answers = answers_report.measured(engine, shipped_index())
            taken = asyncio.run(times(engine, [text.text for text in public[:TIMED]]))
            memory = memory_mb(stack.supervisor.pid)["engine"]
        finally:
            stop_stack(stack)
    _print(say["heads"]["public"].format(n=len(public)), report.totals(mine))
    for name in ("service", "matter"):
        axis, title = getattr(mine, name), say["axes"][name]
        _print(say["heads"]["classes"].format(axis=title), report.per_class(axis))
        _print(say["heads"]["confusions"].format(axis=title), report.confused(axis))
    some = len(next(iter(twins.values())))
    _print(say["heads"]["noise"].format(n=some), report.noise(noisy))
    if real:
        _real(*real)
    else:
        print("\n" + say["skipped"])
    _print(answers_report.head(answers), answers_report.lines(answers))
    _print(say["heads"]["speed"], report.speed(taken, seconds, memory))
    draw(mine, PICTURES)
    print("\n" + say["pictures"].format(folder=PICTURES.relative_to(ROOT)))
    if asked := os.environ.get("STOCK"):
        _beside(number_of(asked), public, development)
    return 0


def _real(questions: Figures, strange: Figures, *, labels_only: bool = False) -> None:
    head = report.words()["heads"]["development"]
    _print(
        head.format(n=len(questions.texts), strange=len(strange.texts)),
        report.totals(questions, strange, labels_only=labels_only),
    )


def _beside(
    number: int, public: list[Text], development: tuple[list[Text], list[Text]] | None
) -> None:
    say, parts = report.words()["beside"], [public, *(development or ())]

    def tell(what: str) -> None:
        print(say["training"][what].format(n=number), flush=True)

    side = side_by_side([text.text for part in parts for text in part], number, tell)
    for name, every in (("stock", side.stock), ("ours", side.ours)):
        answers = iter(every)
        mine, *real = [Figures(part, [next(answers) for _ in part]) for part in parts]
        _print(say[name].format(n=side.utterances), report.totals(mine, labels_only=True))
        if real:
            kept = [Figures(part.texts, _without_requests(part.answers)) for part in real]
            _real(*kept, labels_only=True)


def _ask(engine: str, part: Sequence[Text]) -> list[Answer]:
    return asyncio.run(ask(engine, [text.text for text in part]))


def _without_requests(answers: Sequence[Answer]) -> list[Answer]:
    return [answer.without_requests() for answer in answers]


def _both(engine: str, pairs: list[tuple[Text, Text]]) -> tuple[Figures, Figures]:
    clean, noisy = [first for first, _ in pairs], [second for _, second in pairs]
    return Figures(clean, _ask(engine, clean)), Figures(noisy, _ask(engine, noisy))


def _train() -> float:
    """Seconds of a training from nothing, as `make run` trains; what it made is thrown away."""
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        command = [str(settings.engine_python), "-m", "engine.train", folder, "timed"]
        subprocess.run(
            command, cwd=ROOT, env=training_environment(settings), check=True, capture_output=True
        )
        return time.monotonic() - begun


def _print(head: str, lines: Iterable[str]) -> None:
    print("\n" + head)
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
