"""The words that answers are made of, out of data/eligibility/hearing.yml.

The file has section → kind → words; a kind whose words count for a number (夫妻: 2) maps each
word to it. Most sections belong to one reader; new and common belong to every reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from knowledge.content_files import DATA
from knowledge.text import normalise

_READERS = ("count", "money", "area", "age", "yes_no", "choice", "aside")


@dataclass(frozen=True)
class Vocabulary:
    """The words of one reader: word → kind, the longest first in the pattern."""

    kinds: dict[str, str]
    values: dict[tuple[str, str], int]  # (kind, word) → what the word counts for
    pattern: re.Pattern[str]


@cache
def content() -> dict[str, Any]:
    """The file, once a process: section → kind → words."""
    file = DATA / "eligibility" / "hearing.yml"
    sections: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return sections


@cache
def vocabulary(reader: str) -> Vocabulary:
    """A reader's own words before the common ones; "unsure" has only these, "any" has all.

    Words of a new matter take part in the cutting, or 多 would swallow half of 多少.
    """
    sections = {"unsure": (), "any": _READERS}.get(reader, (reader,))
    kinds: dict[str, str] = {}
    values: dict[tuple[str, str], int] = {}
    for section in ("new", "common", *sections):
        for kind, words in content()[section].items():
            for word in words:
                kinds[normalise(word)] = kind
                if isinstance(words, dict):
                    values[kind, normalise(word)] = words[word]
    longest_first = sorted(kinds, key=len, reverse=True)
    return Vocabulary(kinds, values, re.compile("|".join(map(re.escape, longest_first))))


def either(words: Sequence[str]) -> str:
    """A group of a pattern that matches any of the words, the longest that fits."""
    longest_first = sorted(words, key=len, reverse=True)
    return f"(?:{'|'.join(re.escape(word) for word in longest_first)})"
