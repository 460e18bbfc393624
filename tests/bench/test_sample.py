"""The part of the utterances on which stock Rasa and ours are trained beside each other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench.understanding.sample import write_sample
from bench.understanding.stock import SAMPLE, number_of
from bench.understanding.utterances import files, utterances


def test_it_is_so_many_of_ours_and_the_same_each_time(tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    assert write_sample(first, 500) == write_sample(again, 500) == 500
    drawn = Counter(utterances(first))
    assert drawn == Counter(utterances(again))
    assert drawn.total() == 500
    assert drawn <= Counter(utterances())
    for file in files(first):
        assert file.read_bytes() == (again / file.relative_to(first)).read_bytes()


def test_every_label_is_in_the_usual_part(tmp_path: Path) -> None:
    write_sample(tmp_path, SAMPLE)
    every, drawn = list(utterances()), list(utterances(tmp_path))
    for axis in ("service", "matter"):
        labels = Counter(getattr(one, axis) for one in drawn)
        assert labels.keys() == {getattr(one, axis) for one in every}
        assert min(labels.values()) >= 10


@pytest.mark.parametrize(("asked", "number"), [("1", SAMPLE), ("yes", SAMPLE), ("8000", 8000)])
def test_how_many_are_asked_for(asked: str, number: int) -> None:
    assert number_of(asked) == number
