"""The questions by which the search is measured, and those on which it is fitted."""

from __future__ import annotations

from bench.answers.questions import to_fit, to_measure
from knowledge.checking import near_copies
from knowledge.content_files import DATA
from knowledge.faq.files import read_faq

ITEMS = {item["id"]: item for item in read_faq(DATA)}
MEASURED, FITTED = to_measure(), to_fit()


def test_there_are_enough_to_measure_by() -> None:
    assert len([one for one in MEASURED if one.item]) >= 300
    assert len([one for one in MEASURED if not one.item]) >= 150


def test_each_names_an_item_that_there_is() -> None:
    assert {one.item for one in [*MEASURED, *FITTED] if one.item} <= ITEMS.keys()


def test_none_is_known_to_the_search_or_to_the_fit() -> None:
    known = [
        *(way for item in ITEMS.values() for way in (item["title"], *item["ask"])),
        *(one.text for one in FITTED),
    ]
    texts = [*known, *(one.text for one in MEASURED)]
    first = len(known)
    near = [(texts[at], texts[other]) for at, other in near_copies(texts) if at >= first > other]
    assert not near
