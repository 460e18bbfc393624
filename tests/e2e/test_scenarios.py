"""Conversations as data: every file of tests/scenarios/ is played through POST /chat."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.scenario import SCENARIOS, message_of, read_scenario
from tests.stack import Stack


@pytest.mark.parametrize("name", [file.stem for file in SCENARIOS])
def test_the_conversation_goes_as_written(stack: Stack, name: str) -> None:
    scenario = read_scenario(name)
    with stack.client() as client:
        opened = client.post("/api/v1/chat/sessions", json={"city": scenario["city"]}).json()
        for number, turn in enumerate(scenario["turns"], 1):
            answer = _say(client, opened["session"], turn)
            for what, wanted in turn["expect"].items():
                found = _seen(what, answer)
                missing = [item for item in _listed(wanted) if not _present(what, item, found)]
                assert not missing, f"turn {number} {turn}: no {what} {missing} in {found}"


def _say(client: httpx.Client, session: str, turn: dict[str, Any]) -> dict[str, Any]:
    message = message_of(turn)
    response = client.post("/api/v1/chat", json={"session": session, "message": message})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def _seen(what: str, answer: dict[str, Any]) -> list[str]:
    cards = [card for message in answer["messages"] for card in message["cards"]]
    if what == "text":
        return [message["text"] for message in answer["messages"]]
    if what == "cards":
        return [card["type"] for card in cards]
    if what == "referrals":
        return [card["service"] for card in cards if card["type"] == "referral"]
    if what == "urgent":
        return [card["title"] for card in cards if card.get("tone") == "urgent"]
    assert what == "place", f"a scenario cannot expect {what!r}"
    return [card["region_id"] for card in cards if card["type"] == "place"]


def _listed(wanted: Any) -> list[str]:
    return [str(item) for item in wanted] if isinstance(wanted, list) else [str(wanted)]


def _present(what: str, item: str, found: list[str]) -> bool:
    return any(item in text for text in found) if what == "text" else item in found
