"""Marks the spans of a text that are place names.

It only marks: which region a span means is decided by the app's one resolver, so that a new alias
works there at once, and here with the next model.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, List, Optional, Set, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.tokenizer import places_file

PLACES_FILE = "places.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PlaceGazetteer(GraphComponent, EntityExtractorMixin):
    """Longest match over the exported names; entity `region`, offsets in the resident's text."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`places`: the gazetteer exported by the app."""
        return {"places": "var/gazetteer.json"}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        names: Set[Text],
    ) -> None:
        """`names`: every surface that may be a place."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._names = names
        self._longest = max(map(len, names), default=0)

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "PlaceGazetteer":
        """Read the exported names; none when nothing was exported yet."""
        file = places_file(config)
        names = (
            set(json.loads(file.read_text(encoding="utf-8"))["names"]) if file.exists() else set()
        )
        return cls(config, model_storage, resource, names)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "PlaceGazetteer":
        """Take the names from the model."""
        with model_storage.read_from(resource) as folder:
            names = set(json.loads((folder / PLACES_FILE).read_text(encoding="utf-8")))
        return cls(config, model_storage, resource, names)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """New names are a changed component."""
        file = places_file(config)
        return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else None

    def train(self, training_data: TrainingData) -> Resource:
        """Nothing is learned; the names are kept with the model."""
        with self._model_storage.write_to(self._resource) as folder:
            text = json.dumps(sorted(self._names), ensure_ascii=False)
            (folder / PLACES_FILE).write_text(text, encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training examples carry their own labels."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the marked spans to each message's entities."""
        for message in messages:
            spans = self.add_extractor_name(self._spans(message.get(TEXT) or ""))
            if spans:
                message.set(ENTITIES, message.get(ENTITIES, []) + spans, add_to_output=True)
        return messages

    def _spans(self, text: Text) -> List[Dict[Text, Any]]:
        spans: List[Dict[Text, Any]] = []
        start = 0
        while start < len(text):
            for end in range(min(len(text), start + self._longest), start + 1, -1):
                if text[start:end] in self._names:
                    spans.append(
                        {"entity": "region", "start": start, "end": end, "value": text[start:end]}
                    )
                    start = end - 1
                    break
            start += 1
        return spans
