"""Logistic regressions that share their features: one a question that we ask of a text.

Scikit-learn's LogisticRegression takes one matrix, and the sentence vectors as sparse numbers cost
it ten times the time. Here the two blocks stay what they are, SciPy's L-BFGS does the work, and all
heads answer with one multiplication.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence, Text, Tuple

import numpy as np
from scipy.optimize import minimize

from engine.features import Rows

Matrix = Any  # numpy 1.22 has no exact types for these


@dataclass(frozen=True)
class Head:
    """A trained head: its classes, and weights over terms, over vectors, and alone."""

    classes: Tuple[Text, ...]
    terms: Matrix
    vectors: Matrix
    bias: Matrix


class Heads:
    """All heads side by side; answers with probabilities by head."""

    def __init__(self, heads: Dict[Text, Head], temperatures: Dict[Text, float]) -> None:
        """`temperatures` divide a head's logits before they become probabilities (default 1)."""
        self.by_name = heads
        self._temperatures = temperatures
        order = list(heads.values())
        self._terms = np.hstack([head.terms for head in order])
        self._vectors = np.hstack([head.vectors for head in order])
        self._bias = np.concatenate([head.bias for head in order])

    def probabilities(self, rows: Rows) -> Dict[Text, Matrix]:
        """By head: one row a text, one column a class."""
        logits = rows.terms @ self._terms + rows.vectors @ self._vectors + self._bias
        found, start = {}, 0
        for name, head in self.by_name.items():
            end = start + len(head.classes)
            found[name] = _softmax(logits[:, start:end] / self._temperatures.get(name, 1.0))
            start = end
        return found

    def write(self, folder: Path) -> None:
        """Plain arrays, one file a head."""
        for name, head in self.by_name.items():
            np.savez_compressed(
                folder / f"{name}.npz",
                terms=head.terms,
                vectors=head.vectors,
                bias=head.bias,
                classes=np.asarray(head.classes, dtype=str),
            )

    @classmethod
    def read(cls, folder: Path, names: Sequence[Text], temperatures: Dict[Text, float]) -> "Heads":
        """What `write` wrote: no code is ever unpickled."""
        heads = {}
        for name in names:
            arrays = np.load(folder / f"{name}.npz", allow_pickle=False)
            classes = tuple(str(item) for item in arrays["classes"])
            heads[name] = Head(classes, arrays["terms"], arrays["vectors"], arrays["bias"])
        return cls(heads, temperatures)


def fit(rows: Rows, labels: List[Text], strength: float, steps: int, balance: float = 0.0) -> Head:
    """Multinomial logistic regression with an L2 penalty of 1 / `strength`.

    `balance` from 0 (every example counts the same) to 1 (every class counts the same).
    """
    classes, answers = np.unique(labels, return_inverse=True)
    counts = np.bincount(answers).astype(np.float64)
    weights = (len(labels) / len(classes) / counts) ** balance
    problem = _Problem(rows, answers, len(classes), weights[answers], 1.0 / strength)
    found = minimize(
        problem.loss_and_slope,
        np.zeros(problem.size),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxcor": 8},
    )
    terms, vectors, bias = problem.unpack(found.x.astype(np.float32))
    return Head(tuple(str(name) for name in classes), terms, vectors, bias)


class _Problem:
    """The loss of a head over its examples, in 32-bit numbers; the penalty spares the bias."""

    def __init__(
        self, rows: Rows, answers: Matrix, classes: int, weights: Matrix, penalty: float
    ) -> None:
        self._terms = rows.terms.astype(np.float32).tocsr()
        self._turned = self._terms.T.tocsr()
        self._vectors = rows.vectors.astype(np.float32)
        self._wanted = np.eye(classes, dtype=np.float32)[answers]
        self._weights = weights.astype(np.float32)
        self._penalty = penalty
        self._classes = classes
        self.size = (self._terms.shape[1] + self._vectors.shape[1] + 1) * classes

    def unpack(self, flat: Matrix) -> Tuple[Matrix, Matrix, Matrix]:
        """Weights over terms, over vectors, and the bias."""
        table = flat.reshape(-1, self._classes)
        border = self._terms.shape[1]
        return table[:border], table[border:-1], table[-1]

    def loss_and_slope(self, flat: Matrix) -> Tuple[float, Matrix]:
        """Mean loss of an example and its gradient."""
        count = len(self._weights)
        terms, vectors, bias = self.unpack(flat.astype(np.float32))
        logits = self._terms @ terms + self._vectors @ vectors + bias
        logits -= logits.max(axis=1, keepdims=True)
        raised = np.exp(logits)
        total = raised.sum(axis=1, keepdims=True)
        likelihood = (logits * self._wanted).sum(axis=1) - np.log(total[:, 0])
        table = flat.reshape(-1, self._classes)
        penalty = 0.5 * self._penalty * float((table[:-1] ** 2).sum())
        loss = penalty - float((self._weights * likelihood).sum(dtype=np.float64))
        error = (raised / total - self._wanted) * self._weights[:, None]
        slope = np.vstack([self._turned @ error, self._vectors.T @ error, error.sum(axis=0)[None]])
        slope = slope.astype(np.float64)
        slope[:-1] += self._penalty * table[:-1]
        return loss / count, slope.ravel() / count


def _softmax(logits: Matrix) -> Matrix:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
