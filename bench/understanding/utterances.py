"""The training utterances with their labels, read without Rasa (both runtimes have PyYAML)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

NLU = Path(__file__).resolve().parents[2] / "nlu_data"


class Utterance(NamedTuple):
    """One line of nlu_data; `matter` None where it is not labelled."""

    text: str
    service: str
    matter: str | None


def files(folder: Path = NLU) -> list[Path]:
    """Every file with utterances."""
    return sorted([*folder.glob("consultation/*.yml"), *folder.glob("services/*.yml")])


def utterances(folder: Path = NLU) -> Iterator[Utterance]:
    """Every training utterance, file by file."""
    for file in files(folder):
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for block in content["nlu"]:
            for item in block["examples"]:
                yield Utterance(item["text"], block["intent"], item["metadata"].get("matter"))
