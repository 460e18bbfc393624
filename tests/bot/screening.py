"""A screening card as data, for every channel's tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HOSTILE = "</w:t><script>alert(1)</script> & {name} \"'` \x00\x0b\u202e\uffff 结尾"


def screening_card() -> dict[str, Any]:
    """A new copy each time, so that a test may change it."""
    file = Path(__file__).parent / "screening_card.yml"
    card: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return card


def about(card: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Its reasons of one kind: basis, open, note."""
    return [reason for reason in card["reasons"] if reason["about"] == kind]


def hostile_card() -> dict[str, Any]:
    """Every text of it tries to be something else."""

    def spoil(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: spoil(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [spoil(one, key) for one in value]
        kept = ("type", "about", "required", "outcome")
        return HOSTILE if isinstance(value, str) and key not in kept else value

    spoilt: dict[str, Any] = spoil(screening_card())
    return spoilt
