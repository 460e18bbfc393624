"""Words that mean someone may need protection at once, with the words themselves as evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Text, Tuple

import yaml

from engine.normal_form import normal_form

_SIGNS = re.compile(r"[\W_]")
_CLAUSE_END = re.compile("[,。;!?:…、\n]")


@dataclass(frozen=True)
class Cues:
    """One kind of urgency: literal words that raise it, and words that say it is past or unreal.

    `cues` raise it alone; `hints` stand in questions of mere knowledge, too: they count when the
    learned half is in doubt.
    """

    kind: Text
    cues: Tuple[Text, ...]
    hints: Tuple[Text, ...]
    not_with: Tuple[Text, ...]
    still: Tuple[Text, ...] = ()
    # cries for help only when the message holds nothing else: 110 stands in many numbers
    alone: Tuple[Text, ...] = ()

    def evidence(self, text: Text) -> List[Text]:
        """The cues found in a normal-form text.

        A word of `not_with` silences only its own clause (去年结婚的，现在老公拿刀要砍我 is
        urgent), and not when a word of `still` says that it goes on (上个月开始天天打我).
        """
        whole = _SIGNS.sub("", text)
        return [word for word in self.alone if word == whole] + self._found(text, self.cues)

    def hinted(self, text: Text) -> List[Text]:
        """The hints found in it, with the same silences."""
        return self._found(text, self.hints)

    def _found(self, text: Text, words: Tuple[Text, ...]) -> List[Text]:
        return [
            word
            for clause in _CLAUSE_END.split(text)
            if not self._over(clause)
            for word in words
            if word in clause
        ]

    def _over(self, clause: Text) -> bool:
        silenced = any(word in clause for word in self.not_with)
        return silenced and not any(word in clause for word in self.still)


def read_cues(file: Path) -> List[Cues]:
    """The kinds in order of gravity. Raises KeyError when a kind lacks its words."""
    return parse_cues(yaml.safe_load(file.read_text(encoding="utf-8")))


def parse_cues(content: Dict[Text, Any]) -> List[Cues]:
    """The same from already read content."""
    return [
        Cues(
            kind,
            tuple(normal_form(cue) for cue in item["cues"]),
            tuple(normal_form(hint) for hint in item.get("hints", ())),
            tuple(normal_form(word) for word in item["not_with"]),
            tuple(normal_form(word) for word in content.get("still", ())),
            tuple(_SIGNS.sub("", normal_form(str(word))) for word in item.get("alone", ())),
        )
        for kind, item in content["kinds"].items()
    ]
