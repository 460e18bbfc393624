"""Words that mean someone may need protection at once, with the words themselves as evidence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Text, Tuple

import yaml

from engine.normal_form import normal_form


@dataclass(frozen=True)
class Cues:
    """One kind of urgency: literal words that raise it, and words that say it is past or unreal."""

    kind: Text
    cues: Tuple[Text, ...]
    not_with: Tuple[Text, ...]

    def evidence(self, text: Text) -> List[Text]:
        """The cues found in a normal-form text; none when a word of `not_with` stands in it."""
        if any(word in text for word in self.not_with):
            return []
        return [cue for cue in self.cues if cue in text]


def read_cues(file: Path) -> List[Cues]:
    """The kinds in order of gravity. Raises KeyError when a kind lacks its words."""
    return parse_cues(yaml.safe_load(file.read_text(encoding="utf-8")))


def parse_cues(content: Dict[Text, Any]) -> List[Cues]:
    """The same from already read content."""
    return [
        Cues(
            kind,
            tuple(normal_form(cue) for cue in item["cues"]),
            tuple(normal_form(word) for word in item["not_with"]),
        )
        for kind, item in content["kinds"].items()
    ]
