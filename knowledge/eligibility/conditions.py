"""Conditions of a rule, as data, judged with three answers: yes, no, not known yet (Kleene).

A condition is a mapping, all of it must hold. Keys: a fact with the values that fit;
`any`, `all` (lists of conditions), `not`, `said` (a fact that was not said does not fit),
`group` (a condition with a name), `days_under` (fewer days to a time limit than that).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.eligibility.facts import Facts
from knowledge.eligibility.vocabulary import vocabulary

Condition = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """`holds` is None when it is not known yet, and `missing` says which facts would tell."""

    holds: bool | None
    missing: frozenset[str] = frozenset()


YES, NO = Answer(True), Answer(False)


def unknown(missing: Iterable[str] = ()) -> Answer:
    """Not known yet; without facts that would tell, nobody here can say it."""
    return Answer(None, frozenset(missing))


def both(*answers: Answer) -> Answer:
    """All of them hold. Only the first open one asks: what comes after it may not matter."""
    if any(answer.holds is False for answer in answers):
        return NO
    return next((answer for answer in answers if answer.holds is None), YES)


def either(*answers: Answer) -> Answer:
    """One of them holds."""
    if any(answer.holds for answer in answers):
        return YES
    still = [answer.missing for answer in answers if answer.holds is None]
    return unknown(frozenset().union(*still)) if still else NO


def judge(condition: Condition, facts: Facts, groups: Mapping[str, Condition]) -> Answer:
    """Whether the condition holds for these facts. An empty condition holds."""
    return both(*(_judge(key, wanted, facts, groups) for key, wanted in condition.items()))


def certain(condition: Condition, facts: Facts, groups: Mapping[str, Condition]) -> bool:
    """Whether it holds by what was said."""
    return judge(condition, facts, groups).holds is True


def _judge(key: str, wanted: Any, facts: Facts, groups: Mapping[str, Condition]) -> Answer:
    match key:
        case "any":
            return either(*(judge(one, facts, groups) for one in wanted))
        case "all":
            return both(*(judge(one, facts, groups) for one in wanted))
        case "not":
            inner = judge(wanted, facts, groups)
            return inner if inner.holds is None else Answer(not inner.holds)
        case "said":
            return Answer(judge(wanted, facts, groups).holds is True)
        case "group":
            return judge(groups[wanted], facts, groups)
        case "days_under":
            days = facts.number("days_to_deadline")
            return unknown({"days_to_deadline"}) if days is None else Answer(days < wanted)
    if isinstance(wanted, bool):
        said = facts.get(key)
        return unknown({key}) if said is None else Answer(said is wanted)
    values = facts.texts(key)
    return unknown({key}) if values is None else Answer(not set(wanted).isdisjoint(values))


def facts_of(condition: Condition) -> frozenset[str]:
    """Every fact that a condition speaks of. Raises KeyError for one outside the vocabulary."""
    found: set[str] = set()
    for key, wanted in condition.items():
        if key in ("any", "all"):
            for one in wanted:
                found |= facts_of(one)
        elif key in ("not", "said"):
            found |= facts_of(wanted)
        elif key == "days_under":
            found.add("days_to_deadline")
        elif key != "group":
            found.add(vocabulary().definitions[key].id)
    return frozenset(found)
