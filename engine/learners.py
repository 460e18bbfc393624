"""Both learners of all questions: trained side by side, kept together, answering as one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Text, Tuple

import numpy as np
from joblib import Parallel, delayed

from engine import network, regression
from engine.features import Rows
from engine.network import Network
from engine.questions import Classes, Matrix, Question, lifts_of, together
from engine.regression import Regression


class Learners:
    """The network, and a regression for each question that has one."""

    def __init__(
        self,
        net: Network,
        regressions: Dict[Text, Regression],
        temperatures: Dict[Text, float],
        lifts: Dict[Text, Dict[Text, float]],
    ) -> None:
        """`temperatures` by question (default 1); `lifts` of odds by question and label."""
        self._net = net
        self._regressions = regressions
        self._temperatures = temperatures
        self._lifts = {
            name: lifts_of(labels, lifts.get(name, {})) for name, labels in net.classes.items()
        }

    @property
    def classes(self) -> Classes:
        """The labels of each question, in the order of the columns."""
        return self._net.classes

    def probabilities(self, rows: Rows) -> Dict[Text, Matrix]:
        """By question: one row a text, one column a class."""
        answers = {name: [logits] for name, logits in self._net.logits(rows).items()}
        for name, fitted in self._regressions.items():
            answers[name].append(fitted.logits(rows))
        return {
            name: together(logits, self._temperatures.get(name, 1.0), self._lifts[name])
            for name, logits in answers.items()
        }

    def term_weights(self, question: Text, label: Text) -> Matrix:
        """What each term says directly for a label."""
        return self._regressions[question].terms[:, self.classes[question].index(label)]

    def write(self, folder: Path) -> None:
        """Plain arrays."""
        self._net.write(folder)
        for name, fitted in self._regressions.items():
            fitted.write(folder / f"regression_{name}.npz")

    @classmethod
    def read(
        cls,
        folder: Path,
        classes: Classes,
        temperatures: Dict[Text, float],
        lifts: Dict[Text, Dict[Text, float]],
    ) -> "Learners":
        """What `write` wrote: no code is ever unpickled."""
        files = {name: folder / f"regression_{name}.npz" for name in classes}
        regressions = {name: Regression.read(file) for name, file in files.items() if file.exists()}
        return cls(Network.read(folder, classes), regressions, temperatures, lifts)


def train(
    rows: Rows,
    questions: Dict[Text, Question],
    regressed: Tuple[Text, ...],
    settings: Dict[Text, Any],
) -> Learners:
    """Both learners on all processors. `regressed`: the questions that a regression answers, too.

    `settings` are those of TriageClassifier: hidden, epochs, strength, steps, temperatures, lifts.
    """
    jobs = [
        delayed(_fit)(rows, questions[name], settings["strength"], settings["steps"])
        for name in regressed
    ]
    jobs.insert(1, delayed(network.train)(rows, questions, settings["hidden"], settings["epochs"]))
    found = Parallel(n_jobs=os.cpu_count() or 1)(jobs)
    net = found.pop(1)
    return Learners(net, dict(zip(regressed, found)), settings["temperatures"], settings["lifts"])


def _fit(rows: Rows, question: Question, strength: float, steps: int) -> Regression:
    answers = question.answers
    known = np.flatnonzero(answers >= 0)
    return regression.fit(
        Rows(rows.terms[known], rows.vectors[known]),
        answers[known],
        question.class_weights[answers[known]],
        len(question.classes),
        strength,
        steps,
    )
