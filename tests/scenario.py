"""Conversations as data (tests/scenarios/): the same files serve the tests and the load."""

from __future__ import annotations

import uuid
from typing import Any

import yaml

from tests.stack import ROOT

SCENARIOS = sorted((ROOT / "tests" / "scenarios").glob("*.yml"))


def read_scenario(name: str) -> dict[str, Any]:
    """city, and turns of {say | tap | at, understood, expect}; the last two may be missing."""
    file = ROOT / "tests" / "scenarios" / f"{name}.yml"
    scenario: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return scenario


def message_of(turn: dict[str, Any]) -> dict[str, Any]:
    """The turn as the `message` of POST /chat, under an id of its own."""
    message: dict[str, Any] = {"id": uuid.uuid4().hex}
    if "say" in turn:
        message["text"] = turn["say"]
    elif "tap" in turn:
        message["choice"] = turn["tap"]
    else:
        message["location"] = turn["at"]
    return message
