"""The kinds of provider that somebody may complain of."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "content" / "providers.yml"


@cache
def providers() -> dict[str, str]:
    """id → name, in the order in which they are offered."""
    content: dict[str, str] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return content
