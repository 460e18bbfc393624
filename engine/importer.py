"""Reading nlu_data/ in seconds instead of a minute.

Rasa reads every file with a YAML parser in pure Python, several times over, and checks it with a
schema; then it copies every utterance to its last leaf, five times. Of tens of thousands that is
a minute of each training. PyYAML's C parser reads the same files once; what is wrong with one is
said in Chinese, with its file and line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Text

import yaml
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_EXAMPLE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


class UtteranceImporter(RasaFileImporter):
    """Rasa's own importer but for the utterances: config, domain and rules are read as ever."""

    _read: Optional[TrainingData] = None

    def get_nlu_data(self, language: Optional[Text] = "en") -> TrainingData:
        """All utterances with their labels. Raises RasaException naming the file and the line.

        Read once: Rasa asks once a language, and merges copies of what it is given.
        """
        if self._read is None:
            messages: List[Message] = []
            for file in sorted(self._nlu_files):
                messages += _read(Path(file))
            self._read = TrainingData(messages)
        return self._read


class Utterance(Message):
    """A message that is cheap to copy and to compare.

    Its copies share what nobody changes (its labels) and what was reckoned of them: Rasa strips
    every intent anew at each of nine merges, and would take a fingerprint anew each time.
    """

    def set(self, prop: Text, info: Any, add_to_output: bool = False) -> None:
        """What it says already changes nothing."""
        if isinstance(info, str) and self.data.get(prop) == info and not add_to_output:
            return
        super().set(prop, info, add_to_output)

    def __deepcopy__(self, memo: Dict[int, Any]) -> "Utterance":
        """A copy that may be given tokens, features and labels without a trace on this one."""
        twin = Utterance(self.data, set(self.output_properties), self.time, list(self.features))
        twin._cached_fingerprint = self._cached_fingerprint
        return twin


def _read(file: Path) -> List[Message]:
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise RasaException(
            _WRONG.format(file=file, line=mark.line + 1 if mark else "?")
        ) from error
    messages = []
    for block in content.get("nlu") or ():
        for number, item in enumerate(block.get("examples") or (), 1):
            if not isinstance(item, dict) or not isinstance(item.get("text"), str):
                raise RasaException(_NO_TEXT.format(file=file, number=number))
            messages.append(Utterance(data=_data(block["intent"], item)))
    return messages


def _data(intent: Text, item: Dict[Text, Any]) -> Dict[Text, Any]:
    return {
        TEXT: item["text"],
        INTENT: intent,
        METADATA: {METADATA_EXAMPLE: item.get("metadata") or {}},
    }


_WRONG = "{file} 第 {line} 行的写法不对，请对照上面的例句改。"
_NO_TEXT = "{file} 的第 {number} 句没有 text。"
