"""满意率 of the three platforms: 实体 (window), 热线 (hotline), 网络 (network).

The attachment of Lianyungang's plan asks for the three rates apart (requirements, M15). A rate is
satisfied ÷ rated. 一般 (fair) is rated and is not satisfied; who was asked and said nothing, or did
not want to say, is not counted at all. n stands beside every share: of two ratings 100 % says
little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.tables import Rating

PLATFORMS = ("window", "hotline", "network")
SATISFIED = "satisfied"
SCORES = (SATISFIED, "fair", "dissatisfied")


@dataclass(frozen=True)
class Rate:
    """`satisfied` of `n` ratings."""

    n: int
    satisfied: int

    @property
    def share(self) -> float | None:
        """0 to 1; None: nobody has rated."""
        return self.satisfied / self.n if self.n else None


def rates(
    session: Session, city_id: str | None, since: datetime, until: datetime
) -> dict[str, Rate]:
    """Every platform's rate, of ratings given from `since` until before `until` (naive UTC).

    `city_id` None: all cities.
    """
    query = (
        select(Rating.platform, Rating.score, func.count())
        .where(Rating.score.in_(SCORES), Rating.rated_at >= since, Rating.rated_at < until)
        .group_by(Rating.platform, Rating.score)
    )
    if city_id is not None:
        query = query.where(Rating.city_id == city_id)
    counted: dict[str, dict[str, int]] = {platform: {} for platform in PLATFORMS}
    for platform, score, n in session.execute(query):
        counted[platform][score or ""] = n
    return {platform: rate_of(scores) for platform, scores in counted.items()}


def rate_of(scores: Mapping[str, int]) -> Rate:
    """The rate of so many ratings of each score; pure."""
    return Rate(sum(scores.values()), scores.get(SATISFIED, 0))
