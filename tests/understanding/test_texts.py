"""The test set itself: what its datasheet says of it is so, and nothing of it is trained on."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from bench.understanding.texts import NOISES, PARTS, PUBLIC, TRADITIONAL, noisy, public
from knowledge.taxonomy import taxonomy
from tests.test_leak import overlaps, trained

LEAST_A_LABEL = 20
LEAST_URGENT = 150  # urgent or nearly so
LEAST_STRANGE = 150


def lines(name: str) -> list[dict[str, Any]]:
    content = (PUBLIC / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in content.splitlines()]


def test_every_label_is_known_and_has_enough_texts() -> None:
    names = taxonomy()
    services = Counter(text.service for text in public())
    matters = Counter(text.matter for text in public() if text.service == "legal_consultation")
    assert set(services) == {*names.services, *names.requests}
    assert set(matters) == set(names.matters)
    few = [name for name, count in (services | matters).items() if count < LEAST_A_LABEL]
    assert few == []
    assert {text.kind for text in public()} == set(names.urgency)
    assert {text.party for text in public()} <= set(names.parties)


def test_urgent_and_strange_texts_are_many() -> None:
    assert len(lines("urgency")) >= LEAST_URGENT
    assert sum(text.urgent for text in public()) >= LEAST_URGENT
    assert len(lines("out_of_scope")) >= LEAST_STRANGE


def test_every_text_stands_once() -> None:
    counted = Counter("".join(text.text.split()) for text in public())
    assert [text for text, count in counted.items() if count > 1] == []
    ids = Counter(text.id for text in public())
    assert max(ids.values()) == 1


def test_each_text_was_read_a_second_time() -> None:
    for part in PARTS:
        for line in lines(part):
            assert set(line["second"]) == {"service", "matter", "urgency"}


@pytest.mark.parametrize("noise", [*NOISES, TRADITIONAL])
def test_a_noisy_twin_is_another_text_of_the_same_label(noise: str) -> None:
    pairs = noisy()[noise]
    assert len(pairs) >= LEAST_URGENT
    assert [clean.text for clean, twin in pairs if clean.text == twin.text] == []
    assert all(clean.service == twin.service for clean, twin in pairs)


def test_nothing_of_it_is_trained_on() -> None:
    twins = [twin.text for pairs in noisy().values() for _, twin in pairs]
    assert overlaps([text.text for text in public()] + twins, trained()) == []
