"""Speed beside stock Rasa and beside a bare echo, in one run:  make bench

Every resident plays tests/scenarios/wage_arrears.yml again and again, each time in a conversation
of their own. The client shares the machine's cores with what it measures: read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import sys
import tempfile
from pathlib import Path

from bench.load import RESIDENTS, Measured, Turn, measure
from bench.machine import CALM, description, load, wait_until_calm
from bench.ours import measure_ours
from bench.processes import DidNotStart, running, wait_for
from bench.report import Report, words
from bench.sides import Door, Rest
from bench.stock.model import PYTHON, NotTrained, trained
from bench.stock.server import stock_rasa
from tests.scenario import read_scenario
from tests.stack import VAR, free_port

JOURNEY = "wage_arrears"


def main(argv: list[str]) -> int:
    """Prints the table and a line of JSON; 1 when a message had no answer or a side did not start.

    The line is also added to var/bench.jsonl, and the picture lies at var/speed.svg.
    """
    asked = _arguments(argv)
    say = words()
    if not PYTHON.exists():
        print(say["environment"], file=sys.stderr)
        return 1
    try:
        report = _run(asked.rounds, asked.residents, asked.patience)
    except (DidNotStart, NotTrained) as error:
        print(say["stopped"].format(where=error), file=sys.stderr)
        return 1
    print(report.table())
    print(report.line())
    with (VAR / "bench.jsonl").open("a", encoding="utf-8") as file:
        file.write(report.line() + "\n")
    (VAR / "speed.svg").write_text(report.picture(), encoding="utf-8")
    return 1 if report.failed else 0


def _run(rounds: int, residents: int, patience: float) -> Report:
    scenario = read_scenario(JOURNEY)
    turns, city = scenario["turns"], scenario["city"]
    model = trained(lambda seconds: _say("training", seconds=seconds))
    machine = {**description(), "load": _calm(patience)}
    sides: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _say("side", name=words()["sides"]["echo"])
        sides["echo"] = _echo(city, turns, rounds, residents, patience)
        _say("side", name=words()["sides"]["ours"])
        ours, ours_memory, same = measure_ours(home, city, turns, rounds, residents, patience)
        _say("side", name=words()["sides"]["stock"])
        with stock_rasa(model, home) as stock:
            parts = {"stock": (Rest(stock.url, city), turns)}
            sides |= ours | asyncio.run(measure(parts, rounds, residents, patience))
            memory = {"stock": stock.memory_mb(), "ours": ours_memory}
    return Report(
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        residents=residents,
        rounds=rounds,
        turns=len(turns),
        same_turns=same,
        sides=sides,
        memory=memory,
        machine=machine,
    )


def _echo(city: str, turns: list[Turn], rounds: int, residents: int, patience: float) -> Measured:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = VAR / "log" / "echo.log"
    command = [sys.executable, "-m", "bench.echo", str(port)]
    with running(command, log, dict(os.environ)) as process:
        wait_for(process, url, log, 30)
        parts = {"echo": (Door(url, city), turns)}
        return asyncio.run(measure(parts, rounds, residents, patience))["echo"]


def _calm(patience: float) -> float:
    if load() >= CALM and patience:
        _say("calm", load=load(), seconds=patience)
    begun_with = wait_until_calm(patience)
    if begun_with >= CALM:
        _say("busy", load=begun_with)
    return round(begun_with, 2)


def _say(what: str, **values: object) -> None:
    print(str(words()[what]).format(**values), flush=True)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="of 16 x 10 messages a side")
    parser.add_argument("--residents", type=int, default=RESIDENTS)
    parser.add_argument(
        "--patience", type=float, default=300, help="seconds for calm, of each side"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
