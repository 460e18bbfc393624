"""The network: it learns, answers each question alone, and says the same after it was kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from engine.features import VECTOR, Rows
from engine.network import Network, Question, train

RANDOM = np.random.default_rng(0)
COUNT = 90
TERMS = csr_matrix((RANDOM.random((COUNT, 12)) > 0.7).astype(np.float32))
VECTORS = (RANDOM.normal(size=(COUNT, VECTOR)) / 20).astype(np.float32)
ROWS = Rows(TERMS, VECTORS)
SAYS = TERMS.toarray()
# one term decides; two terms decide together, which no single one of them could
ONE = ["有" if row[0] else "无" for row in SAYS]
BOTH = ["同" if bool(row[1]) == bool(row[2]) else "异" for row in SAYS]
QUESTIONS = {"one": Question(list(ONE)), "both": Question(list(BOTH))}


def learn(questions: dict[str, Question], **temperatures: float) -> Network:
    return train(ROWS, questions, hidden=16, epochs=2, temperatures=temperatures, lifts={})


@pytest.fixture(scope="module")
def network() -> Network:
    return learn(QUESTIONS)


def said(network: Network, question: str) -> list[str]:
    found = network.probabilities(ROWS)[question]
    return [network.classes[question][at] for at in found.argmax(axis=1)]


def test_it_learns_what_one_term_says_and_what_two_say_together(network: Network) -> None:
    for question, wanted in (("one", ONE), ("both", BOTH)):
        right = [a == b for a, b in zip(said(network, question), wanted, strict=True)]
        assert np.mean(right) > 0.9


def test_answers_are_probabilities(network: Network) -> None:
    for table in network.probabilities(ROWS).values():
        np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-5)
        assert (table >= 0).all()


def test_a_telling_term_has_the_greatest_weight(network: Network) -> None:
    weights = network.term_weights("one", "有").astype(np.float32)
    assert weights.argmax() == 0


def test_a_text_is_answered_the_same_alone_and_among_others(network: Network) -> None:
    alone = network.probabilities(Rows(TERMS[3], VECTORS[3:4]))["both"][0]
    np.testing.assert_allclose(alone, network.probabilities(ROWS)["both"][3], atol=1e-5)


def test_an_example_without_a_label_says_nothing() -> None:
    silent: list[str | None] = [None if at % 2 else label for at, label in enumerate(ONE)]
    network = learn({"one": Question(silent)})
    assert network.classes["one"] == ("无", "有")
    some = learn({"one": Question(silent), "both": Question(list(BOTH))})
    assert np.isfinite(some.probabilities(ROWS)["one"]).all()


def test_training_twice_gives_the_same() -> None:
    first, second = (learn(QUESTIONS).probabilities(ROWS)["both"] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_temperature_changes_how_sure_but_not_what(network: Network) -> None:
    warm = learn(QUESTIONS, both=3.0)
    cold_table, warm_table = (item.probabilities(ROWS)["both"] for item in (network, warm))
    assert (cold_table.argmax(axis=1) == warm_table.argmax(axis=1)).all()
    assert warm_table.max(axis=1).mean() < cold_table.max(axis=1).mean()


def test_a_lift_makes_a_label_likelier(network: Network) -> None:
    lifted = train(ROWS, QUESTIONS, 16, 2, temperatures={}, lifts={"one": {"有": 4.0}})
    at = network.classes["one"].index("有")
    before, after = (item.probabilities(ROWS)["one"][:, at] for item in (network, lifted))
    assert (after > before).all()
    odds = after / (1 - after) / (before / (1 - before))
    np.testing.assert_allclose(odds, 4.0, rtol=0.05)


def test_balance_lifts_a_rare_label() -> None:
    rare: list[str | None] = ["有" if at < 5 else "无" for at in range(COUNT)]
    plain, lifted = (
        learn({"one": Question(rare, softness=0.3, balance=balance)}).probabilities(ROWS)["one"]
        for balance in (0.0, 1.0)
    )
    at = sorted({"有", "无"}).index("有")
    assert lifted[:, at].mean() > plain[:, at].mean()


def test_written_and_read_answers_the_same(network: Network, tmp_path: Path) -> None:
    network.write(tmp_path)
    read = Network.read(tmp_path, network.classes, {}, {})
    for question in QUESTIONS:
        np.testing.assert_array_equal(
            read.probabilities(ROWS)[question], network.probabilities(ROWS)[question]
        )
    assert {file.suffix for file in tmp_path.iterdir()} == {".npy", ".npz"}


def test_a_missing_file_is_told(network: Network, tmp_path: Path) -> None:
    network.write(tmp_path)
    (tmp_path / "table.npy").unlink()
    with pytest.raises(FileNotFoundError):
        Network.read(tmp_path, network.classes, {}, {})
