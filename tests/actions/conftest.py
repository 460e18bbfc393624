"""`turn(…)` runs an action on one turn of a conversation, as the engine would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import Engine

from actions.base import TurnAction
from knowledge.boundaries import Boundaries
from knowledge.catalogue import LiveCatalogue

Json = dict[str, Any]
XIAOLAN = "442000118"


@dataclass
class Said:
    """What one turn came to."""

    messages: list[Json]
    slots: Json = field(default_factory=dict)
    # what the gateway keeps of the turn, and what it has to do besides
    understood: Json = field(default_factory=dict)
    signals: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(message["text"] for message in self.messages)

    @property
    def choices(self) -> list[str]:
        return [choice["value"] for message in self.messages for choice in message["choices"]]

    @property
    def last_choices(self) -> list[str]:
        """Those that stand below the whole reply."""
        return [choice["value"] for choice in self.messages[-1]["choices"]]

    def cards(self, kind: str) -> list[Json]:
        return [
            card for message in self.messages for card in message["cards"] if card["type"] == kind
        ]

    @property
    def urgent(self) -> list[Json]:
        return [card for card in self.cards("notice") if card["tone"] == "urgent"]

    @property
    def numbers(self) -> list[str]:
        return [call["number"] for card in self.cards("notice") for call in card["calls"]]


def latest_message(
    text: str = "",
    services: dict[str, float] | None = None,
    matters: dict[str, float] | None = None,
    urgent: str = "none",
    choice: str | None = None,
    location: tuple[float, float] | None = None,
    evidence: tuple[str, ...] = (),
    party: str = "self",
    troubles: tuple[Json, ...] = (),
    city: str = "zhongshan",
    region: str | None = None,
) -> Json:
    """A message as the engine's tracker holds it."""

    def ranked(labels: dict[str, float] | None) -> list[Json]:
        return [{"name": name, "confidence": value} for name, value in (labels or {}).items()]

    metadata: Json = {"city": city, "region": region}
    if choice or location:
        # a tap arrives as an intent of ours: Rasa's own parser ranks it alone
        text = "/" + (choice or "request:find_place").partition(":")[2]
        if location or (choice or "").startswith("region:"):
            text = "/find_place"
        services, matters = {text[1:]: 1.0}, None
    if choice:
        metadata["choice"] = choice
    if location:
        metadata["location"] = {"lat": location[0], "lng": location[1]}
    ranking = ranked(services)
    message = {
        "intent": ranking[0] if ranking else {"name": None, "confidence": 0.0},
        "entities": [],
        "text": text,
        "message_id": "0",
        "metadata": metadata,
        "intent_ranking": ranking,
    }
    if not (choice or location):
        message["matters"] = ranked(matters)
        message["urgency"] = {
            "kind": urgent,
            "flag": urgent != "none",
            "confidence": 0.9,
            "evidence": list(evidence),
        }
        message["party"] = {"name": party, "confidence": 0.9}
        message["troubles"] = list(troubles)
    return message


def tracker_state(message: Json, slots: Json | None = None) -> Json:
    """The tracker as engine/fast_paths.py sends it."""
    empty = dict.fromkeys(
        (
            "region_id",
            "shown",
            "service",
            "matter",
            "party",
            "pending",
            "aid",
            "faq",
            "alarm",
            "trouble",
        )
    )
    return {
        "sender_id": "someone",
        "slots": {**empty, "session_started_metadata": None, **(slots or {})},
        "latest_message": message,
        "latest_event_time": 1.0,
        "followup_action": None,
        "paused": False,
        "events": [],
        "latest_input_channel": "rest",
        "active_loop": {},
        "latest_action": {"action_name": "action_listen"},
        "latest_action_name": "action_listen",
    }


class RunTurn(Protocol):
    def __call__(
        self, action: type[TurnAction], slots: Json | None = None, **message: Any
    ) -> Said: ...


@pytest.fixture(scope="session")
def live(database: Engine, boundaries: Boundaries) -> LiveCatalogue:
    return LiveCatalogue(database, boundaries)


@pytest.fixture
def turn(live: LiveCatalogue) -> RunTurn:
    """turn(Action, text=…, services={…}, matters={…}, urgent=…, choice=…, location=…, slots={…})"""

    def run(action: type[TurnAction], slots: Json | None = None, **message: Any) -> Said:
        dispatcher = CollectingDispatcher()
        tracker = Tracker.from_dict(tracker_state(latest_message(**message), slots))
        events = action(live).run(dispatcher, tracker, {})
        assert all(event["event"] == "slot" for event in events)
        everything = [payload["custom"] for payload in dispatcher.messages]
        assert everything[0]["kind"] == "understood"
        payloads = [payload for payload in everything if payload["kind"] == "message"]
        signals = [item["kind"] for item in everything[1:] if item["kind"] != "message"]
        assert set(signals) <= {"handoff", "misunderstood", "asking", "unanswered"}
        assert payloads or signals == ["handoff"], "silence looks like a failure to the gateway"
        for payload in payloads:
            assert set(payload) == {"kind", "text", "choices", "cards"}
            assert payload["kind"] == "message"
            assert "{" not in payload["text"]
            assert "None" not in payload["text"]
            assert payload["text"] or payload["cards"]
        slots_set = {event["name"]: event["value"] for event in events}
        said = Said(payloads, slots_set, everything[0], signals)
        assert len(said.choices) == len(set(said.choices))
        _nothing_invented(live, said)
        return said

    return run


def _nothing_invented(live: LiveCatalogue, said: Said) -> None:
    """Every place card says what the database says, with its source and its date."""
    points = {point.id: point for here in live.current().points.values() for point in here}
    for card in said.cards("place"):
        point = points[card["id"]]
        for name in ("name", "address", "phone", "hours", "accessibility", "verified", "source"):
            assert card[name] == getattr(point, name)
        assert card["as_of"] == point.as_of
        assert card["source"]
        assert card["as_of"]
        if point.opening is None and not live.current().closures.get(point.id):
            assert card["open_now"] is None
    for card in said.cards("referral"):
        assert card["service"] in live.current().services
        assert card["why"]
