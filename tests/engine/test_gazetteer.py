"""Marking place names: longest match, offsets in the resident's own text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message

from engine.gazetteer import PlaceGazetteer
from tests.engine.making import training_data

NAMES = ["小榄", "小榄镇", "石岐", "石岐街道", "莲峰社区", "英德", "英德市", "区"]


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "gazetteer.json"
    write(file, NAMES)
    return {"places": str(file)}


@pytest.fixture
def gazetteer(
    config: dict[str, Any], storage: ModelStorage, resource: Resource, execution: ExecutionContext
) -> PlaceGazetteer:
    return PlaceGazetteer.create(config, storage, resource, execution)


def write(file: Path, names: list[str]) -> None:
    content = {"names": names, "words": []}
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def spans(gazetteer: PlaceGazetteer, text: str) -> list[tuple[int, int, str]]:
    message = gazetteer.process([Message.build(text)])[0]
    return [(item["start"], item["end"], item["value"]) for item in message.get(ENTITIES, [])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我在小榄镇上班", [(2, 5, "小榄镇")]),
        ("我在小榄上班", [(2, 4, "小榄")]),
        ("小榄镇", [(0, 3, "小榄镇")]),
        ("人在石岐，户口在英德市", [(2, 4, "石岐"), (8, 11, "英德市")]),
        ("石岐街道莲峰社区", [(0, 4, "石岐街道"), (4, 8, "莲峰社区")]),
        ("小榄小榄", [(0, 2, "小榄"), (2, 4, "小榄")]),
        ("小 榄镇石岐", [(4, 6, "石岐")]),
        ("老板拖欠工资", []),
        ("我住这个区", []),  # a single character is never a place
        ("小", []),
        ("", []),
    ],
)
def test_spans(gazetteer: PlaceGazetteer, text: str, expected: list[tuple[int, int, str]]) -> None:
    assert spans(gazetteer, text) == expected
    assert all(text[start:end] == value for start, end, value in expected)


def test_an_entity_is_named_and_signed(gazetteer: PlaceGazetteer) -> None:
    message = gazetteer.process([Message.build("我在石岐")])[0]
    assert message.get(ENTITIES) == [
        {"entity": "region", "start": 2, "end": 4, "value": "石岐", "extractor": "PlaceGazetteer"}
    ]
    assert ENTITIES in message.output_properties


def test_entities_of_others_are_kept(gazetteer: PlaceGazetteer) -> None:
    other = {"entity": "amount", "start": 0, "end": 1, "value": "3"}
    message = Message.build("3万，石岐")
    message.set(ENTITIES, [other])
    found = gazetteer.process([message])[0].get(ENTITIES)
    assert found[0] == other
    assert [item["value"] for item in found] == ["3", "石岐"]


def test_a_message_without_text_passes(gazetteer: PlaceGazetteer) -> None:
    message = Message(data={"intent": "find_place"})
    assert gazetteer.process([message])[0].get(ENTITIES) is None


def test_without_an_export_nothing_is_marked(
    tmp_path: Path, storage: ModelStorage, resource: Resource, execution: ExecutionContext
) -> None:
    config = {"places": str(tmp_path / "none.json")}
    assert PlaceGazetteer.fingerprint_addon(config) is None
    assert spans(PlaceGazetteer.create(config, storage, resource, execution), "我在石岐") == []


def test_new_names_are_a_changed_component(config: dict[str, Any]) -> None:
    before = PlaceGazetteer.fingerprint_addon(config)
    write(Path(config["places"]), [*NAMES, "沙溪"])
    assert PlaceGazetteer.fingerprint_addon(config) != before


def test_a_model_keeps_its_names(
    gazetteer: PlaceGazetteer,
    config: dict[str, Any],
    storage: ModelStorage,
    resource: Resource,
    execution: ExecutionContext,
) -> None:
    gazetteer.train(training_data([]))
    Path(config["places"]).unlink()
    loaded = PlaceGazetteer.load(config, storage, resource, execution)
    assert spans(loaded, "我在小榄镇上班") == [(2, 5, "小榄镇")]


def test_training_examples_are_left_alone(gazetteer: PlaceGazetteer) -> None:
    data = training_data([Message.build("我在石岐")])
    assert gazetteer.process_training_data(data).training_examples[0].get(ENTITIES) is None
