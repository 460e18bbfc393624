"""One small network that answers all our questions of a text at once, trained in half a minute.

Wide and deep: every answer reads the terms and the sentence vector directly (as a logistic
regression does, so that one telling word is enough) and through a shared hidden layer (so that
words together can mean what none of them means alone). Compared in docs/understanding.md.

NumPy and SciPy are enough: TensorFlow would be another second of every start, and only the rows of
the large table whose terms occur in a batch need to move.
"""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence, Text, Tuple

import numpy as np

from engine.features import Rows
from engine.questions import Classes, Question, softmax

Matrix = Any  # numpy 1.22 has no exact types for these

BATCH = 256
LEAST_STEPS = 300  # a handful of examples is gone through more often
RATE, LAST_RATE = 2e-3, 0.02  # the step, and what is left of it at the end
SHRINK = 0.02  # weight decay of the small matrices
# features of a text are small numbers: these bring them to the size that the steps suit
TERMS_DEEP, TERMS_WIDE, VECTOR_DEEP, VECTOR_WIDE = 3.0, 3.0, 8.0, 4.0


class Network:
    """A trained network; answers with logits by question."""

    def __init__(self, classes: Classes, arrays: Dict[Text, Matrix]) -> None:
        """`arrays` as `train` made them."""
        self.classes = classes
        self._arrays = arrays
        self._hidden = arrays["vector_bias"].shape[0]

    def logits(self, rows: Rows) -> Dict[Text, Matrix]:
        """By question: one row a text, one column a class."""
        summed = rows.summed(self._arrays["table"])
        _, logits = _forward(self._arrays, self._hidden, summed, rows.vectors)
        return {name: logits[:, start:end] for name, (start, end) in _spans(self.classes).items()}

    def write(self, folder: Path) -> None:
        """Plain arrays."""
        np.save(folder / "table.npy", self._arrays["table"])
        small = {name: array for name, array in self._arrays.items() if name != "table"}
        np.savez_compressed(folder / "network.npz", **small)

    @classmethod
    def read(cls, folder: Path, classes: Classes) -> "Network":
        """What `write` wrote: no code is ever unpickled."""
        arrays = dict(np.load(folder / "network.npz", allow_pickle=False))
        arrays["table"] = np.load(folder / "table.npy", allow_pickle=False)
        return cls(classes, arrays)


def train(rows: Rows, questions: Dict[Text, Question], hidden: int, epochs: int) -> Network:
    """A network from examples; the same examples give the same network."""
    random = np.random.default_rng(0)
    classes = {name: question.classes for name, question in questions.items()}
    arrays = _start(random, rows, hidden, sum(map(len, classes.values())))
    steps = _Steps(arrays, rows, questions, hidden, random)
    count = rows.terms.shape[0]
    batches = ceil(count / BATCH)
    epochs = max(epochs, ceil(LEAST_STEPS / batches))
    done = 0
    for _ in range(epochs):
        order = random.permutation(count)
        for start in range(0, count, BATCH):
            rate = RATE * max(LAST_RATE, 1 - done / (epochs * batches))
            steps.step(order[start : start + BATCH], rate)
            done += 1
    arrays["table"] = arrays["table"].astype(np.float16)
    return Network(classes, arrays)


def _start(random: Any, rows: Rows, hidden: int, answers: int) -> Dict[Text, Matrix]:
    """The first weights: small and random where the network is deep, nothing where it is wide."""
    size = rows.vectors.shape[1]

    def draw(shape: Tuple[int, int], most: float) -> Matrix:
        return random.uniform(-most, most, shape).astype(np.float32)

    table = np.zeros((rows.terms.shape[1], hidden + answers), dtype=np.float32)
    table[:, :hidden] = random.normal(0, 0.05, (table.shape[0], hidden))
    return {
        "table": table,
        "vector_deep": draw((size, hidden), size**-0.5),
        "vector_bias": np.zeros(hidden, dtype=np.float32),
        "vector_wide": draw((size, answers), size**-0.5),
        "out": draw((2 * hidden, answers), (2 * hidden) ** -0.5),
        "out_bias": np.zeros(answers, dtype=np.float32),
    }


