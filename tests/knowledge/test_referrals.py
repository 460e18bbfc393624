"""Which desks, in which order: always somebody to talk to, never mediation for people in danger."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.catalogue import Catalogue, PlanPlace, ReferralRule
from knowledge.citing import cite_plan
from knowledge.content_files import DATA
from knowledge.referrals import (
    AT_MOST,
    EVERYWHERE,
    NOT_A_DESK,
    SURE_OF_MATTER,
    Referral,
    Trouble,
    refer,
    situations,
)
from knowledge.taxonomy import taxonomy

CITIES = ("zhongshan", "qingyuan", "lianyungang")
SERVICES = tuple(taxonomy().services)
DESKS = tuple(id_ for id_ in SERVICES if id_ not in NOT_A_DESK and id_ != "out_of_scope")
MATTERS = tuple(taxonomy().matters)
URGENCY = taxonomy().urgency
DANGER = ("violence", "threat", "child_risk", "self_harm")
STATUS = {"zhongshan": "", "qingyuan": "，征求意见稿", "lianyungang": "，原文未载明是否印发"}

TROUBLES = st.builds(
    Trouble,
    service=st.sampled_from((*SERVICES, "find_place", "human_handoff", "nlu_fallback")),
    matter=st.sampled_from((*MATTERS, None)),
    confidence=st.floats(0, 1),
    urgent=st.sampled_from(URGENCY),
    said=st.lists(
        st.sampled_from(
            [
                "老板拖欠工资",
                "工伤",
                "调解协议签了",
                "仲裁裁决下来了",
                "我是退役军人",
                "残疾人",
                "信访过了",
                "他打我",
                "判了不给钱",
                "上个月15号收到",
                "村委会",
                "很多工友一起",
            ]
        ),
        max_size=4,
    ).map("，".join),
)


def _all(catalogue: Catalogue, city: str) -> list[Referral]:
    """Every referral a resident of the city can be given."""
    return [
        referral
        for service in SERVICES
        for matter in MATTERS
        for urgent in ("none", "violence")
        for referral in refer(catalogue, city, Trouble(service, matter, 1.0, urgent))
    ]


# the rules as data


def _rules(catalogue: Catalogue) -> list[ReferralRule]:
    return [rule for rules in catalogue.rules.values() for rule in rules]


def test_every_matter_has_rules_in_every_city(catalogue: Catalogue) -> None:
    for matter in MATTERS:
        for city in CITIES:
            rules = [
                rule
                for rule in catalogue.rules[matter]
                if not rule.situations and (not rule.cities or city in rule.cities)
            ]
            assert 3 <= len(rules) <= AT_MOST, (matter, city)


def test_only_what_holds_everywhere_has_no_matter(catalogue: Catalogue) -> None:
    assert set(catalogue.rules) == {*MATTERS, EVERYWHERE}
    assert set(catalogue.situations) <= {*MATTERS, EVERYWHERE}


def test_every_rule_names_a_service_that_exists(catalogue: Catalogue) -> None:
    assert {rule.service_id for rule in _rules(catalogue)} <= set(catalogue.services)
    assert {city for rule in _rules(catalogue) for city in rule.cities} <= set(CITIES)


def test_rule_ids_begin_with_their_matter(catalogue: Catalogue) -> None:
    for matter, rules in catalogue.rules.items():
        assert all(rule.id.startswith(f"{matter}.") for rule in rules)


def test_the_last_rule_of_a_matter_is_somebody_to_ask(catalogue: Catalogue) -> None:
    for matter in MATTERS:
        rules = catalogue.rules[matter]
        assert rules[-1].service_id == "legal_consultation", matter
        assert not rules[-1].situations
        assert not rules[-1].only_when_asked
        assert not rules[-1].cities
        assert any(way in f"{rules[-1].desk}{rules[-1].why}" for way in ("12348", "服务点"))


def test_words_are_plain_short_and_promise_nothing(catalogue: Catalogue) -> None:
    for rule in _rules(catalogue):
        _plain(rule.id, rule.why, rule.otherwise, rule.desk, rule.party)
    for door in catalogue.doors:
        _plain(door.id, door.how, door.where)
    for partner in catalogue.partners:
        _plain(partner.id, partner.why, partner.desk)


def _plain(where: str, *said: str | None) -> None:
    for words in filter(None, said):
        assert 0 < len(words) <= 60, where
        assert not re.search("保证能|一定会|肯定能|包赢|必胜|百分之百", words), where
        assert set(re.findall(r"\d{3,}", words)) <= {"110", "120", "12345", "12348"}, where


def test_a_file_is_named_after_its_matter() -> None:
    for file in sorted((DATA / "referrals").glob("*.yml")):
        content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert content["matter"] == file.stem
        for kind in ("situations", "limits", "rules"):
            assert all(item["id"].startswith(f"{file.stem}.") for item in content[kind])


def test_a_time_limit_can_be_told_and_asked_for(catalogue: Catalogue) -> None:
    for limit in catalogue.limits.values():
        assert limit.ask is None or (len(limit.ask) <= 40 and limit.ask.endswith("？")), limit.id
        assert limit.heard or not limit.ask, limit.id
        for words in (limit.act, limit.starts, limit.text, limit.exception):
            assert words is None or (0 < len(words) <= 90), limit.id


def test_every_time_limit_stands_behind_a_desk(catalogue: Catalogue) -> None:
    used = {id_ for rule in _rules(catalogue) for id_ in rule.limits}
    used |= {id_ for service in catalogue.services.values() for id_ in service.limits}
    assert set(catalogue.limits) - used == set()


def test_every_situation_changes_something(catalogue: Catalogue) -> None:
    """A situation that no rule and no door speaks of would be dead words."""
    spoken = {
        id_
        for rule in _rules(catalogue)
        for ids in (rule.situations, rule.first_in, rule.not_in)
        for id_ in ids
    }
    spoken |= {id_ for door in catalogue.doors for id_ in door.situations}
    known = {situation.id for group in catalogue.situations.values() for situation in group}
    assert known - spoken == set()


def test_a_situation_is_of_its_own_matter_or_of_all(catalogue: Catalogue) -> None:
    for rule in _rules(catalogue):
        for id_ in (*rule.situations, *rule.first_in, *rule.not_in):
            assert id_.partition(".")[0] in (rule.id.partition(".")[0], EVERYWHERE), rule.id


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("matter", MATTERS)
def test_a_situation_never_ends_in_nothing(catalogue: Catalogue, city: str, matter: str) -> None:
    """In each situation of each matter there is a desk for it, and somebody to talk to."""
    groups = (*catalogue.situations.get(matter, ()), *catalogue.situations.get(EVERYWHERE, ()))
    for situation in groups:
        heard = [rule for rule in _rules(catalogue) if situation.id in rule.situations]
        fitting = [rule for rule in heard if not rule.cities or city in rule.cities]
        assert fitting or not heard or any(rule.cities for rule in heard), situation.id


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("matter", sorted(set(MATTERS) - {"criminal"}))
def test_every_matter_has_a_door_to_mediation(catalogue: Catalogue, city: str, matter: str) -> None:
    named = refer(catalogue, city, Trouble("peoples_mediation", matter, 1.0))[0]
    assert named.doors
    assert len({(door.kind, door.where) for door in named.doors}) == len(named.doors)


def test_a_plan_is_cited_where_the_city_file_says_it_speaks_of_the_service(
    catalogue: Catalogue,
) -> None:
    for rule in _rules(catalogue):
        for citation in rule.citations:
            if citation["type"] == "plan" and rule.service_id != "other_government":
                plan = catalogue.plans[citation["city"], rule.service_id]
                assert citation["place"] in plan.place, rule.id


def test_a_local_rule_is_a_sourced_row(catalogue: Catalogue) -> None:
    cited = [
        citation["fact"]
        for citations in (
            *(rule.citations for rule in _rules(catalogue)),
            *(door.citations for door in catalogue.doors),
            *(partner.citations for partner in catalogue.partners),
        )
        for citation in citations
        if citation["type"] == "local"
    ]
    assert set(cited) <= set(catalogue.local_rules)


# what a resident is told


@given(city=st.sampled_from(CITIES), trouble=TROUBLES)
@settings(deadline=None, max_examples=500)
def test_a_referral_always_ends_with_somebody_to_talk_to(
    catalogue: Catalogue, city: str, trouble: Trouble
) -> None:
    referrals = refer(catalogue, city, trouble)
    if trouble.service == "out_of_scope":
        assert referrals == []
        return
    assert 1 <= len(referrals) <= AT_MOST
    last = "other_government" if trouble.service == "other_government" else "legal_consultation"
    assert referrals[-1].service == last
    assert any(number in f"{r.desk}{r.why}" for r in referrals for number in ("12348", "12345"))
    assert all(r.name and r.desk and r.why for r in referrals)


@given(city=st.sampled_from(CITIES), trouble=TROUBLES)
@settings(deadline=None, max_examples=500)
def test_no_desk_is_named_twice_for_the_same_reason(
    catalogue: Catalogue, city: str, trouble: Trouble
) -> None:
    referrals = refer(catalogue, city, trouble)
    told = [(referral.service, referral.desk, referral.why) for referral in referrals]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("service", DESKS)
def test_a_service_asked_for_gives_itself_first(
    catalogue: Catalogue, city: str, service: str
) -> None:
    for matter in (*MATTERS, None):
        for urgent in URGENCY:
            referrals = refer(catalogue, city, Trouble(service, matter, 1.0, urgent))
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
            named = {
                r.service for r in refer(catalogue, city, Trouble(service, matter, 1.0, urgent))
            }
            assert ("peoples_mediation" in named) is (service == "peoples_mediation")


def test_mediation_is_named_to_others(catalogue: Catalogue) -> None:
    for matter in ("marriage_family", "debt", "land_neighbor", "personal_injury"):
        named = [
            r.service
            for r in refer(catalogue, "zhongshan", Trouble("legal_consultation", matter, 1.0))
        ]
        assert "peoples_mediation" in named


@pytest.mark.parametrize("urgent", ["violence", "threat", "child_risk"])
def test_violence_at_home_puts_protection_first(catalogue: Catalogue, urgent: str) -> None:
    first = refer(
        catalogue, "zhongshan", Trouble("legal_consultation", "marriage_family", 1.0, urgent)
    )[0]
    assert first.service == "legal_aid"
    assert "110" in first.why
    assert "反家庭暴力法第二十三条" in (first.source or "")


def test_unpaid_wages_go_to_labour_arbitration_first(catalogue: Catalogue) -> None:
    first = refer(catalogue, "zhongshan", Trouble("legal_consultation", "labor", 0.97))[0]
    assert first.service == "labor_arbitration"
    assert first.deadline is not None
    assert "劳动争议调解仲裁法第二十七条" in first.deadline
    assert "有例外" in first.deadline


@given(confidence=st.floats(0, 1), matter=st.sampled_from(MATTERS))
@settings(deadline=None)
def test_a_guessed_matter_names_only_the_general_desks(
    catalogue: Catalogue, confidence: float, matter: str
) -> None:
    got = refer(catalogue, "zhongshan", Trouble("legal_consultation", matter, confidence))
    sure = confidence >= SURE_OF_MATTER
    expected = matter if sure else "general"
    assert got == refer(catalogue, "zhongshan", Trouble("legal_consultation", expected, 1.0))


def test_what_is_only_for_asking_is_not_offered(catalogue: Catalogue) -> None:
    offered = {r.service for r in refer(catalogue, "zhongshan", Trouble("nlu_fallback", None, 0.0))}
    assert offered == {"village_adviser", "legal_consultation"}


def test_another_departments_matter_is_sent_to_12345(catalogue: Catalogue) -> None:
    (only,) = refer(catalogue, "lianyungang", Trouble("other_government", "labor", 0.9))
    assert only.service == "other_government"
    assert "12345" in only.why


def test_a_rule_for_one_city_is_not_told_in_another(catalogue: Catalogue) -> None:
    there = refer(catalogue, "zhongshan", Trouble("prison_visit", "general", 1.0))[0]
    elsewhere = refer(catalogue, "qingyuan", Trouble("prison_visit", "general", 1.0))[0]
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


def test_a_source_is_a_law_a_plan_a_local_rule_or_nothing(catalogue: Catalogue) -> None:
    topics = {rule.topic for rule in catalogue.local_rules.values()}
    for city in CITIES:
        for referral in _all(catalogue, city):
            source = referral.source
            assert (
                source is None
                or source.startswith("《")
                or re.search("第.+条", source)
                or source.partition("（")[0] in topics
            )


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


# situations


@given(said=st.text(max_size=60))
def test_any_words_can_be_listened_to(catalogue: Catalogue, said: str) -> None:
    known = {situation.id for group in catalogue.situations.values() for situation in group}
    for matter in MATTERS:
        assert set(situations(catalogue, matter, said)) <= known


def test_nothing_said_is_no_situation(catalogue: Catalogue) -> None:
    assert [m for m in MATTERS if situations(catalogue, m, "")] == []
