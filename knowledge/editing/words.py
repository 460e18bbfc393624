"""The words of data/editing.yml: names of fields, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from knowledge.content_files import DATA, read_yaml


@cache
def editing_words() -> dict[str, Any]:
    """Read once a process."""
    return read_yaml(DATA / "editing.yml")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a field, in Chinese. `stops`: it cannot be published like that."""

    field: str
    text: str
    stops: bool = True


class Misread(ValueError):
    """A text that is no value of its field: a key of `problems`, and what fills it."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def problem(field: str, key: str, *, stops: bool = True, **values: object) -> Problem:
    """A problem by its key in data/editing.yml."""
    return Problem(field, said(key, values), stops)


def said(key: str, values: Mapping[str, object]) -> str:
    """The words of a problem."""
    return str(editing_words()["problems"][key]).format(**values)
