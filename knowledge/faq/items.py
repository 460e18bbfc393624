"""An answer that can be checked, as types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

Citation = dict[str, Any]
NEEDED, IF_HAD = "needed", "have_it_bring_it"


@dataclass(frozen=True)
class Material:
    """A thing to bring; `needed` or to be brought by whoever has it."""

    name: str
    needed: bool


@dataclass(frozen=True)
class CityText:
    """What is different in one city, with its own source."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Item:
    """One question with its answer.

    `read_on`: when somebody who did not write it read it against its articles; None: nobody has.
    `about` is the matter or service under which it stands; `ask` are residents' ways of asking;
    `fee` and `takes` (how long the matter takes) are None where no law or plan says. `verified`
    false: the answer rests on practice or on a rule that nobody has checked, and says so.
    """

    id: str
    about: str
    title: str
    ask: tuple[str, ...]
    answer: str
    steps: tuple[str, ...]
    materials: tuple[Material, ...]
    fee: str | None
    takes: str | None
    limits: tuple[str, ...]
    services: tuple[str, ...]
    matters: tuple[str, ...]
    groups: tuple[str, ...]
    cities: dict[str, CityText]
    citations: tuple[Citation, ...]
    effective_from: date
    review_by: date
    read_on: date | None
    owner: str
    verified: bool
