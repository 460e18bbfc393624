"""From the card of a screening to what it says, typed. Pure.

A card is what was kept of the conversation, perhaps by an earlier version of ours: whatever it
lacks is empty here, and nothing in it can stop a page or a document from being made.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Card = Mapping[str, Any]
# invisible signs (also those that turn the direction of writing), halves of letters
_UNPRINTABLE = frozenset({"Cf", "Cs"})
_NO_LETTERS = frozenset("\ufffe\uffff")


@dataclass(frozen=True)
class Fact:
    """One thing that the resident said, in Chinese."""

    name: str
    value: str


@dataclass(frozen=True)
class Reason:
    """One sentence with its article; `since` is an ISO day or empty."""

    text: str
    article: str
    source: str
    since: str
    verified: bool


@dataclass(frozen=True)
class Material:
    """One thing to bring, and on what that stands."""

    name: str
    source: str


@dataclass(frozen=True)
class Place:
    """A service point that takes applications; what is not known is empty."""

    name: str
    area: str
    address: str
    phone: str
    hours: str
    approximate: bool
    verified: bool
    source: str
    as_of: str


@dataclass(frozen=True)
class Summary:
    """All that a screening said. `outcome` is its sentence; `day` is an ISO day, in China."""

    outcome: str
    city: str
    day: str
    rules_version: str
    facts: tuple[Fact, ...]
    basis: tuple[Reason, ...]
    open: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    needed: tuple[Material, ...]
    bring: tuple[Material, ...]
    places: tuple[Place, ...]
    objection: str


def read_summary(card: Card) -> Summary:
    """What a card of type `screening` says."""
    return Summary(
        outcome=_text(card.get("title")),
        city=_text(card.get("city")),
        day=_text(card.get("day")),
        rules_version=_text(card.get("rules_version")),
        facts=tuple(
            Fact(_text(one.get("name")), _text(one.get("value"))) for one in _all(card, "facts")
        ),
        basis=_reasons(card, "basis"),
        open=_reasons(card, "open"),
        notes=_reasons(card, "note"),
        needed=_materials(card, "needed"),
        bring=_materials(card, "have_it_bring_it"),
        places=tuple(_place(one) for one in _all(card, "apply_at")),
        objection=_text(card.get("objection")),
    )


def _reasons(card: Card, about: str) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            text=_text(one.get("text")),
            article=_text(one.get("article")),
            source=_text(one.get("source")),
            since=_text(one.get("effective_from")),
            verified=one.get("verified") is True,
        )
        for one in _all(card, "reasons")
        if one.get("about") == about
    )


def _materials(card: Card, required: str) -> tuple[Material, ...]:
    return tuple(
        Material(_text(one.get("name")), _text(one.get("source")))
        for one in _all(card, "materials")
        if one.get("required") == required
    )


def _place(shape: Card) -> Place:
    return Place(
        name=_text(shape.get("name")),
        area=_text(shape.get("county")) + _text(shape.get("town")),
        address=_text(shape.get("address")),
        phone=_text(shape.get("phone")),
        hours=_text(shape.get("hours")),
        approximate=shape.get("approximate") is True,
        verified=shape.get("verified") is True,
        source=_text(shape.get("source")),
        as_of=_text(shape.get("as_of")),
    )


def _all(card: Card, key: str) -> Iterator[Card]:
    found = card.get(key)
    if isinstance(found, list):
        yield from (one for one in found if isinstance(one, dict))


def _text(value: Any) -> str:
    """On one line, and only what can be printed: XML has no words for the rest."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return " ".join("".join(map(_printable, str(value))).split())


def _printable(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Cc":  # also the ends of lines
        return " "
    return "" if category in _UNPRINTABLE or sign in _NO_LETTERS else sign
