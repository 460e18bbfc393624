"""Legal aid beside a call: the residents' interview, answered by an operator's taps."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assist.aid import Caller, aid_panel, interviewed, kept
from knowledge.catalogue import Catalogue
from knowledge.eligibility.facts import FactError
from knowledge.eligibility.interview import CLAIM, STATUS
from knowledge.eligibility.questions import UNCLEAR
from knowledge.eligibility.vocabulary import vocabulary
from knowledge.taxonomy import taxonomy

DAY = date(2026, 11, 27)
WAGES = Caller("labor", "老板拖欠我三个月工资", "self", None)
NOTHING_HEARD = Caller(None, "", None, None)
Answers = list[tuple[str, str]]


def panel(catalogue: Catalogue, caller: Caller, facts: dict[str, Any]) -> dict[str, Any]:
    return aid_panel(catalogue, "zhongshan", None, caller, facts, DAY)


def played(
    catalogue: Catalogue, caller: Caller, choose: list[int]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tap what is asked until nothing is; the last panel and the facts."""
    facts: dict[str, Any] = {}
    shown = panel(catalogue, caller, facts)
    for pick in choose:
        question = shown["next_question"]
        if question is None:
            break
        choices = question["choices"]
        facts[question["fact"]] = choices[pick % len(choices)]["value"]
        try:
            shown = panel(catalogue, caller, facts)
        except FactError:  # two taps that cannot both be so: the operator takes the last one back
            del facts[question["fact"]]
            break
    return shown, facts


def test_the_questions_come_to_an_end_and_none_is_asked_twice(catalogue: Catalogue) -> None:
    names = {definition.name for definition in vocabulary().definitions.values()}

    @settings(max_examples=60, deadline=None)
    @given(
        matter=st.none() | st.sampled_from(sorted(taxonomy().matters)),
        choose=st.lists(st.integers(0, 20), max_size=20),
    )
    def every_way(matter: str | None, choose: list[int]) -> None:
        shown, facts = played(catalogue, Caller(matter, "", "self", None), choose)
        assert shown["outcome"] in ("likely", "unlikely", "unknown")
        assert set(shown["missing"]) <= names
        question = shown["next_question"]
        # the list of every matter is offered after this one's
        if question is not None and facts.get(CLAIM) != "other":
            assert question["fact"] not in facts
            assert question["choices"][-1]["value"] == UNCLEAR

    every_way()


def test_what_is_heard_in_the_words_is_not_asked_again(catalogue: Catalogue) -> None:
    shown = panel(catalogue, WAGES, {})
    assert [one["fact"] for one in shown["facts"]] == [CLAIM]
    assert shown["next_question"]["fact"] != CLAIM


def test_a_migrant_worker_who_wants_wages_is_told_that_it_is_likely(catalogue: Catalogue) -> None:
    shown = panel(catalogue, WAGES, {"has_lawyer": "no", STATUS: "migrant_worker"})
    assert shown["outcome"] == "likely"
    assert shown["next_question"] is None
    left = kept(shown)
    assert left["outcome"] == "likely"
    assert left["articles"]
    assert {one["fact"] for one in left["facts"]} == {CLAIM, "has_lawyer", STATUS}


def test_an_answer_is_taken_in_the_callers_words_and_as_a_value() -> None:
    income = "household_monthly_disposable_income"
    for said in ("每月三千", "3000", 3000):
        known = interviewed(NOTHING_HEARD, {income: said})
        assert known.facts.number(income) == 3000


def test_what_is_tapped_goes_before_what_was_heard(catalogue: Catalogue) -> None:
    shown = panel(catalogue, WAGES, {CLAIM: "consultation_only"})
    assert [one["fact"] for one in shown["facts"]] == [CLAIM]
    assert shown["facts"][0]["value"] == vocabulary().name_of(CLAIM, "consultation_only")


def test_an_answer_can_be_taken_back_also_one_that_was_heard(catalogue: Catalogue) -> None:
    shown = panel(catalogue, WAGES, {CLAIM: None})
    assert shown["facts"] == []
    assert shown["next_question"]["fact"] == CLAIM


@pytest.mark.parametrize(
    "facts",
    [
        {"no_such_thing": "yes"},
        {"household_size": "很多很多"},
        {"household_size": -3},
        {CLAIM: "no_such_claim"},
        {"has_lawyer": "yes", STATUS: "no_litigation_agent"},
    ],
)
def test_what_cannot_be_so_is_refused_by_name(facts: dict[str, Any]) -> None:
    with pytest.raises(FactError) as refused:
        interviewed(NOTHING_HEARD, facts)
    assert refused.value.field in {*facts, "has_lawyer"}


FACTS = st.dictionaries(
    st.sampled_from([*vocabulary().definitions, *vocabulary().follow_up, "nonsense", "city"]),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.lists(st.text(max_size=5), max_size=3)
    | st.lists(st.dictionaries(st.sampled_from(["type", "area_m2"]), st.text(max_size=5)))
    | st.sampled_from(["yes", "no", "none", "?", "migrant_worker", "defence", "one_home"]),
    max_size=4,
)


def test_whatever_is_sent_is_an_answer_or_a_refusal(catalogue: Catalogue) -> None:
    @settings(max_examples=150, deadline=None)
    @given(FACTS)
    def any_facts(facts: dict[str, Any]) -> None:
        shown, refused = None, None
        try:
            shown = panel(catalogue, WAGES, facts)
        except FactError as error:
            refused = error.message
        assert refused or (shown and all(one["value"] for one in shown["facts"]))

    any_facts()
