"""The three kinds of things that staff keep, and the body of each: its values without its row.

A body is plain JSON: days are written 2026-01-31. It is what a draft and a version hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from knowledge import tables

Body = dict[str, Any]


class Kind(StrEnum):
    """By the name that addresses and sheets have for it."""

    faq = "faq"
    place = "place"
    person = "person"


@dataclass(frozen=True)
class Shape:
    """The table of a kind, the columns that its body holds, and which of them are days."""

    table: Any
    columns: tuple[str, ...]
    days: frozenset[str] = frozenset()


SHAPES = {
    Kind.faq: Shape(
        tables.FaqItem,
        (
            "about", "title", "ask", "answer", "steps", "materials", "fee", "takes", "limits",
            "services", "matters", "groups", "cities", "citations", "effective_from", "review_by",
            "read_on", "owner", "verified",
        ),
        frozenset({"effective_from", "review_by", "read_on"}),
    ),
    Kind.place: Shape(
        tables.ServicePoint,
        (
            "name", "city_id", "region_id", "kind", "services", "address", "phone", "hours",
            "opening", "accessibility", "audience", "lat", "lng", "approximate", "source",
            "as_of", "verified",
        ),
    ),
    Kind.person: Shape(
        tables.Person,
        (
            "name", "city_id", "role", "point_id", "organisation", "phone", "services", "note",
            "shown", "source", "as_of", "verified",
        ),
    ),
}  # fmt: skip


def body_of(kind: Kind, row: Any) -> Body:
    """The body of a row, or of a shipped row that is a mapping."""
    shape = SHAPES[kind]
    given: Mapping[str, Any] = row if isinstance(row, dict) else vars(row)
    return {
        name: given[name].isoformat() if isinstance(given[name], date) else given[name]
        for name in shape.columns
    }


def values_of(kind: Kind, body: Body) -> dict[str, Any]:
    """The columns that a body fills."""
    shape = SHAPES[kind]
    return {
        name: date.fromisoformat(body[name]) if name in shape.days and body[name] else body[name]
        for name in shape.columns
    }


def name_of(kind: Kind, body: Body) -> str:
    """What people call it."""
    return str(body["title" if kind is Kind.faq else "name"])


def city_of(kind: Kind, body: Body) -> str | None:
    """The city that it belongs to; an answer belongs to all of them."""
    return None if kind is Kind.faq else str(body["city_id"])
