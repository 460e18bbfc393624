"""The interview: one plain question at a time, over facts that can be corrected. Pure.

The state is plain data (a slot of the conversation); every step gives a new one. What the resident
does not know is not asked again, and a question that no longer matters is not asked at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from knowledge.eligibility.facts import FactError, Facts, read_facts
from knowledge.eligibility.hearing import (
    Money,
    Period,
    Unsure,
    hear_area,
    hear_choice,
    hear_count,
    hear_money,
    hear_unsure,
    hear_yes_no,
)
from knowledge.eligibility.questions import (
    HOME_AREA,
    NO,
    NOTHING,
    STEADY_INCOME,
    UNCLEAR,
    YES,
    Question,
    options,
    question_for,
)
from knowledge.eligibility.screening import Outcome
from knowledge.eligibility.vocabulary import Kind, vocabulary

STATUS, ASSETS, CLAIM, LAWYER = "special_status", "valuable_assets", "claim", "has_lawyer"
WITHOUT_INCOME = frozenset({"minor", "elderly", "disabled", "blind_deaf_mute"})
# nobody is asked for a lawyer who only wants advice
ADVICE = "consultation_only"
OTHER = "other"
GENERAL = "general"
MONTHS = {Period.month: 1, Period.half_year: 6, Period.year: 12}
# who asks is a person, unless the triage heard of a body
INDIVIDUAL = {"applicant_type": "individual"}
BODIES = frozenset({"company", "village"})


@dataclass(frozen=True)
class Interview:
    """What was said, what is being asked, what the resident does not know, what was asked last.

    `matter` narrows the claims that are offered; `told_of` are claims whose words the trouble had.
    """

    said: Mapping[str, Any]
    asking: str | None = None
    unclear: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    matter: str | None = None
    told_of: tuple[str, ...] = ()
    finished: bool = False

    @property
    def facts(self) -> Facts:
        """The facts so far. Raises FactError when they contradict each other."""
        return read_facts(self.said)

    @property
    def told(self) -> dict[str, Any]:
        """What the resident told, without what is taken for granted and what follows from it."""
        granted = {} if "applicant_type" in self.answered else INDIVIDUAL
        return {key: value for key, value in self.said.items() if key not in granted}

    @property
    def last(self) -> str | None:
        """The question that was answered last."""
        return self.answered[-1] if self.answered else None

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return {**asdict(self), "said": dict(self.said)}

    @classmethod
    def read(cls, kept: Any) -> Interview | None:
        """What was kept, or None."""
        if not isinstance(kept, dict):
            return None
        return cls(
            said=kept["said"],
            asking=kept["asking"],
            unclear=tuple(kept["unclear"]),
            answered=tuple(kept["answered"]),
            matter=kept["matter"],
            told_of=tuple(kept["told_of"]),
            finished=kept["finished"],
        )


def begin(matter: str | None, trouble: str, body: bool = False) -> Interview:
    """A new interview. What the trouble's own words say for certain is not asked again."""
    said: dict[str, Any] = {} if body else dict(INDIVIDUAL)
    told = claims_told(trouble)
    terms = vocabulary().definitions[CLAIM].values
    of_matter = [claim for claim, term in terms.items() if matter in term.matters]
    if len(told) == 1 and told[0] in of_matter:
        said[CLAIM] = told[0]
    elif not told and len(of_matter) == 1:
        said[CLAIM] = of_matter[0]
    # a matter without claims of its own offers those that are asked for most
    narrows = matter if matter != GENERAL and question_for(CLAIM, {}, matter).choices[2:] else None
    return Interview(said, matter=narrows, told_of=told)


def claims_told(trouble: str) -> tuple[str, ...]:
    """The claims whose words stand in the trouble."""
    terms = vocabulary().definitions[CLAIM].values
    return tuple(value for value, term in terms.items() if any(way in trouble for way in term.ways))


def question(interview: Interview, fact: str) -> Question:
    """A question as it is put in this interview."""
    facts = without(interview, fact)
    return question_for(fact, facts.plain(), interview.matter, interview.told_of)


def next_question(
    interview: Interview, outcome: Outcome, missing: Sequence[str]
) -> Question | None:
    """What to ask now; None when nothing would change the outcome.

    `missing` are the facts that would tell, in order.
    """
    if outcome is Outcome.unlikely:
        return None
    wanted = next(iter(_wanted(interview, outcome, missing)), None)
    return question(interview, wanted) if wanted else None


