"""Which column holds the residents' words, and which columns are added to the others."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from bot.triage_file.refusal import Refusal, one_line
from bot.words import words

SHOWN = 30
DESKS = 3


def text_column(columns: Sequence[str], wanted: str | None) -> int:
    """The index of the column with the text. Raises Refusal naming the columns that there are."""
    headers = [wanted] if wanted is not None else words("triage_file")["headers"]
    known = [_folded(column) for column in columns]
    for header in headers:
        if _folded(header) and _folded(header) in known:
            return known.index(_folded(header))
    raise Refusal("no_column", wanted=one_line("、".join(headers)), columns=_listed(columns))


def added_columns(columns: Iterable[str]) -> list[str]:
    """The names of the added columns, none of which the input has already."""
    text = words("triage_file")
    taken = set(columns)
    added = []
    for header in text["added"].values():
        name = str(header)
        while name in taken:
            name = text["taken"].format(name=name)
        taken.add(name)
        added.append(name)
    return added


def keys(columns: Sequence[str]) -> list[str]:
    """The columns as keys of a JSON object: named, and no two alike."""
    found: list[str] = []
    taken = set(columns)
    for n, column in enumerate(columns, 1):
        name = column or words("triage_file")["unnamed"].format(n=n)
        base, again = name, 2
        while name in found or (name != column and name in taken):
            name, again = f"{base} {again}", again + 1
        found.append(name)
    return found


def added_cells(answer: dict[str, Any] | None, problem: str = "") -> list[object]:
    """What the added columns hold for an answer of bot.triage, or for a row without one."""
    names = list(words("triage_file")["added"])
    if answer is None:
        return [problem if name == "problem" else None for name in names]
    services, matters = answer["services"], answer["matters"]
    urgent = answer["urgent"]
    first = services[0] if services else {}
    cells = {
        "service": first.get("name"),
        "service_confidence": first.get("confidence"),
        "second_service": services[1]["name"] if len(services) > 1 else None,
        "matter": matters[0]["name"] if matters else None,
        "matter_confidence": matters[0]["confidence"] if matters else None,
        "urgent": words("tickets")["urgent"][urgent["kind"]] if urgent["flag"] else None,
        "evidence": "、".join(urgent["evidence"]),
        "party": answer["party"]["name"],
        "places": "、".join(_full_name(region) for region in answer["regions"]),
        "desks": "、".join(item["name"] for item in answer["referrals"][:DESKS]),
        "problem": problem,
    }
    return [cells[name] for name in names]


def _full_name(region: dict[str, Any]) -> str:
    return "".join(region[level] or "" for level in ("city", "county", "town", "village"))


def _folded(name: str) -> str:
    """Spaces, case and width make no other column."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _listed(columns: Sequence[str]) -> str:
    text = words("triage_file")["refusal"]
    named = [one_line(column, SHOWN) for column in columns if column.strip()]
    more = [text["more_columns"].format(count=len(named))] if len(named) > SHOWN else []
    return "、".join(named[:SHOWN] + more) or str(text["no_columns"])
