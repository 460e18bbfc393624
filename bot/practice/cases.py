"""The practice cases: cases/*.yml, one trouble a file, told in turns with a decision in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.content_files import Naming, read_yaml
from knowledge.taxonomy import taxonomy

FOLDER = Path(__file__).parent / "cases"


class Asks(StrEnum):
    """What an operator must decide in a turn; named in content/practice.yml."""

    safe = "safe"
    question = "question"
    service = "service"
    matter = "matter"
    desk = "desk"
    aid = "aid"
    bring = "bring"
    say = "say"
    consent = "consent"
    close = "close"


class Fit(StrEnum):
    """How good a choice is; `unsafe` could bring somebody into danger."""

    best = "best"
    wrong = "wrong"
    unsafe = "unsafe"


class Topic(StrEnum):
    """The groups of the list, in their order; named in content/practice.yml."""

    danger = "danger"
    work = "work"
    home = "home"
    money = "money"
    elsewhere = "elsewhere"


@dataclass(frozen=True)
class Choice:
    """`label` is the id where a service or a matter is chosen, `rule` the referral rule that names
    the desk; `why` says what is wrong with it, and is empty for the best one."""

    text: str
    fit: Fit
    why: str
    label: str | None
    rule: str | None


@dataclass(frozen=True)
class Turn:
    """What the person says, what is to be decided, why the best choice is the best one.

    `basis` names articles as a source does (劳动合同法第三十条、第三十一条), or is empty.
    """

    says: str
    asks: Asks
    choices: tuple[Choice, ...]
    why: str
    basis: str

    @property
    def best(self) -> Choice:
        return next(choice for choice in self.choices if choice.fit is Fit.best)


@dataclass(frozen=True)
class Case:
    """`channel` is one of those in content/tickets.yml; service, matter and urgent are what the
    trouble is labelled with; `faq` are answers to read afterwards."""

    id: str
    title: str
    topic: Topic
    channel: str
    service: str
    matter: str
    urgent: str
    faq: tuple[str, ...]
    turns: tuple[Turn, ...]


@cache
def practice_cases() -> Mapping[str, Case]:
    """Every case by id, in the order of the topics and the files. Raises ContentError."""
    found = [_case(file) for file in sorted(FOLDER.glob("*.yml"))]
    order = list(Topic)
    return {case.id: case for case in sorted(found, key=lambda case: order.index(case.topic))}


def _case(file: Path) -> Case:
    row = read_yaml(file)
    with Naming(file, file.stem):
        return Case(
            id=file.stem,
            title=row["title"],
            topic=Topic(row["topic"]),
            channel=row["channel"],
            service=row["service"],
            matter=row["matter"],
            urgent=row["urgent"],
            faq=tuple(row["faq"]),
            turns=tuple(map(_turn, row["turns"])),
        )


def _turn(row: dict[str, Any]) -> Turn:
    asks = Asks(row["asks"])
    return Turn(
        says=row["says"],
        asks=asks,
        choices=tuple(_choice(asks, choice) for choice in row["choices"]),
        why=row["why"],
        basis=row.get("basis", ""),
    )


def _choice(asks: Asks, row: dict[str, Any]) -> Choice:
    fit = next(fit for fit in Fit if fit in row)
    said = str(row[fit])
    names = {Asks.service: taxonomy().services, Asks.matter: taxonomy().matters}.get(asks)
    return Choice(
        text=names[said] if names else said,
        fit=fit,
        why="" if fit is Fit.best else row["why"],
        label=said if names else None,
        rule=row.get("rule"),
    )