class _Steps:
    """Adam over batches; the large table moves only where a batch touches it."""

    def __init__(
        self,
        arrays: Dict[Text, Matrix],
        rows: Rows,
        questions: Dict[Text, Question],
        hidden: int,
        random: Any,
    ) -> None:
        self._arrays, self._rows, self._hidden, self._random = arrays, rows, hidden, random
        self._questions = questions
        self._spans = _spans({name: question.classes for name, question in questions.items()})
        self._first = {name: np.zeros_like(array) for name, array in arrays.items()}
        self._second = {name: np.zeros_like(array) for name, array in arrays.items()}
        self._done = 0

    def step(self, batch: Matrix, rate: float) -> None:
        """One batch forward and back."""
        arrays, hidden = self._arrays, self._hidden
        terms, vectors = self._rows.terms[batch], self._rows.vectors[batch]
        columns, places = np.unique(terms.indices, return_inverse=True)
        terms = type(terms)((terms.data, places, terms.indptr), shape=(len(batch), len(columns)))
        summed = terms @ arrays["table"][columns]
        drop_hidden = self._drop((len(batch), 2 * hidden))
        drop_terms = self._drop((len(batch), summed.shape[1] - hidden))
        drop_vectors = self._drop(vectors.shape)
        summed[:, hidden:] *= drop_terms
        deep, logits = _forward(
            arrays, hidden, summed, vectors, drop_hidden, vectors * drop_vectors
        )
        error = self._error(logits, batch)
        back = (error @ arrays["out"].T) * drop_hidden * (deep > 0)
        slope_sum = np.concatenate(
            [back[:, :hidden] * TERMS_DEEP, error * drop_terms * TERMS_WIDE], axis=1
        )
        slopes = {
            "vector_deep": (vectors * VECTOR_DEEP).T @ back[:, hidden:],
            "vector_bias": back[:, hidden:].sum(axis=0),
            "vector_wide": (vectors * drop_vectors * VECTOR_WIDE).T @ error,
            "out": (deep * drop_hidden).T @ error,
            "out_bias": error.sum(axis=0),
        }
        self._done += 1
        for name, slope in slopes.items():
            arrays[name] *= 1 - rate * SHRINK
            arrays[name] -= self._adam(name, slice(None), slope, rate)
        slope = terms.T.tocsr() @ slope_sum
        arrays["table"][columns] -= self._adam("table", columns, slope, rate)

    def _drop(self, shape: Tuple[int, ...]) -> Matrix:
        """Half of the numbers are left out, the other half counts twice."""
        return (self._random.random(shape, dtype=np.float32) < 0.5).astype(np.float32) * 2

    def _error(self, logits: Matrix, batch: Matrix) -> Matrix:
        """Slope of the loss by each logit; an example without a label says nothing."""
        error = np.zeros_like(logits)
        for name, question in self._questions.items():
            start, end = self._spans[name]
            answers = question.answers[batch]
            known = np.flatnonzero(answers >= 0)
            if not len(known):
                continue
            weights = question.class_weights[answers[known]][:, None]
            wanted = np.full((len(known), end - start), question.softness / (end - start))
            wanted[np.arange(len(known)), answers[known]] += 1 - question.softness
            found = softmax(logits[known, start:end])
            error[known, start:end] = question.weight * weights * (found - wanted) / weights.sum()
        return error

    def _adam(self, name: Text, part: Any, slope: Matrix, rate: float) -> Matrix:
        """How far to go. In place: new memory for each result takes longer than the sums."""
        first, second = self._first[name][part], self._second[name][part]
        first *= 0.9
        second *= 0.999
        work = slope * 0.1
        first += work
        np.multiply(slope, 0.001, out=work)
        work *= slope
        second += work
        self._first[name][part], self._second[name][part] = first, second
        np.divide(second, 1 - 0.999**self._done, out=work)
        np.sqrt(work, out=work)
        work += 1e-8
        way = np.divide(first, 1 - 0.9**self._done, out=slope)
        way *= rate
        way /= work
        return way


def _forward(
    arrays: Dict[Text, Matrix],
    hidden: int,
    summed: Matrix,
    vectors: Matrix,
    drop_hidden: Optional[Matrix] = None,
    wide_vectors: Optional[Matrix] = None,
) -> Tuple[Matrix, Matrix]:
    """The hidden layer (before anything is left out) and the logits of all questions."""
    from_vectors = vectors * VECTOR_DEEP @ arrays["vector_deep"] + arrays["vector_bias"]
    deep = np.concatenate([summed[:, :hidden] * TERMS_DEEP, from_vectors], axis=1)
    np.maximum(deep, 0, out=deep)
    kept = deep if drop_hidden is None else deep * drop_hidden
    wide = vectors if wide_vectors is None else wide_vectors
    logits = (
        kept @ arrays["out"]
        + arrays["out_bias"]
        + summed[:, hidden:] * TERMS_WIDE
        + wide * VECTOR_WIDE @ arrays["vector_wide"]
    )
    return deep, logits


def _spans(classes: Mapping[Text, Sequence[Text]]) -> Dict[Text, Tuple[int, int]]:
    """Where each question's answers stand among all."""
    found, start = {}, 0
    for name, labels in classes.items():
        found[name] = (start, start + len(labels))
        start += len(labels)
    return found
