"""A text in parts that Telegram takes: 4,096 UTF-16 units each, cut where a reader would pause."""

from __future__ import annotations

import re
import unicodedata

LARGEST = 4096
# where to cut, the best place first; the cut is after the match
_PAUSES = tuple(
    re.compile(pattern)
    for pattern in (r"\n\s*\n", r"\n", r"[。！？!?；;…]+[”’」』）)]*", r"[，、：,\s]")
)
_JOINER = "\u200d"
_LONGEST_CLUSTER = 32


def units(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def split(text: str, largest: int = LARGEST) -> list[str]:
    """The parts, in order; only white space at the cuts is lost. Nothing for an empty text."""
    rest = text.strip()
    parts = []
    while units(rest) > largest:
        cut = _cut(rest, largest)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [part for part in (*parts, rest) if part]


def _cut(text: str, largest: int) -> int:
    """How many letters the first part has: at least one, at most `largest` units."""
    fits = _fitting(text, largest)
    window = text[:fits]
    for pause in _PAUSES:
        ends = [found.end() for found in pause.finditer(window)]
        if ends and ends[-1] >= fits // 2:
            return ends[-1]
    return _between_clusters(text, fits)


def _fitting(text: str, largest: int) -> int:
    used = 0
    for index, letter in enumerate(text):
        used += 2 if letter > "\uffff" else 1
        if used > largest:
            return max(1, index)
    return len(text)


def _between_clusters(text: str, cut: int) -> int:
    """Not between a letter and what is put on it, nor within a joined picture."""
    for back in range(min(_LONGEST_CLUSTER, cut - 1)):
        here = cut - back
        if not _belongs(text[here]) and text[here - 1] != _JOINER:
            return here
    return cut


def _belongs(letter: str) -> bool:
    """Whether a letter is part of what stands before it."""
    return bool(
        unicodedata.combining(letter)
        or letter == _JOINER
        or unicodedata.category(letter) in ("Mn", "Me", "Sk")
        or "\ufe00" <= letter <= "\ufe0f"
    )
