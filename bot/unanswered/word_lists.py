"""The words that masking goes by, from masking.yml, read once a process."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "masking.yml"
HAN = "\u4e00-\u9fff"


@cache
def listed(name: str) -> Any:
    """A list or text of masking.yml."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))[name]


def shown(name: str, **values: str) -> str:
    """What stands in place of something that was masked."""
    return str(listed("shown")[name]).format(**values)


def letters(name: str) -> str:
    """The single letters of a text of masking.yml, for a character class."""
    return re.sub(r"\s", "", listed(name))


def any_of(found: Iterable[str]) -> str:
    """A pattern for one of some words, the longest first."""
    return "(?:" + "|".join(map(re.escape, sorted(set(found), key=len, reverse=True))) + ")"
