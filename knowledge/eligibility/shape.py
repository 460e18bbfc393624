"""The public shape of a screening and of its vocabulary (docs/api.md); chat cards are the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from knowledge.catalogue import Catalogue
from knowledge.contract import place_shape
from knowledge.eligibility.facts import Facts
from knowledge.eligibility.jurisdiction import decide, forum
from knowledge.eligibility.questions import Question, question_for
from knowledge.eligibility.screening import Decision, Reason
from knowledge.eligibility.vocabulary import Kind, vocabulary
from knowledge.law.links import cited_shape
from knowledge.places import nearest

Shape = dict[str, Any]
SERVICE = "legal_aid"
PLACES = 3
EVERY = 20


def screening_shape(
    catalogue: Catalogue, city_id: str, facts: Facts, day: date, region_id: str | None = None
) -> Shape:
    """The answer of POST /legal-aid/screening; `region_id` is where the resident is, if known."""
    decision = decide(catalogue, city_id, facts, day)
    missing = decision.missing
    question = question_for(missing[0], facts.plain()) if missing else None
    return {
        "outcome": decision.outcome.value,
        "reasons": [reason_shape(reason) for reason in decision.reasons],
        "missing": list(missing),
        "next_question": question_shape(question) if question else None,
        "materials": [
            {"name": item.name, "required": item.required, "source": item.source}
            for item in decision.materials
        ],
        "apply_at": apply_at(catalogue, forum(catalogue, city_id, facts), region_id),
        "objection": objection(decision),
        "objection_cited": cited_shape(objection(decision)),
        "rules_version": decision.rules_version,
    }


def reason_shape(reason: Reason) -> Shape:
    """One reason; `about` is basis, open or note."""
    return {
        "text": reason.text,
        "article": reason.article,
        "cited": cited_shape(reason.article),
        "source": reason.source,
        "effective_from": reason.effective_from,
        "verified": reason.verified,
        "about": reason.about.value,
    }


def question_shape(question: Question) -> Shape:
    """A question of the interview as the API shows it."""
    return {
        "fact": question.fact,
        "text": question.text,
        "why": question.why,
        "choices": [{"title": title, "value": value} for title, value in question.choices],
    }


def objection(decision: Decision) -> str:
    """What to do when the desk says no, with its article."""
    return f"{decision.objection.text}（{decision.objection.article}）"


def apply_at(catalogue: Catalogue, city_id: str | None, region_id: str | None) -> list[Shape]:
    """Places that take an application in the city that decides; none where we do not serve."""
    if city_id is None:
        return []
    city = catalogue.atlas.cities[city_id]
    region = catalogue.atlas.regions.get(region_id or "")
    if region is None or region.city_id != city_id:
        region = catalogue.atlas.regions[city.region_id]
    places = nearest(catalogue, region, service=SERVICE, limit=EVERY)
    own = [place for place in places if place.point.services == (SERVICE,)]
    near = [place for place in places if place not in own]
    # the legal aid office itself takes every application; a town's point is often nearer
    at_the_top = region.level == "city"
    ordered = [*own, *near] if at_the_top else [*near[: PLACES - 1], *own, *near[PLACES - 1 :]]
    return [place_shape(catalogue, place) for place in ordered[:PLACES]]


def said_shape(plain: Mapping[str, Any]) -> list[Shape]:
    """Facts as a resident reads them: fact, name, value; in the order of asking."""
    facts = [key for key in vocabulary().definitions if key in plain]
    return [
        {"fact": key, "name": vocabulary().definitions[key].name, "value": shown(key, plain[key])}
        for key in facts
    ]


def shown(key: str, value: Any) -> str:
    """A value in Chinese."""
    words = vocabulary()
    definition, text = words.definitions[key], words.shown
    match definition.kind:
        case Kind.flag:
            return text["yes"] if value else text["no"]
        case Kind.people:
            return text["people"].format(n=value)
        case Kind.days:
            return text["days"].format(n=value)
        case Kind.money:
            return text["yuan"].format(n=f"{value:,.0f}")
        case Kind.choices:
            return text["and"].join(words.name_of(key, one) for one in value) or text["none"]
        case Kind.assets:
            return text["and"].join(_asset(one) for one in value) or text["none"]
        case Kind.place:
            return str(value)
    return words.name_of(key, value)


def _asset(asset: Mapping[str, Any]) -> str:
    words = vocabulary()
    name = words.name_of("valuable_assets", asset["type"])
    area = asset.get("area_m2")
    if asset.get("note"):
        return words.shown["noted"].format(name=name, note=asset["note"])
    return name if area is None else words.shown["area"].format(name=name, n=f"{area:g}")


def vocabulary_shape() -> list[Shape]:
    """GET /legal-aid/facts: every key with its question and allowed values."""
    return [
        {
            "fact": definition.id,
            "kind": definition.kind.value,
            "name": definition.name,
            "question": definition.question,
            "why": definition.why,
            "values": [
                {"value": value, "name": term.name} for value, term in definition.values.items()
            ],
            "at_most": definition.at_most,
        }
        for definition in vocabulary().definitions.values()
    ]
