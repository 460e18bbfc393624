"""domain/, rules and actions fit each other."""

from __future__ import annotations

from pathlib import Path

import yaml

from actions.server import ACTIONS
from knowledge.catalogue import LiveCatalogue
from knowledge.taxonomy import taxonomy
from tests.actions.conftest import tracker_state

ROOT = Path(__file__).resolve().parents[2]


def content(name: str) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return loaded


def test_the_actions_served_are_those_of_the_domain(live: LiveCatalogue) -> None:
    served = {action(live).name() for action in ACTIONS}
    assert served == set(content("domain/actions.yml")["actions"])  # type: ignore[call-overload]
    assert len(served) == len(ACTIONS)


def test_one_file_an_action(live: LiveCatalogue) -> None:
    for action in ACTIONS:
        assert action.__module__ == f"actions.{action(live).name()}"
    files = {file.stem for file in (ROOT / "actions").glob("action_*.py")}
    assert files == {action.__module__.removeprefix("actions.") for action in ACTIONS}


def test_the_intents_are_the_labels() -> None:
    names = taxonomy()
    expected = {*names.services, *names.requests, "nlu_fallback"}
    assert set(content("domain/intents.yml")["intents"]) == expected  # type: ignore[call-overload]


def test_every_intent_has_one_rule_with_an_action_of_ours(live: LiveCatalogue) -> None:
    rules: list[dict[str, list[dict[str, str]]]] = content("nlu_data/rules.yml")["rules"]  # type: ignore[assignment]
    by_intent = {rule["steps"][0]["intent"]: rule["steps"][1]["action"] for rule in rules}
    assert len(by_intent) == len(rules)
    names = taxonomy()
    assert set(by_intent) == {*names.services, *names.requests, "nlu_fallback"}
    assert set(by_intent.values()) == {action(live).name() for action in ACTIONS}


def test_the_slots_are_those_of_the_domain() -> None:
    """What the tests send and what actions set are slots that the engine keeps."""
    slots: dict[str, object] = content("domain/slots.yml")["slots"]  # type: ignore[assignment]
    sent = set(tracker_state({})["slots"]) - {"session_started_metadata"}
    assert sent == set(slots)
