"""Which desks, in which order: always somebody to talk to, never mediation for people in danger."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.catalogue import Catalogue, PlanPlace, ReferralRule
from knowledge.edition import DATA
from knowledge.referrals import AT_MOST, NOT_A_DESK, SURE_OF_MATTER, Referral, cite_plan, refer
from knowledge.taxonomy import taxonomy

CITIES = ("zhongshan", "qingyuan", "lianyungang")
SERVICES = tuple(taxonomy().services)
DESKS = tuple(id_ for id_ in SERVICES if id_ not in NOT_A_DESK and id_ != "out_of_scope")
MATTERS = tuple(taxonomy().matters)
URGENCY = taxonomy().urgency
DANGER = ("violence", "threat", "child_risk", "self_harm")
STATUS = {"zhongshan": "", "qingyuan": "，征求意见稿", "lianyungang": "，原文未载明是否印发"}

TROUBLES = st.fixed_dictionaries(
    {
        "city_id": st.sampled_from(CITIES),
        "service": st.sampled_from((*SERVICES, "find_place", "human_handoff", "nlu_fallback")),
        "matter": st.sampled_from((*MATTERS, None)),
        "matter_confidence": st.floats(0, 1),
        "urgent_kind": st.sampled_from(URGENCY),
    }
)


def _all(catalogue: Catalogue, city: str) -> list[Referral]:
    """Every referral a resident of the city can be given."""
    return [
        referral
        for service in SERVICES
        for matter in MATTERS
        for urgent in ("none", "violence")
        for referral in refer(catalogue, city, service, matter, 1.0, urgent)
    ]


# the rules as data


def _rules(catalogue: Catalogue) -> list[ReferralRule]:
    return [rule for rules in catalogue.rules.values() for rule in rules]


def test_every_matter_has_rules_in_every_city(catalogue: Catalogue) -> None:
    for matter in MATTERS:
        for city in CITIES:
            rules = [r for r in catalogue.rules[matter] if not r.cities or city in r.cities]
            assert 3 <= len(rules) <= AT_MOST, (matter, city)


def test_every_rule_names_a_service_that_exists(catalogue: Catalogue) -> None:
    assert {rule.service_id for rule in _rules(catalogue)} <= set(catalogue.services)
    assert {city for rule in _rules(catalogue) for city in rule.cities} <= set(CITIES)


def test_rule_ids_begin_with_their_matter(catalogue: Catalogue) -> None:
    for matter, rules in catalogue.rules.items():
        assert all(rule.id.startswith(f"{matter}.") for rule in rules)


def test_the_last_rule_of_a_matter_is_somebody_to_ask(catalogue: Catalogue) -> None:
    for matter, rules in catalogue.rules.items():
        assert rules[-1].service_id == "legal_consultation", matter
        assert not rules[-1].only_when_asked
        assert not rules[-1].cities
        assert any(way in f"{rules[-1].desk}{rules[-1].why}" for way in ("12348", "服务点"))


def test_words_are_plain_short_and_promise_nothing(catalogue: Catalogue) -> None:
    for rule in _rules(catalogue):
        assert 0 < len(rule.why) <= 60, rule.id
        assert not re.search("保证能|一定会|肯定能|包赢|必胜|百分之百", rule.why), rule.id
        numbers = re.findall(r"\d{3,}", f"{rule.desk}{rule.why}{rule.party}")
        assert set(numbers) <= {"110", "12345", "12348"}, rule.id


def test_every_time_limit_names_its_article_and_whether_it_has_exceptions() -> None:
    for file in sorted((DATA / "referrals").glob("*.yml")):
        content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert content["matter"] == file.stem
        for rule in content["rules"]:
            if deadline := rule["deadline"]:
                assert set(deadline) == {"text", "law", "article", "exception"}, rule["id"]
                assert isinstance(deadline["exception"], bool)


def test_a_plan_is_cited_where_the_city_file_says_it_speaks_of_the_service(
    catalogue: Catalogue,
) -> None:
    for rule in _rules(catalogue):
        for citation in rule.citations:
            if citation["type"] == "plan":
                plan = catalogue.plans[citation["city"], rule.service_id]
                assert citation["place"] in plan.place, rule.id


# what a resident is told


@given(trouble=TROUBLES)
@settings(deadline=None, max_examples=500)
def test_a_referral_always_ends_with_somebody_to_talk_to(
    catalogue: Catalogue, trouble: dict[str, Any]
) -> None:
    referrals = refer(catalogue, **trouble)
    if trouble["service"] == "out_of_scope":
        assert referrals == []
        return
    assert 1 <= len(referrals) <= AT_MOST
    last = "other_government" if trouble["service"] == "other_government" else "legal_consultation"
    assert referrals[-1].service == last
    assert any(number in f"{r.desk}{r.why}" for r in referrals for number in ("12348", "12345"))
    assert all(r.name and r.desk and r.why for r in referrals)


@given(trouble=TROUBLES)
@settings(deadline=None, max_examples=500)
def test_no_desk_is_named_twice_for_the_same_reason(
    catalogue: Catalogue, trouble: dict[str, Any]
) -> None:
    referrals = refer(catalogue, **trouble)
    told = [(referral.service, referral.why) for referral in referrals]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("service", DESKS)
def test_a_service_asked_for_gives_itself_first(
    catalogue: Catalogue, city: str, service: str
) -> None:
    for matter in (*MATTERS, None):
        for urgent in URGENCY:
            referrals = refer(catalogue, city, service, matter, 1.0, urgent)
            assert referrals[0].service == service, (matter, urgent)


@pytest.mark.parametrize("city", CITIES)
def test_every_service_can_be_reached(catalogue: Catalogue, city: str) -> None:
    assert {r.service for r in _all(catalogue, city)} == {*SERVICES} - {"out_of_scope"}


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("urgent", DANGER)
def test_mediation_is_not_named_to_people_in_danger(
    catalogue: Catalogue, city: str, urgent: str
) -> None:
    for service in (*SERVICES, "nlu_fallback"):
        for matter in (*MATTERS, None):
            named = {r.service for r in refer(catalogue, city, service, matter, 1.0, urgent)}
            assert ("peoples_mediation" in named) is (service == "peoples_mediation")


def test_mediation_is_named_to_others(catalogue: Catalogue) -> None:
    for matter in ("marriage_family", "debt", "land_neighbor", "personal_injury"):
        named = [
            r.service for r in refer(catalogue, "zhongshan", "legal_consultation", matter, 1.0)
        ]
        assert "peoples_mediation" in named


@pytest.mark.parametrize("urgent", ["violence", "threat", "child_risk"])
def test_violence_at_home_puts_protection_first(catalogue: Catalogue, urgent: str) -> None:
    first = refer(catalogue, "zhongshan", "legal_consultation", "marriage_family", 1.0, urgent)[0]
    assert first.service == "legal_aid"
    assert "110" in first.why
    assert "反家庭暴力法第二十三条" in (first.source or "")


def test_unpaid_wages_go_to_labour_arbitration_first(catalogue: Catalogue) -> None:
    first = refer(catalogue, "zhongshan", "legal_consultation", "labor", 0.97)[0]
    assert first.service == "labor_arbitration"
    assert first.deadline is not None
    assert "劳动争议调解仲裁法第二十七条" in first.deadline
    assert "有例外" in first.deadline


@given(confidence=st.floats(0, 1), matter=st.sampled_from(MATTERS))
@settings(deadline=None)
def test_a_guessed_matter_names_only_the_general_desks(
    catalogue: Catalogue, confidence: float, matter: str
) -> None:
    got = refer(catalogue, "zhongshan", "legal_consultation", matter, confidence)
    sure = confidence >= SURE_OF_MATTER
    expected = matter if sure else "general"
    assert got == refer(catalogue, "zhongshan", "legal_consultation", expected, 1.0)


def test_what_is_only_for_asking_is_not_offered(catalogue: Catalogue) -> None:
    offered = {r.service for r in refer(catalogue, "zhongshan", "nlu_fallback", None, 0.0)}
    assert offered == {"village_adviser", "legal_consultation"}


def test_another_departments_matter_is_sent_to_12345(catalogue: Catalogue) -> None:
    (only,) = refer(catalogue, "lianyungang", "other_government", "labor", 0.9)
    assert only.service == "other_government"
    assert "12345" in only.why


def test_a_rule_for_one_city_is_not_told_in_another(catalogue: Catalogue) -> None:
    there = refer(catalogue, "zhongshan", "prison_visit", "general", 1.0)[0]
    elsewhere = refer(catalogue, "qingyuan", "prison_visit", "general", 1.0)[0]
    assert there.desk == "监所远程视频探视的服务点"
    assert elsewhere.desk == "监所远程视频探视"


# plans


@pytest.mark.parametrize("city", CITIES)
def test_a_plan_is_never_named_without_its_years_and_status(
    catalogue: Catalogue, city: str
) -> None:
    pattern = re.compile(rf"《.+》.+（\d{{4}}-\d{{4}}年{STATUS[city]}，规划期已满）$")
    from_plans = [r.source for r in _all(catalogue, city) if r.source and "《" in r.source]
    assert from_plans
    assert [source for source in from_plans if not pattern.match(source)] == []


@pytest.mark.parametrize("city", CITIES)
def test_only_the_residents_own_plan_is_named(catalogue: Catalogue, city: str) -> None:
    title = catalogue.atlas.cities[city].card["plan"]["title"]
    for referral in _all(catalogue, city):
        if referral.source and "《" in referral.source:
            assert f"《{title}》" in referral.source


def test_a_source_is_a_law_a_plan_or_nothing(catalogue: Catalogue) -> None:
    for city in CITIES:
        for referral in _all(catalogue, city):
            source = referral.source
            assert source is None or source.startswith("《") or re.search("第.+条", source)


@pytest.mark.parametrize(
    ("status", "year", "expected"),
    [
        ("approved", 2025, "《规划》三（一）（2023-2025年）"),
        ("approved", 2026, "《规划》三（一）（2023-2025年，规划期已满）"),
        ("draft", 2024, "《规划》三（一）（2023-2025年，征求意见稿）"),
        ("draft", 2026, "《规划》三（一）（2023-2025年，征求意见稿，规划期已满）"),
        ("unknown", 2026, "《规划》三（一）（2023-2025年，原文未载明是否印发，规划期已满）"),
    ],
)
def test_a_plan_says_its_status_and_whether_it_has_ended(
    status: str, year: int, expected: str
) -> None:
    assert cite_plan(PlanPlace("规划", status, 2023, 2025, "三（一）"), year) == expected
