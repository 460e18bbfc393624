"""Legal aid beside a call: what is heard, what it comes to so far, what to ask next. Pure.

The interview is the residents' own (knowledge.eligibility); here the operator taps for the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from knowledge.catalogue import Catalogue
from knowledge.eligibility import answering, interview
from knowledge.eligibility.facts import FactError, read_facts
from knowledge.eligibility.interview import Interview
from knowledge.eligibility.questions import UNCLEAR, is_tap
from knowledge.eligibility.screening import Outcome
from knowledge.eligibility.shape import question_shape, said_shape, screening_shape
from knowledge.eligibility.vocabulary import Kind, vocabulary

Shape = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """What the triage heard: matter, the words, for whom, and a kind of urgency (None: none)."""

    matter: str | None
    text: str
    party: str | None
    alarm: str | None


def interviewed(caller: Caller, facts: Mapping[str, Any]) -> Interview:
    """The interview after the operator's taps, in their order.

    A value is what a button of the question says (`choices[].value`, "?" for 不清楚), the caller's
    own words, or a fact as POST /legal-aid/screening takes it; null takes an answer back, also one
    that was heard. What was tapped goes before what was heard. Raises FactError.
    """
    heard = interview.begin(caller.matter, caller.text, caller.party, caller.alarm)
    try:
        return _answered(heard, facts)
    except FactError:
        if heard.said.keys() <= interview.INDIVIDUAL.keys():
            raise
        return _answered(interview.begin(caller.matter, "", caller.party, None), facts)


def aid_panel(
    catalogue: Catalogue,
    city_id: str,
    region_id: str | None,
    caller: Caller,
    facts: Mapping[str, Any],
    day: date,
) -> Shape:
    """The answer of POST /legal-aid/screening, the facts in words, and the next question.

    Raises FactError for facts that cannot be so.
    """
    known = interviewed(caller, facts)
    shape = screening_shape(catalogue, city_id, known.facts, day, region_id)
    question = interview.next_question(known, Outcome(shape["outcome"]), shape["missing"])
    following = None
    if question is not None:
        following = question_shape(question)
        unclear = {"title": vocabulary().shown["unclear"], "value": UNCLEAR}
        following["choices"] = [*following["choices"], unclear]
    return {
        **shape,
        "missing": [_name(fact) for fact in shape["missing"]],
        "next_question": following,
        "facts": said_shape(known.told),
        "answered": list(dict.fromkeys((*known.answered, *known.unclear))),
        "day": day.isoformat(),
    }


def kept(panel: Shape) -> Shape:
    """What a ticket keeps of it, as the chat's interview leaves it."""
    return {
        "outcome": panel["outcome"],
        "facts": panel["facts"],
        "articles": [one["article"] for one in panel["reasons"] if one["about"] == "basis"],
        "missing": panel["missing"],
        "rules_version": panel["rules_version"],
        "day": panel["day"],
    }


def _answered(known: Interview, facts: Mapping[str, Any]) -> Interview:
    for fact, value in facts.items():
        known = _one(known, fact, value)
    read_facts(known.said)
    return known


def _one(known: Interview, fact: str, value: Any) -> Interview:
    if value is None:
        return replace(interview.ask_again(known, fact), asking=None)
    if not isinstance(value, str):
        said = {**known.said, fact: value}
        read_facts(said)
        answered = (*interview.but(known.answered, fact), fact)
        return replace(
            known, said=said, unclear=interview.but(known.unclear, fact), answered=answered
        )
    words = vocabulary()
    definition = words.definitions.get(fact)
    if definition is None and fact not in words.follow_up:
        raise FactError(fact, words.problems["not_a_key"].format(field=fact))
    amount = definition is not None and definition.kind is Kind.money
    if value == UNCLEAR or (is_tap(f"{fact}:{value}") and not amount):
        return answering.tap(known, fact, value)
    heard = answering.hear(known, value, fact)
    return heard if heard is not None else answering.tap(known, fact, value)


def _name(fact: str) -> str:
    words = vocabulary()
    definition = words.definitions.get(fact)
    return definition.name if definition else fact
