"""The questions of the interview: what is asked of a fact, and what there is to tap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.eligibility.vocabulary import Kind, Term, Vocabulary, vocabulary

# what a tap says when nothing else fits
UNCLEAR = "?"
NOTHING = "none"
YES, NO = "yes", "no"
STEADY_INCOME = "no_fixed_income_source"
HOME_AREA = "home_area"
MIGRANT = "is_migrant"
# what a tap may do besides answering: begin, go on, stop, change an answer, ask why
BEGIN, RESUME, STOP, CHANGE, WHY = "begin", "resume", "stop", "change", "why"
VERBS = frozenset({BEGIN, RESUME, STOP, CHANGE, WHY})
ASK = "ask"
MOST_PEOPLE = 2  # digits
# claims that are offered whatever the matter is
ALWAYS = frozenset({"consultation_only", "other"})


@dataclass(frozen=True)
class Question:
    """One plain question; choices are (title, value), without the one for 不清楚."""

    fact: str
    text: str
    why: str
    choices: tuple[tuple[str, str], ...]


def question_for(
    fact: str,
    said: Mapping[str, Any],
    matter: str | None = None,
    told_of: Sequence[str] = (),
) -> Question:
    """The question of a fact or follow-up, its choices narrowed by what was said already.

    `matter` and `told_of` (claims whose words were heard) say which claims are worth offering.
    """
    words = vocabulary()
    if fact in words.follow_up:
        asked = words.follow_up[fact]
        return Question(fact, asked["question"], asked["why"], tuple(_follow_up(words, fact)))
    definition = words.definitions[fact]
    choices = tuple(_choices(words, fact, said, matter, told_of))
    text = definition.question_for.get(said.get("claim", ""), definition.question)
    return Question(fact, text, definition.why, choices)


def options(fact: str) -> dict[str, list[str]]:
    """Every value of a question with the ways of saying it, titles included."""
    words = vocabulary()
    if fact == "valuable_assets":
        return {id_: [tap.name, *tap.ways] for id_, tap in words.asset_taps.items()}
    if fact == HOME_AREA:
        return {id_: [tap.name, *tap.ways] for id_, tap in words.area_taps.items()}
    if fact in words.follow_up:
        return {}
    found = {
        value: [term.name, *term.ways] for value, term in words.definitions[fact].values.items()
    }
    if fact == "special_status":
        found[NOTHING] = [words.shown["none_of_these"], words.shown["no"]]
    return found


def is_tap(value: str) -> bool:
    """Whether a button of the interview can say this: a verb, ask:<fact>, or <fact>:<answer>."""
    if value in VERBS:
        return True
    fact, _, answer = value.partition(":")
    words = vocabulary()
    if fact == ASK:
        return answer in words.definitions or answer in words.follow_up
    if fact not in words.definitions and fact not in words.follow_up:
        return False
    number = answer.isascii() and answer.isdecimal() and len(answer) <= MOST_PEOPLE
    return answer in {UNCLEAR, YES, NO, *options(fact)} or number


def _follow_up(words: Vocabulary, fact: str) -> Iterator[tuple[str, str]]:
    if fact == HOME_AREA:
        yield from ((tap.name, id_) for id_, tap in words.area_taps.items())
    else:
        yield words.shown["yes"], YES
        yield words.shown["no"], NO


def _choices(
    words: Vocabulary,
    fact: str,
    said: Mapping[str, Any],
    matter: str | None,
    told_of: Sequence[str],
) -> Iterator[tuple[str, str]]:
    definition = words.definitions[fact]
    match definition.kind:
        case Kind.flag:
            yield words.shown["yes"], YES
            yield words.shown["no"], NO
        case Kind.people:
            yield from ((words.shown["people"].format(n=n), str(n)) for n in definition.suggest)
        case Kind.assets:
            yield from ((tap.name, id_) for id_, tap in words.asset_taps.items())
        case Kind.choice | Kind.choices:
            offered = [
                (value, term)
                for value, term in definition.values.items()
                if value in told_of or _worth_offering(fact, value, said, matter)
            ]
            offered.sort(
                key=lambda item: (
                    item[0] in ALWAYS,
                    item[0] not in told_of,
                    _nearness(item[1], said.get("claim"), matter),
                )
            )
            yield from ((term.name, value) for value, term in offered)
            if fact == "special_status":
                yield words.shown["none_of_these"], NOTHING


def _nearness(term: Term, claim: str | None, matter: str | None) -> int:
    """What is most about this claim or matter stands first."""
    if claim is not None:
        return 0 if claim in term.for_claims else 1
    return term.matters.index(matter) if matter in term.matters else len(term.matters)


def _worth_offering(fact: str, value: str, said: Mapping[str, Any], matter: str | None) -> bool:
    term = vocabulary().definitions[fact].values[value]
    if fact == "claim":
        return value in ALWAYS or (term.offered if matter is None else matter in term.matters)
    if fact == "special_status":
        return term.offered or said.get("claim") in term.for_claims
    if fact == "stage":
        criminal = said.get("case_type") == "criminal"
        wanted = {"criminal", "retrial"} if criminal else {"retrial"}
        retrial = said.get("claim") == "retrial"
        return term.only_in == "retrial" if retrial else term.only_in in wanted
    return True
