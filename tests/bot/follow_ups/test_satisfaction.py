"""满意率: satisfied ÷ rated, each platform for itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.follow_ups.satisfaction import PLATFORMS, SCORES, Rate, rate_of, rates
from bot.tables import Rating

COUNTS = st.fixed_dictionaries({score: st.integers(0, 500) for score in SCORES})
NOW = utcnow()


@given(COUNTS)
def test_a_rate_lies_between_none_and_all(scores: dict[str, int]) -> None:
    rate = rate_of(scores)
    assert 0 <= rate.satisfied <= rate.n == sum(scores.values())
    if rate.n:
        assert rate.share is not None
        assert 0 <= rate.share <= 1
    else:
        assert rate.share is None


@given(COUNTS, st.sampled_from(["fair", "dissatisfied"]))
def test_whoever_is_not_satisfied_lowers_it(scores: dict[str, int], other: str) -> None:
    before, after = rate_of(scores), rate_of(scores | {other: scores[other] + 1})
    assert after.satisfied == before.satisfied
    assert after.n == before.n + 1


def test_counted_by_platform_city_and_time(any_database: Engine) -> None:
    def rated(platform: str, score: str | None, city: str = "zhongshan", days: int = 1) -> Rating:
        at = NOW - timedelta(days=days)
        made: dict[str, Any] = {"conversation_id": None, "ticket_id": None, "ending": "person"}
        number = f"{len(rows):016x}"
        return Rating(
            id=number, city_id=city, platform=platform, offered_at=at, score=score,
            rated_at=at, **made,
        )  # fmt: skip

    rows: list[Rating] = []
    for given_rating in (
        ("network", "satisfied"), ("network", "satisfied"), ("network", "fair"),
        ("network", "dissatisfied"), ("network", None), ("window", "satisfied"),
        ("window", "dissatisfied", "qingyuan"), ("hotline", "satisfied", "zhongshan", 40),
    ):  # fmt: skip
        rows.append(rated(*given_rating))
    with Session(any_database) as session:
        session.add_all(rows)
        session.flush()
        month = (NOW - timedelta(days=30), NOW)
        found = rates(session, "zhongshan", *month)
        assert found == {"network": Rate(4, 2), "window": Rate(1, 1), "hotline": Rate(0, 0)}
        assert tuple(found) == ("window", "hotline", "network") == PLATFORMS
        assert rates(session, None, *month)["window"] == Rate(2, 1)
        # from the first moment, until before the last
        day = NOW - timedelta(days=1)
        assert rates(session, None, NOW - timedelta(days=2), day)["network"].n == 0
        assert rates(session, None, day, NOW)["network"].n == 4
