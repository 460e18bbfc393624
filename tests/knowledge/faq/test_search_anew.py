"""An index made after a change: what stayed is taken over, what is new is found."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from knowledge.faq.items import Item
from knowledge.faq.search import FEATURES, FEW, FaqIndex, Prior
from knowledge.faq.vectors import Matrix
from tests.knowledge.faq.test_search import fake, item

LETTERS = "工资离婚房租车祸借钱合同仲裁公证老人孩子医院学校"


def some_items(count: int, most_ways: int, seed: int = 0) -> list[Item]:
    chance = random.Random(seed)

    def words() -> str:
        return "".join(chance.choices(LETTERS, k=chance.randint(3, 9)))

    return [
        item(
            f"labor.n{n}", words(), [words() for _ in range(chance.randint(0, most_ways))], words()
        )
        for n in range(count)
    ]


class Listened:
    """An encoder that remembers what it was asked to encode."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Matrix:
        self.texts += texts
        return fake(texts)


ITEMS = some_items(30, 8)
ASKED = "学校的老人要仲裁公证"


def test_the_same_items_give_the_same_chances() -> None:
    first = FaqIndex(ITEMS, fake, fake)
    again = FaqIndex([replace(one) for one in ITEMS], fake, fake, first)
    assert again.search(ASKED, Prior(), 30) == first.search(ASKED, Prior(), 30)


def test_only_what_changed_is_looked_at_again_and_is_found() -> None:
    first = FaqIndex(ITEMS, fake, fake)
    changed = [replace(ITEMS[0], ask=("猫上树下不来",)), *ITEMS[1:-1]]
    encoder = Listened()
    index = FaqIndex(changed, encoder, fake, first)
    assert set(encoder.texts) <= {
        ITEMS[0].title,
        "猫上树下不来",
        f"{ITEMS[0].title}。{ITEMS[0].answer}",
    }
    found = index.search("我的猫上树了下不来", Prior(), 30)
    assert found.hits[0].item is changed[0]
    assert ITEMS[-1].id not in {hit.item.id for hit in found.hits}


def test_after_many_changes_everything_is_looked_at_anew() -> None:
    first = FaqIndex(ITEMS, fake, fake)
    others = some_items(30, 8, seed=1)
    assert FaqIndex(others, fake, fake, first).search(ASKED, Prior(), 30) == FaqIndex(
        others, fake, fake
    ).search(ASKED, Prior(), 30)


@pytest.mark.parametrize("among", [None, frozenset(f"labor.n{n}" for n in range(3, 30, 4))])
def test_the_nearest_ways_are_those_of_the_item_itself(among: frozenset[str] | None) -> None:
    index = FaqIndex(ITEMS, fake, fake)
    places, features, _ = index.features(ASKED, Prior(), among)
    nearest = features[:, FEATURES.index("way_meaning")]
    mean = features[:, FEATURES.index("ways_meaning")]
    assert len(places) == (30 if among is None else len(among))
    for place, best, few in zip(places, nearest, mean, strict=True):
        alone = FaqIndex([ITEMS[place]], fake, fake, index)
        _, own, _ = alone.features(ASKED, Prior())
        assert own[0, FEATURES.index("way_meaning")] == pytest.approx(best, abs=1e-5)
        assert few <= best + 1e-6
        if not ITEMS[place].ask:
            assert few == pytest.approx(best, abs=1e-5)
    assert FEW == 3


def test_items_whose_ways_do_not_differ_can_be_searched() -> None:
    index = FaqIndex([item("labor.same", "工资", ["工资", "工资"], "工资")], fake, fake)
    found = index.search("工资", Prior())
    assert np.isfinite([hit.score for hit in found.hits]).all()


def test_half_a_sign_is_left_out() -> None:
    index = FaqIndex(ITEMS, fake, fake)
    assert index.search("工资\ud83d", Prior()) == index.search("工资", Prior())
