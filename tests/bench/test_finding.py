"""The made-up answers of the bench: as many as it says, searched like ours."""

from __future__ import annotations

from bench.finding import many, measure_search
from knowledge.catalogue import Catalogue
from knowledge.faq.search import ALL, Prior


def test_very_many_are_searched_and_timed(catalogue: Catalogue) -> None:
    index = many(tuple(catalogue.faq.values()), 2 * ALL)
    assert len(index.items) == 2 * ALL
    assert len(index.search("老板拖欠工资", Prior()).hits) == 3
    assert len(measure_search(index, ["老板拖欠工资", "想离婚"], rounds=2).times) == 4
