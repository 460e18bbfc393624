"""Saved cases: facts with the outcome that the statute gives them, from data/eligibility/cases/.

The tests hold every rule against them, and a new figure shows which of them flip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import yaml

from knowledge.eligibility.screening import Outcome
from knowledge.eligibility.vocabulary import FOLDER

WRITTEN = date(2026, 11, 26)


@dataclass(frozen=True)
class Case:
    """A story with its facts, asked on `day` in `city` (a short name)."""

    id: str
    city: str
    day: date
    story: str
    facts: Mapping[str, Any]
    outcome: Outcome
    source: tuple[str, ...]
    missing: frozenset[str]


@cache
def saved_cases() -> tuple[Case, ...]:
    """Every case of every file, by name of the file."""
    return tuple(
        Case(
            id=item["id"],
            city=item["city"],
            day=item.get("day", WRITTEN),
            story=item["story"],
            facts=item["facts"],
            outcome=Outcome(item["outcome"]),
            source=tuple(item["source"]),
            missing=frozenset(item.get("missing", ())),
        )
        for file in sorted((FOLDER / "cases").glob("*.yml"))
        for item in yaml.safe_load(file.read_text(encoding="utf-8"))
    )
