"""Cutting Chinese text into words with a legal lexicon and the served cities' place names.

Differs from Rasa's JiebaTokenizer: a change of the lexicon retrains (fingerprint_addon), the text
is normalised first, blanks are no tokens, and the dictionary is loaded at start, not at the first
message.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

import jieba
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.normal_form import normal_form

NORMAL_FORM = "normal_form"
WORDS_FILE = "words.txt"

jieba.setLogLevel(logging.WARNING)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class ChineseTokenizer(Tokenizer):
    """jieba over the normal form, with our own words kept whole."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`lexicon`: a file of words, one a line; `places`: the gazetteer exported by the app."""
        return {
            "lexicon": "nlu_data/lexicons/legal_terms.txt",
            "places": "var/gazetteer.json",
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        words: List[Text],
    ) -> None:
        """`words` join jieba's own dictionary for this instance only."""
        super().__init__(config)
        self._model_storage = model_storage
        self._resource = resource
        self._words = words
        self._jieba = jieba.Tokenizer()
        self._jieba.initialize()
        for word in words:
            self._jieba.add_word(word)

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "ChineseTokenizer":
        """Read the word files named in the config."""
        return cls(config, model_storage, resource, _words(config))

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "ChineseTokenizer":
        """Take the words from the model, so that a model cuts today as it did when trained."""
        with model_storage.read_from(resource) as folder:
            words = (folder / WORDS_FILE).read_text(encoding="utf-8").splitlines()
        return cls(config, model_storage, resource, words)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """A changed word file is a changed component."""
        return hashlib.sha256("\n".join(_words(config)).encode()).hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Nothing is learned; the words are kept with the model."""
        with self._model_storage.write_to(self._resource) as folder:
            (folder / WORDS_FILE).write_text("\n".join(self._words), encoding="utf-8")
        return self._resource

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        """Tokens of the normal form; offsets point into the normal form, kept on the message."""
        text = normal_form(message.get(attribute))
        if attribute == "text":
            message.set(NORMAL_FORM, text)
        return [Token(word, start) for word, start, _ in self._jieba.tokenize(text)]


def places_file(config: Dict[Text, Any]) -> Path:
    """Where the exported gazetteer lies; WENFA_GAZETTEER wins over the config."""
    return Path(os.environ.get("WENFA_GAZETTEER") or config["places"])


def _words(config: Dict[Text, Any]) -> List[Text]:
    words = set()
    for line in Path(config["lexicon"]).read_text(encoding="utf-8").splitlines():
        word = line.split("#")[0].strip()
        if word:
            words.add(normal_form(word))
    places = places_file(config)
    if places.exists():
        words.update(json.loads(places.read_text(encoding="utf-8"))["words"])
    return sorted(words)
