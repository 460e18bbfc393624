"""Stock Rasa on the same data: one model for the services, one for the matters (STOCK=1)."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import yaml

from bench.stock.model import PYTHON, environment
from bench.understanding.answers import NOTHING, Answer, Ranking
from bench.understanding.utterances import utterances
from tests.stack import ROOT

CONFIG = ROOT / "bench" / "stock" / "nlu.yml"
PARSE = ROOT / "bench" / "stock" / "parse.py"


def stock_answers(texts: Sequence[str]) -> list[Answer]:
    """Both models' rankings for each text; stock Rasa knows no urgency and no party."""
    with tempfile.TemporaryDirectory() as folder:
        services, matters = [
            _rankings(Path(folder) / axis, labelled, texts)
            for axis, labelled in _training().items()
        ]
    return [
        Answer(service or [NOTHING], matter or [NOTHING], False, "none", "self")
        for service, matter in zip(services, matters, strict=True)
    ]


def _training() -> dict[str, dict[str, list[str]]]:
    """By axis and label: our utterances."""
    services: dict[str, list[str]] = defaultdict(list)
    matters: dict[str, list[str]] = defaultdict(list)
    for utterance in utterances():
        services[utterance.service].append(utterance.text)
        if utterance.matter:
            matters[utterance.matter].append(utterance.text)
    return {"services": services, "matters": matters}


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
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)
    # Rasa puts a word of its own before the name
    model = next(folder.glob("*stock.tar.gz"))
    rankings = folder / "rankings.json"
    subprocess.run(
        [str(PYTHON), "-W", "ignore", str(PARSE), str(model), str(rankings)],
        cwd=folder, env=environment(), check=True, capture_output=True,
        input=json.dumps(list(texts)).encode(),
    )  # fmt: skip
    found: list[Ranking] = [
        [(str(name), float(confidence)) for name, confidence in ranking]
        for ranking in json.loads(rankings.read_text(encoding="utf-8"))
    ]
    return found
