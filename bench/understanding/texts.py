"""The texts that understanding is measured on, and their noisy twins. Nothing trains on them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opencc import OpenCC

PUBLIC = Path(__file__).resolve().parents[2] / "tests" / "understanding"
PARTS = ("desks", "matters", "urgency", "out_of_scope")
NOISES = ("typos", "cantonese", "preamble")  # written by hand, text by text
TRADITIONAL = "traditional"  # made by a library
NONE = "none"


@dataclass(frozen=True)
class Text:
    """One text and what a careful reader says of it; `matter` None where nobody labelled it."""

    id: str
    text: str
    service: str
    matter: str | None
    urgent: bool
    kind: str | None = None
    party: str | None = None


def public() -> list[Text]:
    """The project's own test set (tests/understanding, see its datasheet)."""
    return [text for part in PARTS for text in read_part(part)]


def read_part(part: str) -> list[Text]:
    """One file of the test set."""
    return [
        Text(
            item["id"],
            item["text"],
            item["service"],
            item["matter"],
            item["urgency"] != NONE,
            item["urgency"],
            item["party"],
        )
        for item in _lines(PUBLIC / f"{part}.jsonl")
    ]


def noisy() -> dict[str, list[tuple[Text, Text]]]:
    """By noise: pairs of a clean text and its noisy twin, with the same labels."""
    clean = {text.id: text for text in public()}
    pairs: dict[str, list[tuple[Text, Text]]] = {name: [] for name in (*NOISES, TRADITIONAL)}
    traditional = OpenCC("s2hk")
    for item in _lines(PUBLIC / "noise.jsonl"):
        text = clean[item["id"]]
        for name in NOISES:
            pairs[name].append((text, replace(text, text=item[name])))
        converted = traditional.convert(text.text)
        if converted != text.text:  # some are written so already
            pairs[TRADITIONAL].append((text, replace(text, text=converted)))
    return pairs


def development() -> tuple[list[Text], list[Text]] | None:
    """dev.jsonl and oos_dev.jsonl of WENFA_EVAL_DIR; None when it is not set or empty."""
    folder = os.environ.get("WENFA_EVAL_DIR")
    if not folder or not (Path(folder) / "dev.jsonl").exists():
        return None
    questions = [
        Text(item["id"], item["text"], item["service"], item["matter"], item["urgent"])
        for item in _lines(Path(folder) / "dev.jsonl")
    ]
    strange = [
        Text(item["id"], item["text"], "out_of_scope", None, False)
        for item in _lines(Path(folder) / "oos_dev.jsonl")
    ]
    return questions, strange


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
