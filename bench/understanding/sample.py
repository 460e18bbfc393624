"""Some of the training utterances, in files like all of them: for what would take hours on all."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import yaml

from bench.understanding.utterances import NLU, files


def write_sample(folder: Path, number: int) -> int:
    """So many utterances, the same each time; returns how many there are (fewer when all are)."""
    contents = {
        file: yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader) for file in files()
    }
    every = [
        (file, block, item)
        for file, content in contents.items()
        for block, part in enumerate(content["nlu"])
        for item in range(len(part["examples"]))
    ]
    drawn = set(random.Random(0).sample(every, min(number, len(every))))
    for file, content in contents.items():
        for block, part in enumerate(content["nlu"]):
            kept = enumerate(part["examples"])
            part["examples"] = [one for item, one in kept if (file, block, item) in drawn]
        _write(folder / file.relative_to(NLU), content)
    return len(drawn)


def _write(file: Path, content: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True)
    file.write_text(text, encoding="utf-8")
