"""Small things that the tests of this room make again and again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

ROOT = Path(__file__).resolve().parents[2]


def example(
    text: str,
    intent: str | None = None,
    matter: str | None = None,
    urgency: str | None = None,
) -> Message:
    """A training example as Rasa reads one from our files."""
    labels = {"matter": matter, "urgency": urgency, "party": "self"}
    example_metadata = {name: value for name, value in labels.items() if value}
    data: dict[str, Any] = {TEXT: text, "metadata": {"example": example_metadata}}
    if intent:
        data["intent"] = intent
    return Message(data=data)


def training_data(messages: Iterable[Message]) -> TrainingData:
    """Rasa's bag of examples."""
    return TrainingData(training_examples=list(messages))


def words_of(message: Message) -> list[str]:
    """The tokens that a tokenizer left on the message."""
    return [token.text for token in message.get(TOKENS_NAMES[TEXT]) or []]
