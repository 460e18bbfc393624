"""Every hand-written case comes out as its statute says; the totals are printed."""

from __future__ import annotations

from collections import Counter

import pytest

from knowledge.catalogue import Catalogue
from knowledge.eligibility.cases import Case, saved_cases
from knowledge.eligibility.facts import read_facts
from knowledge.eligibility.jurisdiction import jurisdiction
from knowledge.eligibility.rules import rulebook
from knowledge.eligibility.screening import screen

AT_LEAST = 150


@pytest.mark.parametrize("case", saved_cases(), ids=lambda case: case.id)
def test_case(case: Case, catalogue: Catalogue) -> None:
    facts = read_facts(case.facts)
    city = catalogue.atlas.city(case.city)
    assert city is not None
    decision = screen(rulebook(), facts, jurisdiction(catalogue, city.id, facts), case.day)
    why = [reason.article for reason in decision.reasons]
    assert decision.outcome == case.outcome, (case.story, why, decision.missing)
    assert case.missing <= set(decision.missing), (case.story, decision.missing)
    assert bool(decision.missing) <= (decision.outcome == "unknown")


def test_there_are_enough_cases_of_every_outcome_in_every_city(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cases = saved_cases()
    by_city = Counter((case.city, case.outcome) for case in cases)
    with capsys.disabled():
        shown = "，".join(f"{city} {outcome} {n}" for (city, outcome), n in sorted(by_city.items()))
        print(f"\n[法律援助] {len(cases)} 个手写案例：{shown}")
    assert len(cases) >= AT_LEAST
    assert len({case.id for case in cases}) == len(cases)
    assert all(case.source for case in cases)
    assert {outcome for _, outcome in by_city} == {"likely", "unlikely", "unknown"}
    assert {city for city, _ in by_city} >= {"中山", "清远", "连云港"}
