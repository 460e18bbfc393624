"""Answers of the interview: what a button or a typed message says, and corrections. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from knowledge.eligibility.facts import FactError, read_facts
from knowledge.eligibility.hearing import (
    Money,
    Period,
    Unsure,
    hear_age,
    hear_area,
    hear_choice,
    hear_count,
    hear_money,
    hear_unsure,
    hear_yes_no,
)
from knowledge.eligibility.interview import (
    ASSETS,
    CLAIM,
    LAWYER,
    STATUS,
    Interview,
    ask_again,
    but,
    claims_told,
)
from knowledge.eligibility.questions import (
    HOME_AREA,
    MIGRANT,
    NO,
    NOTHING,
    STEADY_INCOME,
    UNCLEAR,
    YES,
    options,
)
from knowledge.eligibility.vocabulary import Kind, vocabulary

OTHER = "other"
# the button of the assets that says there are none
NOTHING_OWNED = "nothing"
MONTHS = {Period.month: 1, Period.half_year: 6, Period.year: 12}
OLD, OF_AGE = 60, 18
_CLAUSES = re.compile(r"[,，。;；!！、\s]+")


def tap(interview: Interview, fact: str, value: str) -> Interview:
    """A button of a question. Raises FactError for what no button says."""
    if value == UNCLEAR:
        return _unclear(interview, fact)
    words = vocabulary()
    if fact == CLAIM and value == OTHER and interview.matter is not None:
        # none of this matter's: the list that any matter has, before it is another thing
        return replace(ask_again(interview, CLAIM), matter=None)
    if fact == HOME_AREA and value in words.area_taps:
        return _with_area(interview, words.area_taps[value].value)
    if fact == STEADY_INCOME:
        return _with_status(interview, fact, STEADY_INCOME, value == NO)
    if fact == MIGRANT:
        return _with_status(interview, fact, "migrant_worker", value == YES)
    if fact == ASSETS and value in words.asset_taps:
        return _with(interview, fact, words.asset_taps[value].value)
    definition = words.definitions.get(fact)
    if definition is None:
        raise FactError(fact, words.problems["not_a_key"].format(field=fact))
    given: Any = value
    if definition.kind is Kind.flag:
        given = {YES: True, NO: False}.get(value, value)
    elif definition.kind is Kind.people and value.isdecimal():
        given = int(value)
    elif definition.kind is Kind.choices:
        given = [] if value == NOTHING else [value]
    return _with(interview, fact, given)


def hear_all(
    interview: Interview, text: str, next_of: Callable[[Interview], str | None]
) -> Interview | None:
    """A typed answer, also to the questions that come next ("没有，我是农民工").

    `next_of` gives the question after an answer. None when a part of the message is no answer:
    then the whole of it goes to the triage.
    """
    whole = hear(interview, text)
    parts = [part for part in _CLAUSES.split(text) if part]
    if whole is not None or len(parts) < 2:
        return whole
    answered: Interview | None = interview
    for part in parts:
        assert answered is not None
        before, asking = answered, answered.asking
        answered = hear(before, part)
        if answered is None and before.last == STATUS:
            answered = _one_more_status(before, part)
        if answered is None:
            return None
        following = next_of(answered)
        answered = replace(answered, asking=following or asking)
    return answered


def _one_more_status(interview: Interview, text: str) -> Interview | None:
    """“我是低保户，也是残疾人”: both hold."""
    more = hear(interview, text, STATUS)
    if more is None or STATUS not in more.said:
        return None
    return _with(interview, STATUS, [*interview.said[STATUS], *more.said[STATUS]])


def hear(interview: Interview, text: str, fact: str | None = None) -> Interview | None:
    """A typed answer to the open question (or to `fact`); None when it is no answer to it.

    Raises FactError when it is one that cannot be so.
    """
    fact = fact or interview.asking
    if fact is None:
        return None
    words = vocabulary()
    definition = words.definitions.get(fact)
    if fact in (STEADY_INCOME, MIGRANT) or (definition and definition.kind is Kind.flag):
        about = words.follow_up.get(fact, {}).get("words", ())
        # a bare 对 agrees with what stood above the question, not with the question
        heard = hear_yes_no(text, about, agreeing=fact != LAWYER)
        if isinstance(heard, bool):
            return tap(interview, fact, YES if heard else NO)
        return _unclear(interview, fact) if isinstance(heard, Unsure) else None
    if fact == HOME_AREA and (area := hear_area(text)) is not None:
        return _with_area(interview, {"area_m2": area})
    if hear_unsure(text):
        return _unclear(interview, fact)
    if definition and definition.kind is Kind.people:
        count = hear_count(text)
        if isinstance(count, Unsure):
            return _unclear(interview, fact)
        return None if count is None else _with(interview, fact, count)
    if definition and definition.kind is Kind.money:
        return _hear_money(interview, text, fact)
    return _hear_choice(interview, text, fact)


def _hear_choice(interview: Interview, text: str, fact: str) -> Interview | None:
    against = vocabulary().not_the_applicant if fact == STATUS else ()
    chosen = hear_choice(text, options(fact), against=against)
    if isinstance(chosen, Unsure):
        return _unclear(interview, fact)
    if chosen is None and fact in (STATUS, ASSETS) and hear_yes_no(text) is False:
        chosen = NOTHING if fact == STATUS else NOTHING_OWNED
    if chosen is None and fact == STATUS:
        chosen = _status_of_age(text)
    if chosen is None and fact == CLAIM:
        # a whole sentence of trouble, as the page invites it
        told = claims_told(text)
        chosen = told[0] if len(told) == 1 else None
    return None if chosen is None else tap(interview, fact, chosen)


def _status_of_age(text: str) -> str | None:
    age = hear_age(text)
    if not isinstance(age, int):
        return None
    return "elderly" if age >= OLD else "minor" if age < OF_AGE else None


def correct(interview: Interview, rest: str) -> Interview | None:
    """“说错了，是 3000”: the answer given last is taken again, or the one that it can be about."""
    for fact in (*reversed(interview.answered), *interview.said):
        corrected = hear(interview, rest, fact)
        if corrected is not None:
            return corrected
    return None


def _hear_money(interview: Interview, text: str, fact: str) -> Interview | None:
    money = hear_money(text)
    if isinstance(money, Unsure):
        return _unclear(interview, fact)
    if money is None:
        return None
    return _with(interview, fact, _by_month(interview, fact, money))


def _by_month(interview: Interview, fact: str, money: Money) -> float:
    """The household's amount a month in yuan. Raises FactError for wages by the day or hour."""
    definition = vocabulary().definitions[fact]
    if money.period is not None and money.period not in MONTHS:
        raise FactError(fact, vocabulary().problems["not_by_month"])
    months = definition.total_of_months if money.period is None else MONTHS[money.period]
    amount: float = money.amount / months
    if money.per_head:
        amount *= interview.facts.number("household_size") or 1
    if 0 < amount < vocabulary().least_plausible:
        text = vocabulary().problems["implausible"]
        raise FactError(fact, text.format(name=definition.name, n=f"{amount:g}"))
    return round(amount, 2)


def _with(interview: Interview, fact: str, value: Any) -> Interview:
    said = {**interview.said, fact: value}
    read_facts(said)  # what cannot be so is refused before it is kept
    return replace(
        interview,
        said=said,
        unclear=but(interview.unclear, fact),
        answered=(*but(interview.answered, fact), fact),
    )


def _with_area(interview: Interview, area: dict[str, Any]) -> Interview:
    with_home = _with(interview, ASSETS, [{"type": "urban_home", **area}])
    return replace(with_home, answered=(*with_home.answered, HOME_AREA))


def _with_status(interview: Interview, fact: str, status: str, has: bool) -> Interview:
    """A follow-up question about one status of several."""
    others = but(interview.said.get(STATUS, ()), status)
    told = _with(interview, STATUS, [*others, status] if has else others)
    return replace(told, answered=(*told.answered, fact))


def _unclear(interview: Interview, fact: str) -> Interview:
    return replace(interview, unclear=(*but(interview.unclear, fact), fact))
