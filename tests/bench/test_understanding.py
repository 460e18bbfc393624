"""The figures of `make eval`, by hand on a few texts."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.understanding.answers import Answer
from bench.understanding.figures import Figures
from bench.understanding.measures import (
    Share,
    calibration_error,
    classes,
    confusions,
    macro,
    reliability,
    share,
    wilson,
)
from bench.understanding.picture import draw
from bench.understanding.report import confused, noise, per_class, speed, totals
from bench.understanding.texts import Text, development

LABELS = st.sampled_from(["甲", "乙", "丙"])


def text(service: str, matter: str | None = "labor", urgent: bool = False) -> Text:
    return Text("1", "字", service, matter, urgent, None, "self")


def answer(service: str, matter: str = "labor", urgent: bool = False, sure: float = 0.8) -> Answer:
    other = "legal_aid" if service != "legal_aid" else "complaint"
    services = [(service, sure), (other, 1 - sure)]
    return Answer(services, [(matter, sure)], urgent, "none", "self")


def test_an_interval_holds_its_share_and_narrows() -> None:
    low, high = wilson(90, 100)
    assert low < 0.9 < high
    assert wilson(900, 1000)[0] > low
    assert wilson(0, 0) == (0.0, 1.0)
    # the published example of the Wilson score: 0.0 of 10 is below 0.278
    assert wilson(0, 10)[1] == pytest.approx(0.2775, abs=1e-3)


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1))
def test_classes_add_up(pairs: list[tuple[str, str]]) -> None:
    gold, said = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = classes(gold, said)
    assert sum(item.recall.n for item in found.values()) == len(pairs)
    assert sum(item.precision.n for item in found.values()) == len(pairs)
    hits = sum(item.recall.hits for item in found.values())
    assert hits + sum(count for _, _, count in confusions(gold, said)) == len(pairs)
    for item in found.values():
        assert math.isnan(item.f1) or 0 <= item.f1 <= 1


def test_f1_is_the_harmonic_mean() -> None:
    found = classes(["甲", "甲", "乙"], ["甲", "乙", "乙"])["甲"]
    precision, recall = found.precision.value, found.recall.value
    assert found.f1 == pytest.approx(2 * precision * recall / (precision + recall))


def test_macro_counts_every_class_the_same() -> None:
    assert macro([Share(1, 1), Share(0, 99), Share(0, 0)]) == 0.5


def test_confusions_are_ordered() -> None:
    assert confusions(["甲", "甲", "乙"], ["乙", "乙", "丙"]) == [("甲", "乙", 2), ("乙", "丙", 1)]


def test_who_is_as_sure_as_right_has_no_calibration_error() -> None:
    right = [True] * 8 + [False] * 2
    bins = reliability([0.8] * 100, right * 10)
    assert len(bins) == 10
    # equal confidence: the order within the bins is by truth, the mean is right
    assert sum(item.n * item.right for item in bins) == pytest.approx(80)
    assert calibration_error(reliability([1.0] * 50, [True] * 50)) == 0
    assert calibration_error(reliability([1.0] * 50, [False] * 50)) == 1


def test_the_figures_of_a_set() -> None:
    texts = [
        text("legal_aid", urgent=True),
        text("notarization", "debt"),
        text("out_of_scope", None),
        text("legal_consultation", "debt", urgent=True),
    ]
    answers = [
        answer("legal_aid", urgent=True),
        answer("out_of_scope", "debt", urgent=True),
        answer("legal_consultation"),
        answer("legal_consultation", "debt"),
    ]
    found = Figures(texts, answers)
    assert found.service.hits(1) == Share(2, 4)
    assert found.matter.hits(1) == Share(3, 3)
    assert found.desks == 0.5
    assert found.accepted == Share(1, 1)
    assert found.refused == Share(1, 3)
    assert found.urgent_found == Share(1, 2)
    assert found.urgent_right == Share(1, 2)
    assert found.party == Share(4, 4)


def test_requests_are_dropped_where_nobody_labelled_them() -> None:
    asked = Answer([("find_place", 0.6), ("legal_aid", 0.3), ("complaint", 0.1)], [], False, "", "")
    names, sure = zip(*asked.without_requests().services, strict=True)
    assert names == ("legal_aid", "complaint")
    assert sure == pytest.approx((0.75, 0.25))


def test_the_report_names_things_in_chinese() -> None:
    figures = Figures([text("legal_aid")] * 20, [answer("legal_aid")] * 19 + [answer("complaint")])
    lines = (
        list(totals(figures)) + list(per_class(figures.service)) + list(confused(figures.service))
    )
    assert any("法律援助" in line and "0.950" in line for line in lines)
    assert any("法律援助 → 服务投诉与评价：1" in line for line in lines)
    shown = list(noise({"typos": (figures, figures)}))
    assert shown[0].endswith("+0.0")
    assert len(list(speed([1.0, 2.0, 3.0], 60, 500))) == 3


def test_pictures_are_drawn(tmp_path: Path) -> None:
    figures = Figures(
        [text("legal_aid"), text("complaint", "debt")] * 10,
        [answer("legal_aid"), answer("legal_aid", "labor", sure=0.6)] * 10,
    )
    files = draw(figures, tmp_path)
    assert [file.name for file in files] == [
        "understanding-reliability.png",
        "understanding-confusion-service.png",
        "understanding-confusion-matter.png",
    ]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)


def test_the_development_half_is_read_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WENFA_EVAL_DIR", raising=False)
    assert development() is None
    row = {"id": "1", "text": "字", "service": "legal_aid", "matter": "labor", "urgent": True}
    (tmp_path / "dev.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (tmp_path / "oos_dev.jsonl").write_text('{"id": "2", "text": "天气"}', encoding="utf-8")
    monkeypatch.setenv("WENFA_EVAL_DIR", str(tmp_path))
    found = development()
    assert found
    assert found[0][0].urgent
    assert found[1][0].service == "out_of_scope"


def test_a_share_of_nothing_is_no_number() -> None:
    assert math.isnan(share([]).value)
