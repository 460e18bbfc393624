"""What is asked of a text, and how two learners answer it together.

A regression fitted to its best and a small network make different mistakes: their mean is right
more often than either, above all on texts unlike ours (docs/understanding.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Dict, List, Mapping, Optional, Text, Tuple

import numpy as np

Matrix = Any  # numpy 1.22 has no exact types for these
Classes = Mapping[Text, Tuple[Text, ...]]
LEAST = 1e-9


@dataclass(frozen=True)
class Question:
    """One question and the examples' answers.

    `labels` one an example, None where it has none; `softness`: how much of the wanted probability
    is spread over all labels; `balance` from 0 (every example counts the same) to 1 (every label
    does); `weight` against the other questions.
    """

    labels: List[Optional[Text]]
    softness: float = 0.0
    balance: float = 0.0
    weight: float = 1.0

    @cached_property
    def classes(self) -> Tuple[Text, ...]:
        """Every label that occurs."""
        return tuple(sorted({label for label in self.labels if label}))

    @cached_property
    def answers(self) -> Matrix:
        """The place of each example's label among the classes; -1 where it has none."""
        places = {label: at for at, label in enumerate(self.classes)}
        return np.array([places[label] if label else -1 for label in self.labels])

    @cached_property
    def class_weights(self) -> Matrix:
        """What an example of each class counts."""
        answers = self.answers
        counts = np.bincount(answers[answers >= 0]).astype(np.float32)
        return ((counts.sum() / len(counts) / counts) ** self.balance).astype(np.float32)


def together(logits: List[Matrix], temperature: float, lifts: Matrix) -> Matrix:
    """The mean of several answers as probabilities.

    `lifts` multiply the odds of a class (1: not at all), then the temperature is applied.
    """
    mean = np.mean([softmax(part) for part in logits], axis=0)
    return softmax((np.log(mean + LEAST) + np.log(lifts)) / temperature)


def lifts_of(classes: Tuple[Text, ...], lifts: Dict[Text, float]) -> Matrix:
    """One number a class; what is not named stays as it is."""
    return np.array([lifts.get(name, 1.0) for name in classes], dtype=np.float32)


def softmax(logits: Matrix) -> Matrix:
    """Probabilities of each row."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
