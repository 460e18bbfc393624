"""Logistic regressions over terms and sentence vectors: one a question.

Scikit-learn's LogisticRegression takes one matrix, and the sentence vectors as sparse numbers cost
it ten times the time. Here the two blocks stay what they are, and SciPy's L-BFGS does the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Tuple

import numpy as np
from scipy.optimize import minimize

from engine.features import Rows

Matrix = Any  # numpy 1.22 has no exact types for these


@dataclass(frozen=True)
class Regression:
    """Weights over terms (kept in 16 bits), over vectors, and alone; a column a class."""

    terms: Matrix
    vectors: Matrix
    bias: Matrix

    def logits(self, rows: Rows) -> Matrix:
        """One row a text, one column a class."""
        return rows.summed(self.terms) + rows.vectors @ self.vectors + self.bias

    def write(self, file: Path) -> None:
        """Plain arrays."""
        np.savez(file, terms=self.terms, vectors=self.vectors, bias=self.bias)

    @classmethod
    def read(cls, file: Path) -> "Regression":
        """What `write` wrote: no code is ever unpickled."""
        with np.load(file, allow_pickle=False) as arrays:
            return cls(arrays["terms"], arrays["vectors"], arrays["bias"])


def fit(
    rows: Rows, answers: Matrix, weights: Matrix, classes: int, strength: float, steps: int
) -> Regression:
    """Multinomial, with an L2 penalty of 1 / `strength`; `answers` and `weights` one an example."""
    problem = _Problem(rows, answers, classes, weights, 1.0 / strength)
    found = minimize(
        problem.loss_and_slope,
        np.zeros(problem.size),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxcor": 8},
    )
    terms, vectors, bias = problem.unpack(found.x.astype(np.float32))
    return Regression(terms.astype(np.float16), vectors, bias)


class _Problem:
    """The loss over the examples, in 32-bit numbers; the penalty spares the bias."""

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
