"""Somebody who was in danger once in a conversation: nothing of it may come to light by itself."""

from __future__ import annotations

from typing import Any

from bot.tickets.summary import NOT_URGENT
from knowledge.taxonomy import CALM

# the graver first: what is said later never makes a danger smaller
GRAVEST_FIRST = ("violence", "self_harm", "child_risk", "threat", "detained_now", "deadline")


def endangered(understood: dict[str, Any] | None) -> bool:
    """Whether any turn of the conversation was urgent; a new trouble does not undo it."""
    known = understood or {}
    return bool(known.get("endangered")) or known.get("urgent", NOT_URGENT) != NOT_URGENT


def grave(kind: str) -> bool:
    """Whether somebody may be hurt; a deadline is urgent, and nobody is in danger by it."""
    return kind not in CALM


def graver(before: str, now: str) -> str:
    """The graver of two kinds of urgency."""
    kinds = [kind for kind in GRAVEST_FIRST if kind in (before, now)]
    return kinds[0] if kinds else now
