"""Referral rules whose slips desks sent back: for whoever keeps the rules to look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.slips.tables import RuleFlag, Slip
from bot.slips.words import reason_name
from knowledge.catalogue import Catalogue
from knowledge.taxonomy import taxonomy

# flags that are read at once; more than these are shown when they are settled
AT_MOST = 2000


@dataclass(frozen=True)
class Flagged:
    """One rule: its desk and matter in words, and why its slips came back, the commonest first."""

    rule: str
    name: str
    count: int
    reasons: tuple[tuple[str, int], ...]
    last_at: datetime


def flagged(session: Session, catalogue: Catalogue, city_id: str | None) -> list[Flagged]:
    """The rules with flags that nobody has settled, of a city or of all; the most flagged first."""
    reasons: dict[str, Counter[str]] = {}
    last: dict[str, datetime] = {}
    names = _names(catalogue)
    for flag in session.scalars(_open(city_id).order_by(RuleFlag.id).limit(AT_MOST)):
        reasons.setdefault(flag.rule, Counter())[reason_name(flag.reason)] += 1
        last[flag.rule] = flag.at
    found = [
        Flagged(
            rule, names.get(rule, rule), counted.total(), tuple(counted.most_common()), last[rule]
        )
        for rule, counted in reasons.items()
    ]
    return sorted(found, key=lambda one: (-one.count, one.rule))


def settle(session: Session, rule: str, city_id: str | None, by: str) -> int:
    """Somebody has looked at the rule; how many flags that settles."""
    flags = list(session.scalars(_open(city_id).where(RuleFlag.rule == rule).with_for_update()))
    for flag in flags:
        flag.settled_at, flag.settled_by = utcnow(), by
    return len(flags)


def _open(city_id: str | None) -> Select[RuleFlag]:
    query = select(RuleFlag).where(RuleFlag.settled_at.is_(None))
    if city_id is None:
        return query
    return query.where(RuleFlag.slip_id.in_(select(Slip.id).where(Slip.city_id == city_id)))


def _names(catalogue: Catalogue) -> dict[str, str]:
    """Each rule's desk, and the matter that it is for."""
    matters = taxonomy().matters
    rules = {
        rule.id: f"{rule.desk or catalogue.services[rule.service_id].name}"
        + (f"（{matters[matter]}）" if matter in matters else "")
        for matter, group in catalogue.rules.items()
        for rule in group
    }
    return rules | {partner.id: partner.desk for partner in catalogue.partners}
