"""Which tickets are drawn, and what the marks add up to."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reports.figures import Share
from bot.reports.quality import Candidate, Result, drawn, results

OWNERS = st.lists(st.sampled_from("甲乙丙丁"), max_size=40)


@settings(deadline=None)
@given(OWNERS, st.integers(1, 30), st.integers(1, 10), st.randoms(use_true_random=False))
def test_as_many_as_can_be_and_never_too_many_of_one(
    owners: list[str], count: int, cap: int, chance: random.Random
) -> None:
    found = [Candidate(n, owner) for n, owner in enumerate(owners)]
    picked = drawn(found, count, cap, chance)
    assert set(picked) <= set(found)
    assert len(picked) == len(set(picked))
    assert all(n <= cap for n in Counter(one.owner_id for one in picked).values())
    possible = sum(min(n, cap) for n in Counter(owners).values())
    assert len(picked) == min(count, possible)


def test_every_ticket_can_come() -> None:
    found = [Candidate(n, "甲") for n in range(10)]
    seen = {drawn(found, 1, 1, random.Random(seed))[0].ticket_id for seed in range(200)}
    assert seen == set(range(10))


def test_what_does_not_apply_does_not_count() -> None:
    judged = [
        Result("李莉", {"tone": "yes", "basis": "na"}),
        Result("李莉", {"tone": "no", "basis": "na"}),
        Result("王强", {"tone": "yes"}),  # a criterion that was added later
    ]
    assert results(judged, ["tone", "basis"]) == [
        ("李莉", 2, {"tone": Share(1, 2), "basis": Share(0, 0)}),
        ("王强", 1, {"tone": Share(1, 1), "basis": Share(0, 0)}),
    ]
