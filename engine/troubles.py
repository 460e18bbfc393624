"""Two troubles in one message: where the second begins, by the words that people begin it with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, List, Pattern, Sequence, Text, Tuple

import yaml

from engine.normal_form import normal_form

SHORTEST = 6  # characters of a part that can tell a trouble


@dataclass(frozen=True)
class Turns:
    """The words that turn to another matter (另外, 还想问 …)."""

    words: Tuple[Text, ...]

    def parts(self, text: Text) -> List[Tuple[int, int]]:
        """Start and end of each part of a normal-form text, when there are two; else nothing.

        More than two are no list of troubles but a long story: it is read as one.
        """
        cuts = [found.start() for found in self._pattern.finditer(text)]
        starts, ends = [0, *cuts], [*cuts, len(text)]
        found = [(start, end) for start, end in zip(starts, ends) if end - start >= SHORTEST]
        return found if len(found) == 2 else []

    @cached_property
    def _pattern(self) -> Pattern[Text]:
        # the longest first: 还有一件事 before 还有
        ordered = sorted(self.words, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, ordered)) or r"(?!)")


def read_turns(file: Path) -> Turns:
    """From the lexicon. Raises KeyError without its words."""
    return parse_turns(yaml.safe_load(file.read_text(encoding="utf-8")))


def parse_turns(content: Dict[Text, Any]) -> Turns:
    """The same from already read content."""
    words: Sequence[Text] = content["words"]
    return Turns(tuple(normal_form(word) for word in words))
