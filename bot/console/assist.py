"""The words of the panel that stands beside a call or a conversation (static/assist.js)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.tickets.summary import NOT_URGENT, urgent_name
from bot.web.pages import Pages
from knowledge.catalogue import Catalogue
from knowledge.taxonomy import taxonomy

PAGES = Pages(Path(__file__).parent, "assist")


def panel_words() -> dict[str, Any]:
    """What makeAssist is given."""
    return PAGES.words


def labels(catalogue: Catalogue) -> dict[str, list[dict[str, str]]]:
    """What a call can be said to be about, for whom, how urgent and in which city."""
    names = taxonomy()
    calm = PAGES.words["not_urgent"]
    return {
        "services": _named(names.services | names.requests),
        "matters": _named(names.matters),
        "parties": _named(names.parties),
        "urgency": _named(
            {kind: urgent_name(kind) or calm for kind in sorted(names.urgency, key=_calm_first)}
        ),
        "cities": _named({city.id: city.name for city in catalogue.atlas.cities.values()}),
    }


def _calm_first(kind: str) -> bool:
    return kind != NOT_URGENT


def _named(names: dict[str, str]) -> list[dict[str, str]]:
    return [{"id": id_, "name": name} for id_, name in names.items()]
