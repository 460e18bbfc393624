"""The utterances as our importer reads them: what Rasa would read, only sooner."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message

from engine.importer import UtteranceImporter
from tests.engine.making import ROOT

FILE = """version: "3.1"
nlu:
- intent: legal_aid
  examples:
  - {text: "没钱请律师", metadata: {matter: labor, urgency: none, party: self}}
  - {text: "低保户能不能不要钱", metadata: {urgency: none, party: parent}}
"""


def importer(folder: Path, content: str) -> UtteranceImporter:
    (folder / "legal_aid.yml").write_text(content, encoding="utf-8")
    return UtteranceImporter(None, None, [str(folder)])


def test_it_reads_what_rasa_reads(tmp_path: Path) -> None:
    mine = importer(tmp_path, FILE).get_nlu_data()
    theirs = RasaFileImporter(None, None, [str(tmp_path)]).get_nlu_data()
    assert len(mine.intent_examples) == 2
    for own, other in zip(mine.training_examples, theirs.training_examples, strict=True):
        for key in ("text", "intent"):
            assert own.get(key) == other.get(key)
        assert own.get("metadata")["example"] == other.get("metadata")["example"]


def test_what_is_done_to_a_copy_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    first = importer(tmp_path, FILE).get_nlu_data().training_examples[0]
    before = first.fingerprint()
    copied = copy.deepcopy(first)
    assert (copied, copied.fingerprint()) == (first, before)
    copied.set("tokens", ["没钱"], add_to_output=True)
    copied.features.append("numbers")
    assert copied.fingerprint() != before
    assert (first.get("tokens"), first.features, first.fingerprint()) == (None, [], before)
    assert "tokens" not in first.output_properties


def test_another_label_is_another_message(tmp_path: Path) -> None:
    message = importer(tmp_path, FILE).get_nlu_data().training_examples[0]
    before = message.fingerprint()
    message.set("intent", "legal_aid")
    assert message.fingerprint() == before
    message.set("intent", "notary")
    assert message.fingerprint() != before


def test_its_fingerprints_are_rasas(tmp_path: Path) -> None:
    for mine in importer(tmp_path, FILE).get_nlu_data().training_examples:
        assert mine.fingerprint() == Message(mine.data).fingerprint()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"没钱请律师"', '"没钱请律师', "legal_aid.yml 第 6 行"),
        ('text: "没钱请律师"', 'texts: "没钱请律师"', "第 1 句没有 text"),
        ('"低保户能不能不要钱"', "12348", "第 2 句没有 text"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(RasaException, match=told):
        importer(tmp_path, FILE.replace(old, new)).get_nlu_data()


def test_the_config_names_it() -> None:
    used = TrainingDataImporter.load_from_config(str(ROOT / "config.yml"))
    assert "engine.importer" in (ROOT / "config.yml").read_text(encoding="utf-8")
    assert isinstance(used, TrainingDataImporter)
