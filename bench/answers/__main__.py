"""Which answer is found:  python -m bench.answers, and --fit for new weights  (make faq-weights).

`make eval` prints the same figures beside those of the understanding.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import yaml

from bench.answers import report
from bench.answers.fit import Case, fitted
from bench.answers.questions import priors, to_fit
from bot.settings import Settings
from knowledge.boundaries import Boundaries
from knowledge.catalogue import LiveCatalogue
from knowledge.content_files import DATA
from knowledge.database import connect
from knowledge.faq.search import FEATURES, LONGEST, NO_ITEM, FaqIndex
from knowledge.faq.search import weights as shipped
from knowledge.faq.vectors import encode, encoder
from knowledge.text import normalise
from tests.stack import start_stack, stop_stack

FILE = DATA / "faq_search.yml"


def main(fit: bool) -> int:
    """Prints the figures; with `fit` the weights are fitted and written before. Returns 0."""
    index = shipped_index()
    print(report.words()["asking"], flush=True)
    with tempfile.TemporaryDirectory() as home:
        stack = start_stack(Path(home))
        engine = f"http://127.0.0.1:{stack.engine_port}"
        try:
            if fit:
                _fit(engine, index)
                return 0
            found = report.measured(engine, index)
        finally:
            stop_stack(stack)
    print(report.head(found))
    for line in report.lines(found):
        print(line)
    return 0


def shipped_index() -> FaqIndex:
    """Of the items of the prepared database."""
    settings = Settings()
    encoder().read(settings.vectors_file)
    database = connect(settings.database_url)
    items = LiveCatalogue(database, Boundaries.none()).current().faq.values()
    database.dispose()
    return FaqIndex(items, encoder(), encode)


def _fit(engine: str, index: FaqIndex) -> None:
    questions = [
        question
        for question in to_fit()
        if question.item is None or question.item in {item.id for item in index.items}
    ]
    place = {item.id: at for at, item in enumerate(index.items)}
    cases = []
    for question, prior in zip(questions, priors(engine, questions), strict=True):
        _, features, nothing = index.features(normalise(question.text)[:LONGEST], prior)
        right = place[question.item] if question.item else len(index.items)
        cases.append(Case(features, nothing, right))
    weights = fitted(cases, shipped().floor)
    head = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    content = {
        "features": dict(zip(FEATURES, _round(weights.features), strict=True)),
        "no_item": dict(zip(NO_ITEM, _round(weights.no_item), strict=True)),
        "floor": weights.floor,
    }
    body = yaml.safe_dump(content, sort_keys=False)
    FILE.write_text("\n".join([*head, body]), encoding="utf-8")
    print(report.words()["fitted"].format(file=FILE.name, n=len(cases)))


def _round(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    return [round(float(value), 3) for value in values]


if __name__ == "__main__":
    sys.exit(main(fit="--fit" in sys.argv[1:]))
