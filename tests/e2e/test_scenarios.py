"""Conversations as data, played against the whole product: what the plans promise, word by word."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.e2e.staff import Operator
from tests.scenario import SCENARIOS, message_of, read_scenario
from tests.stack import Stack

pytestmark = pytest.mark.e2e
Turn = dict[str, Any]


@dataclass
class Play:
    """One conversation on its way: its session, its ticket, what has been read of it."""

    stack: Stack
    client: httpx.Client
    session: str
    ticket: str = ""
    rating: str = ""
    last: str = ""
    operator: Operator | None = None
    status: dict[str, Any] = field(default_factory=dict)

    def turn(self, turn: Turn) -> list[dict[str, Any]]:
        """Play a turn; the messages that it led to."""
        if "operator" in turn:
            self._operate(turn)
        else:
            self._say(turn)
        return self._heard()

    def _say(self, turn: Turn) -> None:
        if "rate" in turn:
            turn = {"tap": f"{self.rating}:{turn['rate']}"}
        message = message_of(turn)
        body = {"session": self.session, "message": message}
        response = self.client.post("/api/v1/chat", json=body)
        assert response.status_code == 200, response.text
        ticket = response.json()["ticket"]
        self.ticket = ticket["number"] if ticket else self.ticket

    def _operate(self, turn: Turn) -> None:
        self.operator = self.operator or Operator.of(self.stack, self.client)
        deed = turn["operator"]
        body = {
            "reply": {"id": uuid.uuid4().hex, "text": turn.get("says")},
            "close": {"outcome": turn.get("outcome")},
        }.get(deed, {})
        response = self.operator.do(self.ticket, deed, **body)
        assert response.status_code == 200, response.text

    def _heard(self) -> list[dict[str, Any]]:
        """By the events, as a page hears it: everything since the last time, up to the state."""
        messages = []
        params = {"session": self.session, "after": self.last}
        with self.client.stream("GET", "/api/v1/chat/events", params=params) as stream:
            kind = ""
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data" and kind == "message":
                    messages.append(json.loads(value))
                elif name == "data" and kind == "state":
                    self.status = json.loads(value)
                    break
        self.last = messages[-1]["id"] if messages else self.last
        said = [message for message in messages if message["author"] != "resident"]
        for message in said:
            for choice in message["choices"]:
                if choice["value"].startswith("rate:"):
                    self.rating = choice["value"].rpartition(":")[0]
        return said


@pytest.mark.parametrize("name", [file.stem for file in SCENARIOS])
def test_the_conversation_goes_as_written(stack: Stack, name: str) -> None:
    scenario = read_scenario(name)
    with stack.client() as client:
        opened = client.post("/api/v1/chat/sessions", json={"city": scenario["city"]}).json()
        play = Play(stack, client, opened["session"])
        for number, turn in enumerate(scenario["turns"], 1):
            said = play.turn(turn)
            for what, wanted in turn.get("expect", {}).items():
                found = [play.status["state"]] if what == "state" else _seen(what, said)
                missing = [item for item in _listed(wanted) if not _present(what, item, found)]
                assert not missing, f"turn {number} {turn}: no {what} {missing} in {found}"


def _seen(what: str, said: list[dict[str, Any]]) -> list[str]:
    cards = [card for message in said for card in message["cards"]]
    if what == "text":
        return [message["text"] for message in said]
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
