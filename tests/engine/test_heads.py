"""Logistic regressions over two blocks of features, against scikit-learn's over one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from engine.features import Rows
from engine.heads import Heads, fit

RANDOM = np.random.default_rng(0)
TERMS = csr_matrix((RANDOM.random((60, 9)) > 0.6).astype(np.float32))
VECTORS = RANDOM.normal(size=(60, 4)).astype(np.float32)
ROWS = Rows(TERMS, VECTORS)
LABELS = ["乙", "丙", "甲"] * 20


def test_the_answer_is_scikit_learn_s() -> None:
    theirs = LogisticRegression(C=2.0, max_iter=2000, tol=1e-8)
    whole = hstack([TERMS, csr_matrix(VECTORS)]).tocsr()
    theirs.fit(whole, LABELS)
    heads = Heads({"one": fit(ROWS, LABELS, strength=2.0, steps=500)}, {})
    assert heads.by_name["one"].classes == tuple(theirs.classes_)
    np.testing.assert_allclose(
        heads.probabilities(ROWS)["one"], theirs.predict_proba(whole), atol=2e-3
    )


def test_heads_answer_side_by_side_as_they_do_alone() -> None:
    other = ["有" if index % 2 else "无" for index in range(60)]
    one, two = fit(ROWS, LABELS, 2.0, 50), fit(ROWS, other, 2.0, 50)
    both = Heads({"one": one, "two": two}, {}).probabilities(ROWS)
    np.testing.assert_allclose(both["one"], Heads({"one": one}, {}).probabilities(ROWS)["one"])
    np.testing.assert_allclose(both["two"], Heads({"two": two}, {}).probabilities(ROWS)["two"])
    np.testing.assert_allclose(both["one"].sum(axis=1), 1, atol=1e-5)


def test_a_temperature_changes_how_sure_but_not_what() -> None:
    head = fit(ROWS, LABELS, 2.0, 50)
    cold, warm = (Heads({"one": head}, {"one": t}).probabilities(ROWS)["one"] for t in (1.0, 3.0))
    assert (cold.argmax(axis=1) == warm.argmax(axis=1)).all()
    assert (warm.max(axis=1) < cold.max(axis=1)).all()


def test_balance_lifts_a_rare_class() -> None:
    rare = ["有" if index < 4 else "无" for index in range(60)]
    plain, lifted = (
        Heads({"one": fit(ROWS, rare, 0.5, 200, balance)}, {}).probabilities(ROWS)["one"]
        for balance in (0.0, 1.0)
    )
    at = sorted({"有", "无"}).index("有")
    assert lifted[:, at].mean() > plain[:, at].mean()


def test_written_and_read_answers_the_same(tmp_path: Path) -> None:
    heads = Heads({"one": fit(ROWS, LABELS, 2.0, 50)}, {"one": 1.3})
    heads.write(tmp_path)
    read = Heads.read(tmp_path, ["one"], {"one": 1.3})
    np.testing.assert_array_equal(read.probabilities(ROWS)["one"], heads.probabilities(ROWS)["one"])


def test_a_missing_head_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Heads.read(tmp_path, ["one"], {})
