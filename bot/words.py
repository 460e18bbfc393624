"""Words that people see, read from bot/content/ once a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CONTENT = Path(__file__).parent / "content"


@cache
def words(name: str) -> dict[str, Any]:
    """The content of bot/content/{name}.yml."""
    content: dict[str, Any] = yaml.safe_load((CONTENT / f"{name}.yml").read_text(encoding="utf-8"))
    return content
