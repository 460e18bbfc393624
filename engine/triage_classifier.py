"""Service, matter and urgency of a message, from one set of features.

Three logistic regressions share the features; an example without a label trains only the heads
that it has labels for. Output on every message: `intent` and `intent_ranking` (the service),
`matters` (ranked), `urgency` {kind, flag, confidence, evidence}.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, METADATA_EXAMPLE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.linear_model import LogisticRegression

from engine.features import Features
from engine.tokenizer import NORMAL_FORM
from engine.urgency import Cues, parse_cues, read_cues

METADATA = "metadata"
MATTERS = "matters"
URGENCY = "urgency"
NONE = "none"
HEADS = ("service", "matter", "urgency")
CUES_FILE = "urgency.json"
LEAST = 0.01


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TriageClassifier(GraphComponent, IntentClassifier):
    """The three heads over shared features."""

    @classmethod
    def required_components(cls) -> List[Any]:
        """The tokenizer must run first."""
        from engine.tokenizer import ChineseTokenizer

        return [ChineseTokenizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`C`: strength of fit; `urgent_from`: probability from which a text is urgent."""
        return {
            "C": 3.0,
            "max_iter": 300,
            "urgency_cues": "nlu_data/lexicons/urgency.yml",
            "urgent_from": 0.4,
        }

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        cues: List[Cues],
        features: Optional[Features] = None,
        heads: Optional[Dict[Text, LogisticRegression]] = None,
    ) -> None:
        """Without features and heads the component still has to be trained."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._cues = cues
        self._features = features
        self._heads = heads or {}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TriageClassifier":
        """An untrained classifier."""
        return cls(config, model_storage, resource, read_cues(Path(config["urgency_cues"])))

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Changed cues, or changed code of ours, are a changed component."""
        here = Path(__file__).parent
        files = [Path(config["urgency_cues"]), here / "features.py", here / "normal_form.py"]
        total = hashlib.sha256()
        for file in files:
            total.update(file.read_bytes())
        return total.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the features once and each head on the examples that carry its label."""
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        labels = [_labels(message) for message in examples]
        self._features, rows = Features.fit(*_texts_and_tokens(examples))
        for head in HEADS:
            labelled = [index for index, label in enumerate(labels) if label[head]]
            regression = LogisticRegression(
                C=self._config["C"],
                max_iter=self._config["max_iter"],
                # one example in eighteen is urgent: recall first
                class_weight="balanced" if head == URGENCY else None,
                random_state=0,
            )
            regression.fit(rows[labelled], [labels[index][head] for index in labelled])
            self._heads[head] = regression
        self._persist()
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """No later component learns from our predictions."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Set intent, intent_ranking, matters and urgency on each message."""
        if self._features is None or not messages:
            return messages
        texts, tokens = _texts_and_tokens(messages)
        rows = self._features.rows(texts, tokens)
        rankings = {head: self._rank(head, rows) for head in HEADS}
        for index, message in enumerate(messages):
            services = rankings["service"][index]
            message.set(INTENT, services[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, services, add_to_output=True)
            message.set(MATTERS, rankings["matter"][index], add_to_output=True)
            urgency = self._urgency(texts[index], rankings["urgency"][index], tokens[index])
            message.set(URGENCY, urgency, add_to_output=True)
        return messages

    def _rank(self, head: Text, rows: Any) -> List[List[Dict[Text, Any]]]:
        regression = self._heads[head]
        rankings = []
        for row in regression.predict_proba(rows):
            order = np.argsort(-row)
            rankings.append(
                [
                    {"name": str(regression.classes_[index]), "confidence": float(row[index])}
                    for place, index in enumerate(order)
                    if place < 2 or row[index] > LEAST
                ]
            )
        return rankings

    def _urgency(
        self, text: Text, ranking: List[Dict[Text, Any]], tokens: List[Text]
    ) -> Dict[Text, Any]:
        """Words first, then the learned head: whichever speaks, a person is offered help."""
        for cues in self._cues:
            evidence = cues.evidence(text)
            if evidence:
                return _urgent(cues.kind, 1.0, evidence)
        calm = next((item["confidence"] for item in ranking if item["name"] == NONE), 0.0)
        kinds = [item for item in ranking if item["name"] != NONE]
        if kinds and 1.0 - calm >= self._config["urgent_from"]:
            return _urgent(kinds[0]["name"], 1.0 - calm, self._telling(kinds[0]["name"], tokens))
        return {"kind": NONE, "flag": False, "confidence": calm, "evidence": []}

    def _telling(self, kind: Text, tokens: List[Text]) -> List[Text]:
        """The words of the text that speak most for this kind, at most three."""
        if self._features is None:
            return []
        regression = self._heads["urgency"]
        weights = regression.coef_[list(regression.classes_).index(kind)]
        offset = len(self._features.characters.vocabulary_)
        vocabulary = self._features.words.vocabulary_
        scored: List[Tuple[float, Text]] = [
            (float(weights[offset + vocabulary[word]]), word)
            for word in dict.fromkeys(tokens)
            if word in vocabulary and len(word) > 1
        ]
        return [word for weight, word in sorted(scored, reverse=True)[:3] if weight > 0]

    def _persist(self) -> None:
        assert self._features is not None
        kinds = {cues.kind: {"cues": cues.cues, "not_with": cues.not_with} for cues in self._cues}
        still = self._cues[0].still if self._cues else ()
        with self._model_storage.write_to(self._resource) as folder:
            self._features.write(folder)
            for head, regression in self._heads.items():
                np.savez_compressed(
                    folder / f"{head}.npz",
                    coef=regression.coef_.astype(np.float32),
                    intercept=regression.intercept_,
                    classes=np.asarray(regression.classes_, dtype=str),
                )
            text = json.dumps({"still": still, "kinds": kinds}, ensure_ascii=False)
            (folder / CUES_FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TriageClassifier":
        """The trained classifier, from plain arrays: no code is ever unpickled."""
        with model_storage.read_from(resource) as folder:
            features = Features.read(folder)
            cues = parse_cues(json.loads((folder / CUES_FILE).read_text(encoding="utf-8")))
            heads = {head: _regression(folder / f"{head}.npz") for head in HEADS}
        return cls(config, model_storage, resource, cues, features, heads)


def _regression(file: Path) -> LogisticRegression:
    arrays = np.load(file, allow_pickle=False)
    regression = LogisticRegression()
    regression.coef_ = arrays["coef"]
    regression.intercept_ = arrays["intercept"]
    regression.classes_ = arrays["classes"]
    return regression


def _urgent(kind: Text, confidence: float, evidence: List[Text]) -> Dict[Text, Any]:
    return {"kind": kind, "flag": True, "confidence": confidence, "evidence": evidence}


def _texts_and_tokens(messages: List[Message]) -> Tuple[List[Text], List[List[Text]]]:
    texts = [message.get(NORMAL_FORM) or message.get(TEXT) or "" for message in messages]
    tokens = [
        [token.text for token in message.get(TOKENS_NAMES[TEXT]) or []] for message in messages
    ]
    return texts, tokens


def _labels(message: Message) -> Dict[Text, Optional[Text]]:
    metadata = (message.get(METADATA) or {}).get(METADATA_EXAMPLE) or {}
    return {
        "service": message.get(INTENT),
        "matter": metadata.get("matter"),
        "urgency": metadata.get("urgency"),
    }
