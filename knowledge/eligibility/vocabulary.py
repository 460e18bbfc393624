"""The vocabulary of facts: keys, values, questions and words, from data/eligibility/vocabulary.yml.

Keys and values are public and stable (docs/api.md); their order is the order of asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import yaml

from knowledge.content_files import DATA

FOLDER = DATA / "eligibility"


class Kind(StrEnum):
    """What a fact's value looks like; money is yuan."""

    choice = "choice"
    choices = "choices"
    flag = "flag"
    people = "people"
    money = "money"
    assets = "assets"
    days = "days"
    place = "place"


@dataclass(frozen=True)
class Term:
    """One value of a choice: its name, how people say it, what follows from it.

    `matters`, `for_claims` and `only_in` (a kind of case) say where it is worth offering, and
    `offered` that it is offered everywhere.
    """

    name: str
    ways: tuple[str, ...]
    implies: Mapping[str, Any]
    matters: tuple[str, ...]
    for_claims: tuple[str, ...]
    only_in: str | None
    offered: bool


@dataclass(frozen=True)
class Tap:
    """A button that stands for a whole value: a list of assets, or an area in m²."""

    name: str
    ways: tuple[str, ...]
    value: Any


@dataclass(frozen=True)
class Definition:
    """A key of the vocabulary: how it is asked, why, and what may be answered.

    `question_for` has other words for some claims: whose status it is differs.
    An amount without a period is the total of `total_of_months`, as the question asks for it.
    """

    id: str
    kind: Kind
    name: str
    question: str
    question_for: Mapping[str, str]
    why: str
    values: Mapping[str, Term]
    at_most: int | None
    total_of_months: int
    suggest: tuple[int, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All definitions in the order of asking; follow-up questions; what is wrong, in words.

    `asset_taps` and `area_taps` are the buttons of two questions whose answers are no plain values.
    """

    definitions: Mapping[str, Definition]
    follow_up: Mapping[str, Mapping[str, Any]]
    problems: Mapping[str, str]
    shown: Mapping[str, str]
    asset_taps: Mapping[str, Tap]
    area_taps: Mapping[str, Tap]
    least_plausible: float
    accused_words: tuple[str, ...]
    body_words: tuple[str, ...]
    foreign_words: tuple[str, ...]
    not_the_applicant: tuple[str, ...]
    contradictions: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...]

    def name_of(self, fact: str, value: str) -> str:
        """What a resident calls a value; the value itself when it has no name."""
        term = self.definitions[fact].values.get(value)
        return term.name if term else value


@cache
def vocabulary() -> Vocabulary:
    """Read the file, once a process."""
    content = yaml.safe_load((FOLDER / "vocabulary.yml").read_text(encoding="utf-8"))
    return Vocabulary(
        definitions={id_: _definition(id_, item) for id_, item in content["facts"].items()},
        follow_up=content["follow_up"],
        problems=content["problems"],
        shown=content["shown"],
        least_plausible=content["least_plausible"],
        accused_words=tuple(content["accused_words"]),
        body_words=tuple(content["body_words"]),
        foreign_words=tuple(content["foreign_words"]),
        not_the_applicant=tuple(content["not_the_applicant"]),
        asset_taps={id_: _tap(tap, "assets") for id_, tap in content["asset_taps"].items()},
        area_taps={id_: _tap(tap, "area") for id_, tap in content["area_taps"].items()},
        contradictions=tuple((pair["first"], pair["second"]) for pair in content["contradictions"]),
    )


def _definition(id_: str, item: dict[str, Any]) -> Definition:
    return Definition(
        id=id_,
        kind=Kind(item["kind"]),
        name=item["name"],
        question=item["question"],
        question_for=item.get("question_for", {}),
        why=item["why"],
        values={value: _term(term) for value, term in item.get("values", {}).items()},
        at_most=item.get("at_most"),
        total_of_months=item.get("total_of_months", 1),
        suggest=tuple(item.get("suggest", ())),
    )


def _term(item: dict[str, Any]) -> Term:
    return Term(
        name=item["name"],
        ways=tuple(map(str, item.get("ways", ()))),
        implies=item.get("implies", {}),
        matters=tuple(item.get("matters", ())),
        for_claims=tuple(item.get("for_claims", ())),
        only_in=item.get("for"),
        offered=item.get("offered", False),
    )


def _tap(item: dict[str, Any], value: str) -> Tap:
    return Tap(item["name"], tuple(item.get("ways", ())), item[value])