def _wanted(interview: Interview, outcome: Outcome, missing: Sequence[str]) -> list[str]:
    facts, done = interview.facts, {*interview.unclear, *interview.answered}
    found: list[str] = []
    if facts.get("applicant_type") is None:
        found.append("applicant_type")
    if facts.get(CLAIM) is None:
        found.append(CLAIM)
    elif facts.get(LAWYER) is None and facts.get(CLAIM) != ADVICE:
        found.append(LAWYER)
    if outcome is not Outcome.likely:
        status = set(facts.texts(STATUS) or ())
        if status & WITHOUT_INCOME and STEADY_INCOME not in status:
            found.append(STEADY_INCOME)
        found += [HOME_AREA if _one_home(facts) and fact == ASSETS else fact for fact in missing]
    return [fact for fact in found if fact not in done]


def _one_home(facts: Facts) -> bool:
    """A home was named, and only its size is not known."""
    return bool(facts.assets) and all(asset.type == "urban_home" for asset in facts.assets or ())


def ask(interview: Interview, question: Question) -> Interview:
    """The interview with this question open."""
    return replace(interview, asking=question.fact, finished=False)


def finish(interview: Interview) -> Interview:
    """Nothing is open any more."""
    return replace(interview, asking=None, finished=True)


def ask_again(interview: Interview, fact: str) -> Interview:
    """Take an answer back and ask once more."""
    said = {key: value for key, value in interview.said.items() if key != fact}
    return replace(
        interview,
        said=said,
        asking=fact,
        unclear=tuple(one for one in interview.unclear if one != fact),
        answered=tuple(one for one in interview.answered if one != fact),
        finished=False,
    )


def without(interview: Interview, fact: str) -> Facts:
    """The facts but for one."""
    return read_facts({key: value for key, value in interview.said.items() if key != fact})


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
        return _with_steady_income(interview, value == YES)
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


def hear(interview: Interview, text: str, fact: str | None = None) -> Interview | None:
    """A typed answer to the open question (or to `fact`); None when it is no answer to it.

    Raises FactError when it is one that cannot be so.
    """
    fact = fact or interview.asking
    if fact is None:
        return None
    words = vocabulary()
    definition = words.definitions.get(fact)
    if fact == STEADY_INCOME or (definition and definition.kind is Kind.flag):
        heard = hear_yes_no(text, words.follow_up.get(fact, {}).get("words", ()))
        if isinstance(heard, bool):
            return tap(interview, fact, YES if heard else NO)
        return _unclear(interview, fact) if isinstance(heard, Unsure) else None
    if fact == HOME_AREA and (area := hear_area(text)) is not None:
        return _with_area(interview, area)
    if hear_unsure(text):
        return _unclear(interview, fact)
    if definition and definition.kind is Kind.people:
        count = hear_count(text)
        if isinstance(count, Unsure):
            return _unclear(interview, fact)
        return None if count is None else _with(interview, fact, count)
    if definition and definition.kind is Kind.money:
        return _hear_money(interview, text, fact)
    chosen = hear_choice(text, options(fact))
    if isinstance(chosen, Unsure):
        return _unclear(interview, fact)
    if chosen is None and fact in (STATUS, ASSETS) and hear_yes_no(text) is False:
        return _with(interview, fact, [])
    return None if chosen is None else tap(interview, fact, chosen)


def correct(interview: Interview, rest: str) -> Interview | None:
    """“说错了，是 3000”: the answer given last is taken again, or the one that it can be about."""
    for fact in reversed(interview.answered):
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
    """The household's amount a month in yuan. Raises FactError for wages by the day."""
    definition = vocabulary().definitions[fact]
    if money.period is Period.day:
        raise FactError(fact, vocabulary().problems["by_the_day"])
    amount: float = money.amount / MONTHS[money.period or Period.month]
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
        unclear=tuple(one for one in interview.unclear if one != fact),
        answered=(*(one for one in interview.answered if one != fact), fact),
    )


def _with_area(interview: Interview, area: float) -> Interview:
    with_home = _with(interview, ASSETS, [{"type": "urban_home", "area_m2": area}])
    return replace(with_home, answered=(*with_home.answered, HOME_AREA))


def _with_steady_income(interview: Interview, steady: bool) -> Interview:
    status = [one for one in interview.said.get(STATUS, ()) if one != STEADY_INCOME]
    told = _with(interview, STATUS, status if steady else [*status, STEADY_INCOME])
    return replace(told, answered=(*told.answered, STEADY_INCOME))


def _unclear(interview: Interview, fact: str) -> Interview:
    return replace(interview, unclear=(*(one for one in interview.unclear if one != fact), fact))
