"""The interview: one plain question at a time, over facts that can be corrected. Pure.

The state is plain data (a slot of the conversation); every step gives a new one. What the resident
does not know is not asked again, and a question that no longer matters is not asked at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from knowledge.eligibility.facts import Facts, read_facts
from knowledge.eligibility.questions import (
    HOME_AREA,
    MIGRANT,
    STEADY_INCOME,
    Question,
    question_for,
)
from knowledge.eligibility.screening import Outcome
from knowledge.eligibility.vocabulary import vocabulary

STATUS, ASSETS, CLAIM, LAWYER = "special_status", "valuable_assets", "claim", "has_lawyer"
WITHOUT_INCOME = frozenset({"minor", "elderly", "disabled", "blind_deaf_mute"})
# nobody is asked for a lawyer who only wants advice
ADVICE = "consultation_only"
GENERAL = "general"
VIOLENCE, VICTIM = "violence", "abuse_dv_victim_rights"
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


def begin(matter: str | None, trouble: str, party: str | None, alarm: str | None) -> Interview:
    """A new interview. What the trouble's own words say for certain is not asked again.

    `party` is for whom the triage heard it asked; `alarm` a kind of urgency that was heard.
    """
    words = vocabulary()
    named = (*words.body_words, *words.foreign_words)
    granted = party not in BODIES and not _any_of(named, trouble)
    said: dict[str, Any] = dict(INDIVIDUAL) if granted else {}
    told = claims_told(trouble)
    if alarm == VIOLENCE:
        # a victim is not taken for somebody who only wants a divorce
        told = (*dict.fromkeys((VICTIM, *told)),)
    terms = words.definitions[CLAIM].values
    if len(told) == 1 and alarm != VIOLENCE and matter in terms[told[0]].matters:
        said[CLAIM] = told[0]
    # a matter without claims of its own offers those that are asked for most
    narrows = matter if matter != GENERAL and question_for(CLAIM, {}, matter).choices[2:] else None
    return Interview(said, matter=narrows, told_of=told)


def about_something_else(interview: Interview, matter: str) -> bool:
    """Whether a matter that was heard is surely not what this interview is about."""
    claim = interview.said.get(CLAIM)
    if claim is None:
        return False
    return matter != GENERAL and matter not in vocabulary().definitions[CLAIM].values[claim].matters


def claims_told(trouble: str) -> tuple[str, ...]:
    """The claims whose words stand in the trouble; none where it may be told of the other side."""
    if _any_of(vocabulary().accused_words, trouble):
        return ()
    terms = vocabulary().definitions[CLAIM].values
    return tuple(value for value, term in terms.items() if _any_of(term.ways, trouble))


def _any_of(words: Sequence[str], text: str) -> bool:
    return any(word in text for word in words)


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
        if status and "migrant_worker" not in status and facts.get(CLAIM) in migrants_claims():
            found.append(MIGRANT)
        found += [HOME_AREA if _one_home(facts) and fact == ASSETS else fact for fact in missing]
    return [fact for fact in found if fact not in done]


def migrants_claims() -> tuple[str, ...]:
    """The claims for which a migrant worker is spared the check (article 42 item 3)."""
    return vocabulary().definitions[STATUS].values["migrant_worker"].for_claims


def _one_home(facts: Facts) -> bool:
    """A home was named, and only its size is not known."""
    return bool(facts.assets) and all(asset.type == "urban_home" for asset in facts.assets or ())


def ask(interview: Interview, question: Question) -> Interview:
    """The interview with this question open."""
    return replace(interview, asking=question.fact, finished=False)


def finish(interview: Interview) -> Interview:
    """Nothing is open any more."""
    return replace(interview, asking=None, finished=True)


def pause(interview: Interview) -> Interview:
    """No question is open; it can go on later."""
    return replace(interview, asking=None)


def ask_again(interview: Interview, fact: str) -> Interview:
    """Take an answer back and ask once more."""
    said = {key: value for key, value in interview.said.items() if key != fact}
    return replace(
        interview,
        said=said,
        asking=fact,
        unclear=but(interview.unclear, fact),
        answered=but(interview.answered, fact),
        finished=False,
    )


def but(facts: Sequence[str], fact: str) -> tuple[str, ...]:
    """The others."""
    return tuple(one for one in facts if one != fact)


def without(interview: Interview, fact: str) -> Facts:
    """The facts but for one."""
    return read_facts({key: value for key, value in interview.said.items() if key != fact})
