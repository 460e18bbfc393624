"""Which desks, in which order, and why: pure rules over data, no opinion and no promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from knowledge.catalogue import Catalogue, PlanPlace, ReferralRule

AT_MOST = 5
CHINA = timezone(timedelta(hours=8))
# below this the matter is a guess, and only the general desks are named
SURE_OF_MATTER = 0.25
NOT_A_DESK = frozenset({"legal_consultation", "find_place", "human_handoff", "nlu_fallback"})
STATUS = {"approved": "", "draft": "，征求意见稿", "unknown": "，原文未载明是否印发"}


@dataclass(frozen=True)
class Referral:
    """One desk for this trouble: `source` names law + article or plan, `deadline` a time limit."""

    service: str
    name: str
    desk: str
    why: str
    source: str | None
    deadline: str | None
    party: str | None


def refer(
    catalogue: Catalogue,
    city_id: str,
    service: str,
    matter: str | None,
    matter_confidence: float,
    urgent_kind: str = "none",
    today_year: int | None = None,
) -> list[Referral]:
    """The ordered desks for one trouble in one city; empty only for what is out of scope.

    `today_year` decides which plans have ended; without it, this year in China.
    """
    if today_year is None:
        today_year = datetime.now(CHINA).year
    if service == "out_of_scope":
        return []
    if service == "other_government":
        return [_desk(catalogue, city_id, service, today_year)]
    known = matter is not None and matter_confidence >= SURE_OF_MATTER
    rules = _rules(catalogue, city_id, matter if known and matter else "general", urgent_kind)
    referrals: list[Referral] = []
    if service not in NOT_A_DESK:
        asked = [rule for rule in rules if rule.service_id == service]
        if not asked:
            # this matter's desks say nothing about the one that was asked for
            rules = [rule for rule in rules if rule.service_id == "legal_consultation"]
        referrals = [_from_rule(catalogue, city_id, rule, today_year) for rule in asked] or [
            _desk(catalogue, city_id, service, today_year)
        ]
        rules = [rule for rule in rules if rule.service_id != service]
    referrals += [
        _from_rule(catalogue, city_id, rule, today_year)
        for rule in rules
        if not rule.only_when_asked
        and urgent_kind not in catalogue.services[rule.service_id].not_when_urgent
    ]
    kept = referrals[:AT_MOST]
    if all(referral.service != "legal_consultation" for referral in kept):
        kept = [*kept[: AT_MOST - 1], _desk(catalogue, city_id, "legal_consultation", today_year)]
    return kept


def _rules(catalogue: Catalogue, city_id: str, matter: str, urgent_kind: str) -> list[ReferralRule]:
    rules = [
        rule
        for rule in catalogue.rules.get(matter, ())
        if not rule.cities or city_id in rule.cities
    ]
    return sorted(rules, key=lambda rule: urgent_kind not in rule.first_when_urgent)


def _from_rule(catalogue: Catalogue, city_id: str, rule: ReferralRule, today_year: int) -> Referral:
    service = catalogue.services[rule.service_id]
    return Referral(
        service=service.id,
        name=service.name,
        desk=rule.desk or service.name,
        why=rule.why,
        source=_source(rule.citations, city_id, catalogue, rule.service_id, today_year),
        deadline=_deadline(rule.deadline),
        party=rule.party,
    )


def _desk(catalogue: Catalogue, city_id: str, service_id: str, today_year: int) -> Referral:
    service = catalogue.services[service_id]
    return Referral(
        service=service.id,
        name=service.name,
        desk=service.name,
        why=service.why,
        source=_source(service.citations, city_id, catalogue, service_id, today_year),
        deadline=_deadline(service.deadline),
        party=None,
    )


def _source(
    citations: Sequence[dict[str, str]],
    city_id: str,
    catalogue: Catalogue,
    service_id: str,
    today_year: int,
) -> str | None:
    laws = [
        f"{citation['law']}{citation['article']}"
        for citation in citations
        if citation.get("type", "law") == "law"
    ]
    if laws:
        return "、".join(laws)
    plan = catalogue.plans.get((city_id, service_id))
    return cite_plan(plan, today_year) if plan else None


def cite_plan(plan: PlanPlace, today_year: int) -> str:
    """《…规划》三（一）1（2023-2025年，规划期已满）: never a plan without its years and status."""
    over = "，规划期已满" if today_year > plan.valid_to else ""
    years = f"{plan.valid_from}-{plan.valid_to}年{STATUS[plan.status]}{over}"
    return f"《{plan.title}》{plan.place}（{years}）"


def _deadline(deadline: dict[str, object] | None) -> str | None:
    if not deadline:
        return None
    exception = "；有例外，请尽早问清" if deadline.get("exception") else ""
    return f"{deadline['text']}（{deadline['law']}{deadline['article']}）{exception}"
