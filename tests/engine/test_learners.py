"""Two learners of the same questions: they learn, answer as one, and are kept as plain arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from engine import regression
from engine.features import VECTOR, Rows
from engine.learners import Learners, train
from engine.questions import Question, lifts_of, softmax, together

RANDOM = np.random.default_rng(0)
COUNT = 90
TERMS = csr_matrix((RANDOM.random((COUNT, 12)) > 0.7).astype(np.float32))
VECTORS = (RANDOM.normal(size=(COUNT, VECTOR)) / 20).astype(np.float32)
ROWS = Rows(TERMS, VECTORS)
SAYS = TERMS.toarray()
# one term decides; two terms decide together, which no single one of them could
ONE: list[str | None] = ["有" if row[0] else "无" for row in SAYS]
BOTH: list[str | None] = ["同" if bool(row[1]) == bool(row[2]) else "异" for row in SAYS]
QUESTIONS = {"one": Question(ONE), "both": Question(BOTH)}
SETTINGS: dict[str, Any] = {
    "hidden": 16, "epochs": 2, "strength": 3.0, "steps": 50, "temperatures": {}, "lifts": {},
}  # fmt: skip


def learn(questions: dict[str, Question], *regressed: str, **settings: Any) -> Learners:
    return train(ROWS, questions, regressed, {**SETTINGS, **settings})


@pytest.fixture(scope="module")
def learners() -> Learners:
    return learn(QUESTIONS, "one")


def right(learners: Learners, question: str, wanted: list[str | None]) -> float:
    found = learners.probabilities(ROWS)[question]
    said = [learners.classes[question][at] for at in found.argmax(axis=1)]
    return float(np.mean([a == b for a, b in zip(said, wanted, strict=True)]))


def test_they_learn_what_one_term_says_and_what_two_say_together(learners: Learners) -> None:
    assert right(learners, "one", ONE) > 0.9
    assert right(learners, "both", BOTH) > 0.9


def test_answers_are_probabilities(learners: Learners) -> None:
    for table in learners.probabilities(ROWS).values():
        np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-5)
        assert (table >= 0).all()


def test_a_telling_term_has_the_greatest_weight(learners: Learners) -> None:
    weights = learners.term_weights("one", "有").astype(np.float32)
    assert weights.argmax() == 0


def test_a_text_is_answered_the_same_alone_and_among_others(learners: Learners) -> None:
    alone = learners.probabilities(Rows(TERMS[3], VECTORS[3:4]))
    among = learners.probabilities(ROWS)
    for question in QUESTIONS:
        np.testing.assert_allclose(alone[question][0], among[question][3], atol=1e-5)


def test_an_example_without_a_label_says_nothing() -> None:
    silent = [None if at % 2 else label for at, label in enumerate(ONE)]
    question = Question(silent)
    assert question.classes == ("无", "有")
    assert (question.answers[1::2] == -1).all()
    found = learn({"one": question, "both": Question(BOTH)}, "one")
    assert right(found, "one", ONE) > 0.8


def test_training_twice_gives_the_same() -> None:
    first, second = (learn(QUESTIONS, "both").probabilities(ROWS)["both"] for _ in range(2))
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_the_regression_is_scikit_learn_s() -> None:
    theirs = LogisticRegression(C=2.0, max_iter=2000, tol=1e-8)
    whole = hstack([TERMS, csr_matrix(VECTORS)]).tocsr()
    three: list[str | None] = ["乙" if a == "有" else b for a, b in zip(ONE, BOTH, strict=True)]
    theirs.fit(whole, three)
    mine = regression.fit(ROWS, Question(three).answers, np.ones(COUNT), 3, strength=2.0, steps=500)
    np.testing.assert_allclose(softmax(mine.logits(ROWS)), theirs.predict_proba(whole), atol=5e-3)


def test_together_is_the_mean_then_lifted_then_warmed() -> None:
    first, second = np.array([[2.0, 0.0]]), np.array([[0.0, 1.0]])
    mean = (softmax(first) + softmax(second)) / 2
    plain = lifts_of(("甲", "乙"), {})
    np.testing.assert_allclose(together([first, second], 1.0, plain), mean, atol=1e-6)
    lifted = together([first, second], 1.0, lifts_of(("甲", "乙"), {"乙": 4.0}))
    odds = lifted[0, 1] / lifted[0, 0]
    assert odds == pytest.approx(4 * mean[0, 1] / mean[0, 0], rel=1e-4)
    warm = together([first, second], 3.0, plain)
    assert warm.argmax() == mean.argmax()
    assert warm.max() < mean.max()


def test_balance_lifts_a_rare_label() -> None:
    rare: list[str | None] = ["有" if at < 5 else "无" for at in range(COUNT)]
    assert Question(rare).class_weights.tolist() == [1.0, 1.0]
    weights = dict(zip(("无", "有"), Question(rare, balance=1.0).class_weights, strict=True))
    assert weights["有"] == pytest.approx(COUNT / 2 / 5)
    assert weights["有"] > weights["无"]


def test_written_and_read_answers_the_same(learners: Learners, tmp_path: Path) -> None:
    learners.write(tmp_path)
    read = Learners.read(tmp_path, learners.classes, {}, {})
    for question in QUESTIONS:
        np.testing.assert_array_equal(
            read.probabilities(ROWS)[question], learners.probabilities(ROWS)[question]
        )
    assert {file.suffix for file in tmp_path.iterdir()} == {".npy", ".npz"}


def test_a_missing_file_is_told(learners: Learners, tmp_path: Path) -> None:
    learners.write(tmp_path)
    (tmp_path / "table.npy").unlink()
    with pytest.raises(FileNotFoundError):
        Learners.read(tmp_path, learners.classes, {}, {})
