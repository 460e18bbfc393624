"""Long conversations in three voices: what is understood of each message, read alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenario import read_scenario
from tests.stack import Stack

pytestmark = pytest.mark.e2e
LONG = ("long_grandmother", "long_migrant_worker", "long_shop_owner")
MESSAGES = 30
FALSE_ALARMS = 3
# a message whose desk cannot be told alone is right whatever is answered
LEAST_SERVICES = 26
LEAST_MATTERS = 0.8
CALM = "none"
# a turn of the scenario, and the answer of /triage to what it says
Heard = list[tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(scope="module", params=LONG)
def heard(request: pytest.FixtureRequest, stack: Stack) -> Heard:
    """The whole conversation, asked through the public door."""
    scenario = read_scenario(request.param)
    turns = scenario["turns"]
    body = {"texts": [turn["say"] for turn in turns], "city": scenario["city"]}
    with stack.client() as client:
        response = client.post("/api/v1/triage/batch", json=body)
    assert response.status_code == 200, response.text
    results = response.json()["results"]
    assert len(results) == len(turns) == MESSAGES
    return list(zip(turns, results, strict=True))


def test_whoever_is_in_need_is_noticed(heard: Heard) -> None:
    missed = [
        f"{turn['say']}（{turn['understood']['urgency']}）"
        for turn, result in heard
        if turn["understood"]["urgency"] != CALM and not result["urgent"]["flag"]
    ]
    assert not missed, _listed(missed)


def test_few_calm_messages_alarm(heard: Heard) -> None:
    alarms = [
        f"{turn['say']}（{result['urgent']['kind']} {result['urgent']['evidence']}）"
        for turn, result in heard
        if turn["understood"]["urgency"] == CALM and result["urgent"]["flag"]
    ]
    assert len(alarms) <= FALSE_ALARMS, _listed(alarms)


def test_the_desks(heard: Heard) -> None:
    wrong = _wrong(heard, "service", "services")
    assert len(heard) - len(wrong) >= LEAST_SERVICES, _listed(wrong)


def test_the_matters(heard: Heard) -> None:
    given = sum("matter" in turn["understood"] for turn, _ in heard)
    wrong = _wrong(heard, "matter", "matters")
    assert given - len(wrong) >= LEAST_MATTERS * given, _listed(wrong)


def _wrong(heard: Heard, axis: str, ranking: str) -> list[str]:
    """The messages whose likeliest label is not the one that was given."""
    return [
        f"{turn['say']}（{turn['understood'][axis]}，答 {found}）"
        for turn, result in heard
        for found in [result[ranking][0]["id"] if result[ranking] else None]
        if turn["understood"].get(axis, found) != found
    ]


def _listed(messages: list[str]) -> str:
    return "\n".join([f"{len(messages)}：", *messages])
