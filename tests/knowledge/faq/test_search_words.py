"""Letters and pairs of letters: what is found by them, and what never breaks them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.faq.words import Letters, Pairs, pieces, plain

WAYS = ["老板不发工钱", "干了活拿不到钱", "想离婚", "跟老公散伙"]
COUNTS = np.array([2, 2])
KINDS = (Letters, Pairs)


def test_pieces_stay_within_their_text() -> None:
    own, found = pieces(["工钱", "", "钱工钱"], 2)
    assert own.tolist() == [0, 2, 2]
    assert found[0] == found[2] != found[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("asked", "first"), [("工钱不发了", 0), ("老公要离婚", 1)])
def test_the_item_with_the_letters_comes_first(
    kind: type[Letters] | type[Pairs], asked: str, first: int
) -> None:
    assert int(np.argmax(kind(WAYS, COUNTS).scores(asked))) == first


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_twice_as_long_is_surer(kind: type[Letters] | type[Pairs]) -> None:
    words = kind(WAYS, COUNTS)
    short, long = words.scores("工钱"), words.scores("老板不发工钱")
    assert long[0] - long[1] > short[0] - short[1] > 0


@given(st.text(max_size=60))
def test_every_text_has_a_finite_score_for_every_item(text: str) -> None:
    for kind in KINDS:
        for ways, counts in ((WAYS, COUNTS), (["", ""], np.array([1, 1]))):
            scores = kind(ways, counts).scores(plain(text))
            assert scores.shape == (2,)
            assert np.isfinite(scores).all()


@given(st.text("老板工钱离婚散伙天", max_size=20), st.sets(st.integers(0, 1)))
def test_some_items_have_the_scores_they_have_among_all(text: str, some: set[int]) -> None:
    letters, items = Letters(WAYS, COUNTS), np.array(sorted(some), dtype=np.int64)
    assert letters.scores(text, items) == pytest.approx(letters.scores(text)[items])


@pytest.mark.parametrize("kind", KINDS)
def test_no_items_no_scores(kind: type[Letters] | type[Pairs]) -> None:
    assert kind([], np.array([], dtype=np.int64)).scores("工钱").shape == (0,)
