"""Stock Rasa beside ours on the same utterances: one model for the services, one for the matters.

On all of them stock takes the better part of a day on two cores (one pass of its network over forty
thousand utterances did not end in twelve minutes, and it makes thirty for each model): both are
trained on the same part of them, in half an hour.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bench.stock.model import PYTHON, environment
from bench.understanding.answers import NOTHING, Answer, Ranking, read
from bench.understanding.sample import write_sample
from bench.understanding.utterances import utterances
from bot.model import training_environment
from bot.settings import Settings
from tests.stack import ROOT

CONFIG = ROOT / "bench" / "stock" / "nlu.yml"
PARSE = ROOT / "bench" / "stock" / "parse.py"
SAMPLE = 3_000
EVERY = "all"


class Side(NamedTuple):
    """What each of both says of every text, and how many utterances both were trained on."""

    utterances: int
    stock: list[Answer]
    ours: list[Answer]


def number_of(asked: str) -> int:
    """How many utterances `STOCK` asks for: a number above one, all, or (anything else) SAMPLE."""
    if asked == EVERY:
        return len(list(utterances()))
    return int(asked) if asked.isdecimal() and int(asked) > 1 else SAMPLE


def side_by_side(texts: Sequence[str], number: int, tell: Callable[[str], None]) -> Side:
    """Both, trained and asked; `tell` hears what is being trained (ours, services, matters)."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        count = write_sample(folder / "nlu", number)
        tell("ours")
        ours = _ours(folder, texts)
        stock = []
        for axis, labelled in _training(folder / "nlu").items():
            tell(axis)
            stock.append(_rankings(folder / axis, labelled, texts))
    # stock Rasa knows no urgency and no party
    answers = [
        Answer(service or [NOTHING], matter or [NOTHING], False, "none", "self")
        for service, matter in zip(*stock, strict=True)
    ]
    return Side(count, answers, ours)


def _ours(folder: Path, texts: Sequence[str]) -> list[Answer]:
    settings, out = Settings(), folder / "ours.json"
    command = [
        str(settings.engine_python), "-W", "ignore", "-m", "bench.understanding.train_and_ask",
        str(folder / "nlu"), str(out),
    ]  # fmt: skip
    _run(command, ROOT, training_environment(settings), texts)
    return [read(parsed) for parsed in json.loads(out.read_text(encoding="utf-8"))]


def _training(folder: Path) -> dict[str, dict[str, list[str]]]:
    """By axis and label: the utterances."""
    services: dict[str, list[str]] = defaultdict(list)
    matters: dict[str, list[str]] = defaultdict(list)
    for utterance in utterances(folder):
        services[utterance.service].append(utterance.text)
        if utterance.matter:
            matters[utterance.matter].append(utterance.text)
    return {"service": services, "matter": matters}


def _rankings(folder: Path, labelled: dict[str, list[str]], texts: Sequence[str]) -> list[Ranking]:
    folder.mkdir()
    blocks = [
        {"intent": name, "examples": [{"text": text} for text in examples]}
        for name, examples in labelled.items()
    ]
    data = folder / "nlu.yml"
    content = {"version": "3.1", "nlu": blocks}
    data.write_text(
        yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8"
    )
    command = [
        str(PYTHON), "-W", "ignore", "-m", "rasa", "train", "nlu", "--nlu", str(data),
        "--config", str(CONFIG), "--out", str(folder), "--fixed-model-name", "stock",
    ]  # fmt: skip
    _run(command, folder, environment())
    # Rasa puts a word of its own before the name
    model = next(folder.glob("*stock.tar.gz"))
    rankings = folder / "rankings.json"
    asking = [str(PYTHON), "-W", "ignore", str(PARSE), str(model), str(rankings)]
    _run(asking, folder, environment(), texts)
    found: list[Ranking] = [
        [(str(name), float(confidence)) for name, confidence in ranking]
        for ranking in json.loads(rankings.read_text(encoding="utf-8"))
    ]
    return found


def _run(
    command: list[str], folder: Path, environment: dict[str, str], texts: Sequence[str] = ()
) -> None:
    given: dict[str, Any] = {"input": json.dumps(list(texts)).encode()}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, **given)
