"""The words of reports, on the page and in the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.web.pages import Pages

_PAGES = Pages(Path(__file__).parent, "figures")


def report_words() -> dict[str, Any]:
    """content/figures.yml, read once a process."""
    return _PAGES.words


def percent(share: float | None) -> str:
    """97.5 % of something; a dash where there is nothing to count."""
    if share is None:
        return "—"
    return str(report_words()["percent"]).format(percent=f"{100 * share:.1f}".removesuffix(".0"))
