"""How an answer names its source: a law's article, a city's plan, or a local rule of ours.

A plan is never named without its years and status, a local rule never without its date and
whether it was checked.
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.catalogue import Catalogue, Citation, PlanPlace
from knowledge.wording import wording


def cite(
    catalogue: Catalogue, city_id: str, citations: Sequence[Citation], today_year: int
) -> str | None:
    """The sources of one statement for a resident of a city; None when there is none.

    Law comes alone where there is any; what only another city's plan says is not cited.
    """
    laws = [_law(citation) for citation in citations if _type(citation) == "law"]
    if laws:
        return "、".join(laws)
    others = []
    for citation in citations:
        if _type(citation) == "plan" and citation["city"] == city_id:
            plan = catalogue.atlas.cities[city_id].card["plan"]
            place = PlanPlace(
                plan["title"],
                plan["status"],
                plan["valid_from"],
                plan["valid_to"],
                citation["place"],
            )
            others.append(cite_plan(place, today_year))
        elif _type(citation) == "local":
            others.append(_local(catalogue, citation["fact"]))
    return "、".join(others) or None


def cite_plan(plan: PlanPlace, today_year: int) -> str:
    """《…规划》三（一）1（2023-2025年，规划期已满)."""
    text = wording()
    return str(
        text["plan"].format(
            title=plan.title,
            place=plan.place,
            to=plan.valid_to,
            status=text["plan_status"][plan.status],
            over=text["plan_over"] if today_year > plan.valid_to else "",
            **{"from": plan.valid_from},
        )
    )


def _type(citation: Citation) -> str:
    return str(citation.get("type", "law"))


def _law(citation: Citation) -> str:
    return f"{citation['law']}{citation['article']}"


def _local(catalogue: Catalogue, fact_id: str) -> str:
    rule = catalogue.local_rules[fact_id]
    text = wording()["local_rule" if rule.verified else "local_rule_unverified"]
    return str(text.format(topic=rule.topic, source=rule.source, as_of=rule.as_of))
