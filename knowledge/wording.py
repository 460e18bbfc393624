"""The words of data/words.yml: how sources, limits and closures are said."""

from __future__ import annotations

from functools import cache
from typing import Any

from knowledge.content_files import DATA, read_yaml


@cache
def wording() -> dict[str, Any]:
    """Read once a process."""
    return read_yaml(DATA / "words.yml")
