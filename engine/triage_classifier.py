"""Service, matter, urgency and party of a message, from one set of features.

Two learners answer four questions together; an example without a label trains only those that it
has labels for. Output on every message: `intent` and `intent_ranking` (the service),
`matters` (ranked), `urgency` {kind, flag, confidence, evidence}, `party` {name, confidence} (for
whom it is asked), `troubles` (two {text, service, matter} when a message tells two, else empty).
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Text, Tuple

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

from engine.features import Features
from engine.learners import Learners, train
from engine.questions import Question
from engine.tokenizer import NORMAL_FORM
from engine.troubles import Turns, parse_turns, read_turns
from engine.urgency import Cues, parse_cues, read_cues

METADATA = "metadata"
MATTERS = "matters"
URGENCY = "urgency"
PARTY = "party"
TROUBLES = "troubles"
NONE = "none"
GENERAL = "general"
CONSULTATION = "legal_consultation"
LEXICONS_FILE = "lexicons.json"
# services that are no trouble of their own
NO_TROUBLE = frozenset({"find_place", "human_handoff", "out_of_scope"})
# the questions that a regression answers beside the network
REGRESSED = ("matter", "service", "urgency")
# modules of ours that decide what a model is
PARTS = (
    "features", "learners", "network", "normal_form", "questions", "regression", "syllables",
    "troubles",
)  # fmt: skip
LEAST = 0.01


class Trained(NamedTuple):
    """What training leaves behind."""

    features: Features
    learners: Learners


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
        """`hidden` and `epochs` of the network, `strength` and `steps` of the regressions,

        `temperatures` and `lifts` of their common answer (engine/questions.py); probabilities from
        which a text is urgent (`urgent_from`, with a hint `hinted_from`) and a part of it is a
        trouble of its own (`sure_from`).
        """
        return {
            "hidden": 256,
            "epochs": 5,
            "strength": 3.0,
            "steps": 60,
            "temperatures": {},
            "lifts": {},
            "urgency_cues": "nlu_data/lexicons/urgency.yml",
            "turns": "nlu_data/lexicons/turns.yml",
            "urgent_from": 0.4,
            "hinted_from": 0.2,
            "sure_from": 0.6,
        }

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        cues: List[Cues],
        turns: Turns,
        trained: Optional[Trained] = None,
    ) -> None:
        """Without `trained` the component says nothing: it still has to be trained."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._cues = cues
        self._turns = turns
        self._trained = trained

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TriageClassifier":
        """An untrained classifier."""
        cues, turns = read_cues(Path(config["urgency_cues"])), read_turns(Path(config["turns"]))
        return cls(config, model_storage, resource, cues, turns)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Changed words, or changed code of ours, are a changed component."""
        here = Path(__file__).parent
        files = [Path(config[name]) for name in ("urgency_cues", "turns")]
        files += [here / f"{name}.py" for name in PARTS]
        total = hashlib.sha256()
        for file in files:
            total.update(file.read_bytes())
        # another table of readings, other columns
        total.update(version("pypinyin").encode())
        return total.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the features, then the network on every example that carries a label."""
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        features, rows = Features.fit(*_texts_and_tokens(examples))
        learners = train(rows, _questions(examples), REGRESSED, self._config)
        self._trained = Trained(features, learners)
        self._persist(self._trained)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """No later component learns from our predictions."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Set intent, intent_ranking, matters, urgency, party and troubles on each message."""
        if self._trained is None or not messages:
            return messages
        texts, tokens = _texts_and_tokens(messages)
        rankings = self._rankings(self._trained, texts, tokens)
        for index, message in enumerate(messages):
            services = rankings["service"][index]
            message.set(INTENT, services[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, services, add_to_output=True)
            message.set(MATTERS, rankings["matter"][index], add_to_output=True)
            text, words = texts[index], tokens[index]
            urgency = self._urgency(self._trained, text, rankings["urgency"][index], words)
            message.set(URGENCY, urgency, add_to_output=True)
            message.set(PARTY, rankings["party"][index][0], add_to_output=True)
            troubles = self._troubles(self._trained, text, words)
            message.set(TROUBLES, troubles, add_to_output=True)
        return messages

    @staticmethod
    def _rankings(
        trained: Trained, texts: List[Text], tokens: List[List[Text]]
    ) -> Dict[Text, List[List[Dict[Text, Any]]]]:
        """By question, by text: labels with their confidence, the likeliest first."""
        found = trained.learners.probabilities(trained.features.rows(texts, tokens))
        return {
            question: [_ranking(trained.learners.classes[question], row) for row in table]
            for question, table in found.items()
        }

    def _troubles(self, trained: Trained, text: Text, tokens: List[Text]) -> List[Dict[Text, Any]]:
        """Both parts of a message that turns to another matter, when each is surely its own."""
        parts = self._turns.parts(text)
        if not parts:
            return []
        words = [_between(tokens, start, end) for start, end in parts]
        rankings = self._rankings(trained, [text[start:end] for start, end in parts], words)
        found = [
            (rankings["service"][at][0], rankings["matter"][at][0]) for at in range(len(parts))
        ]
        if not self._apart(found):
            return []
        return [
            {"text": text[start:end], "service": service["name"], "matter": matter["name"]}
            for (start, end), (service, matter) in zip(parts, found)
        ]

    def _apart(self, parts: List[Tuple[Dict[Text, Any], Dict[Text, Any]]]) -> bool:
        """Whether each part is surely a trouble, and another one than its neighbour.

        A desk asked for after a trouble is mostly a question about that trouble (欠薪怎么办，另外
        能申请法援吗): it is another one only when its own matter is sure and another, too.
        """
        services = [service["name"] for service, _ in parts]
        matters = [matter["name"] for _, matter in parts]
        if NO_TROUBLE & set(services) or GENERAL in matters or len(set(matters)) == 1:
            return False
        if services[0] == services[1] != CONSULTATION:
            return False
        sure = self._config["sure_from"]
        return all(
            matter["confidence"] >= sure
            and (service["name"] == CONSULTATION or service["confidence"] >= sure)
            for service, matter in parts
        )

    def _urgency(
        self,
        trained: Trained,
        text: Text,
        ranking: List[Dict[Text, Any]],
        tokens: List[Text],
    ) -> Dict[Text, Any]:
        """Words that speak alone, then the learned half, which hints make more suspicious."""
        for cues in self._cues:
            evidence = cues.evidence(text)
            if evidence:
                return _urgent(cues.kind, 1.0, evidence)
        calm = next((item["confidence"] for item in ranking if item["name"] == NONE), 0.0)
        kinds = [item for item in ranking if item["name"] != NONE]
        hints = {cues.kind: cues.hinted(text) for cues in self._cues}
        enough = self._config["hinted_from" if any(hints.values()) else "urgent_from"]
        if kinds and 1.0 - calm >= enough:
            kind = kinds[0]["name"]
            telling = hints.get(kind) or _telling(trained, kind, tokens)
            return _urgent(kind, 1.0 - calm, telling)
        return {"kind": NONE, "flag": False, "confidence": calm, "evidence": []}

    def _persist(self, trained: Trained) -> None:
        kinds = {
            cues.kind: {
                "cues": cues.cues,
                "hints": cues.hints,
                "not_with": cues.not_with,
                "alone": cues.alone,
            }
            for cues in self._cues
        }
        still = self._cues[0].still if self._cues else ()
        words = {
            "urgency": {"still": still, "kinds": kinds},
            "turns": {"words": self._turns.words},
            "classes": trained.learners.classes,
        }
        with self._model_storage.write_to(self._resource) as folder:
            trained.features.write(folder)
            trained.learners.write(folder)
            (folder / LEXICONS_FILE).write_text(json.dumps(words, ensure_ascii=False), "utf-8")

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
            words = json.loads((folder / LEXICONS_FILE).read_text(encoding="utf-8"))
            classes = {name: tuple(labels) for name, labels in words["classes"].items()}
            learners = Learners.read(folder, classes, config["temperatures"], config["lifts"])
        cues, turns = parse_cues(words["urgency"]), parse_turns(words["turns"])
        return cls(config, model_storage, resource, cues, turns, Trained(features, learners))


def _ranking(classes: Tuple[Text, ...], row: Any) -> List[Dict[Text, Any]]:
    order = np.argsort(-row)
    return [
        {"name": classes[index], "confidence": float(row[index])}
        for place, index in enumerate(order)
        if place < 2 or row[index] > LEAST
    ]


def _between(tokens: List[Text], start: int, end: int) -> List[Text]:
    """The tokens that begin in a part of the text; tokens cover it without a gap."""
    found, at = [], 0
    for token in tokens:
        if start <= at < end:
            found.append(token)
        at += len(token)
    return found


def _telling(trained: Trained, kind: Text, tokens: List[Text]) -> List[Text]:
    """The words of the text that speak most for this kind, at most three."""
    weights = trained.learners.term_weights("urgency", kind)
    offset = len(trained.features.characters.vocabulary_)
    vocabulary = trained.features.words.vocabulary_
    scored: List[Tuple[float, Text]] = [
        (float(weights[offset + vocabulary[word]]), word)
        for word in dict.fromkeys(tokens)
        if word in vocabulary and len(word) > 1
    ]
    return [word for weight, word in sorted(scored, reverse=True)[:3] if weight > 0]


def _urgent(kind: Text, confidence: float, evidence: List[Text]) -> Dict[Text, Any]:
    return {"kind": kind, "flag": True, "confidence": confidence, "evidence": evidence}


def _texts_and_tokens(messages: List[Message]) -> Tuple[List[Text], List[List[Text]]]:
    texts = [message.get(NORMAL_FORM) or message.get(TEXT) or "" for message in messages]
    tokens = [
        [token.text for token in message.get(TOKENS_NAMES[TEXT]) or []] for message in messages
    ]
    return texts, tokens


def _questions(examples: List[Message]) -> Dict[Text, Question]:
    """What the network learns to answer, and how much each answer counts."""
    labels = [(message.get(METADATA) or {}).get(METADATA_EXAMPLE) or {} for message in examples]
    return {
        # soft: two careful readers disagree about one text in twenty
        "service": Question([message.get(INTENT) for message in examples], softness=0.1),
        "matter": Question([item.get("matter") for item in labels], softness=0.1),
        # one text in twenty is urgent: recall first
        "urgency": Question([item.get("urgency") for item in labels], balance=0.5),
        "party": Question([item.get("party") for item in labels], weight=0.3),
    }
