"""Small things that the tests of this room make again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional

from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

ROOT = Path(__file__).resolve().parents[2]


def example(
    text: str,
    intent: Optional[str] = None,
    matter: Optional[str] = None,
    urgency: Optional[str] = None,
) -> Message:
    """A training example as Rasa reads one from our files."""
    labels = {"matter": matter, "urgency": urgency, "party": "self"}
    example_metadata = {name: value for name, value in labels.items() if value}
    data: Dict[str, Any] = {TEXT: text, "metadata": {"example": example_metadata}}
    if intent:
        data["intent"] = intent
    return Message(data=data)


def training_data(messages: Iterable[Message]) -> TrainingData:
    """Rasa's bag of examples."""
    return TrainingData(training_examples=list(messages))


def words_of(message: Message) -> List[str]:
    """The tokens that a tokenizer left on the message."""
    return [token.text for token in message.get(TOKENS_NAMES[TEXT]) or []]
