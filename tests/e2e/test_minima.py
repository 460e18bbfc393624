"""Understanding does not get worse unnoticed: committed minima on the project's own test set.

The minima (minima.yml) lie a little below the last honest measurement of `make eval`; they are
never lowered without a line in docs/understanding.md.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import yaml

from bench.understanding.answers import Answer
from bench.understanding.figures import Figures
from bench.understanding.texts import PUBLIC, public
from tests.stack import Stack

pytestmark = pytest.mark.e2e
MINIMA: dict[str, Any] = yaml.safe_load((PUBLIC / "minima.yml").read_text(encoding="utf-8"))
AT_ONCE = 500


@pytest.fixture(scope="module")
def figures(stack: Stack) -> Figures:
    """The whole set, asked through the public door."""
    texts = public()
    answers: list[Answer] = []
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=120) as client:
        for start in range(0, len(texts), AT_ONCE):
            part = [text.text for text in texts[start : start + AT_ONCE]]
            response = client.post("/api/v1/triage/batch", json={"texts": part})
            assert response.status_code == 200, response.text
            answers += map(_answer, response.json()["results"])
    return Figures(texts, answers)


def _answer(result: dict[str, Any]) -> Answer:
    services, matters = (
        [(item["id"], item["confidence"]) for item in result[axis]]
        for axis in ("services", "matters")
    )
    urgent = result["urgent"]
    return Answer(services, matters, urgent["flag"], urgent["kind"], result["party"]["id"])


@pytest.mark.parametrize("axis", ["service", "matter"])
def test_totals(figures: Figures, axis: str) -> None:
    wanted = MINIMA["totals"][axis]
    found = getattr(figures, axis)
    assert found.hits(1).value >= wanted["first"]
    assert found.hits(2).value >= wanted["second"]
    assert found.calibration_error() <= wanted["calibration_error"]


@pytest.mark.parametrize("axis", ["service", "matter"])
def test_every_class(figures: Figures, axis: str) -> None:
    found = {name: item.recall.value for name, item in getattr(figures, axis).classes().items()}
    wanted = MINIMA["recall"][axis]
    assert set(wanted) == set(getattr(figures, axis).gold), "a class without a minimum"
    below = {name: found[name] for name, least in wanted.items() if found[name] < least}
    assert below == {}


def test_what_is_not_its_business(figures: Figures) -> None:
    assert figures.accepted.value <= MINIMA["out_of_scope"]["accepted"]
    assert figures.refused.value <= MINIMA["out_of_scope"]["refused"]


def test_urgency(figures: Figures) -> None:
    assert figures.urgent_found.value >= MINIMA["urgency"]["recall"]
    assert figures.urgent_right.value >= MINIMA["urgency"]["precision"]


def test_party(figures: Figures) -> None:
    assert figures.party.value >= MINIMA["party"]
