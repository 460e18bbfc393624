"""The label set is public: ids never change, and everything named in data is in it."""

from __future__ import annotations

import pytest

from knowledge.catalogue import Catalogue
from knowledge.referrals import EVERYWHERE
from knowledge.taxonomy import taxonomy

SERVICES = {
    "legal_consultation", "legal_aid", "peoples_mediation", "legal_education", "legal_lookup",
    "lawyer_services", "notarization", "forensic_appraisal", "administrative_reconsideration",
    "arbitration", "labor_arbitration", "bar_exam", "community_correction",
    "resettlement_assistance", "prison_visit", "village_adviser", "judicial_relief",
    "enterprise_services", "complaint", "other_government", "out_of_scope",
}  # fmt: skip
MATTERS = {
    "marriage_family", "labor", "traffic_accident", "debt", "criminal", "contract",
    "real_estate", "tort", "personal_injury", "company", "medical", "expropriation",
    "administrative", "construction", "intellectual_property", "consumer", "guarantee",
    "foreign", "maritime", "land_neighbor", "litigation_procedure", "general",
}  # fmt: skip
# the six boards of Zhongshan's plan stand first
SIX = {
    "legal_education", "legal_aid", "peoples_mediation", "lawyer_services", "notarization",
    "administrative_reconsideration",
}  # fmt: skip


def test_ids_are_stable() -> None:
    labels = taxonomy()
    assert set(labels.services) == SERVICES
    assert set(labels.matters) == MATTERS
    assert set(labels.requests) == {"find_place", "human_handoff"}
    assert labels.urgency == (
        "violence", "self_harm", "child_risk", "detained_now", "deadline", "threat", "none",
    )  # fmt: skip


def test_every_label_has_a_name_of_its_own() -> None:
    labels = taxonomy()
    for names in (labels.services, labels.matters, labels.requests):
        assert all(name.strip() for name in names.values())
        assert len(set(names.values())) == len(names)


def test_a_name_is_found_for_services_and_requests() -> None:
    assert taxonomy().service_name("legal_aid") == "法律援助"
    assert taxonomy().service_name("find_place") == "最近的服务点"


def test_an_unknown_service_has_no_name() -> None:
    with pytest.raises(KeyError):
        taxonomy().service_name("fortune_telling")


def test_the_menu_opens_with_the_six_boards(catalogue: Catalogue) -> None:
    first, title = taxonomy().menu[0]
    assert title == "六大服务"
    assert {s.id for s in catalogue.services.values() if s.menu_group == first} == SIX


def test_every_service_stands_in_the_menu_once(catalogue: Catalogue) -> None:
    groups = [group for group, _ in taxonomy().menu]
    assert len(set(groups)) == len(groups)
    lost = {s.id for s in catalogue.services.values() if s.menu_group not in groups}
    assert lost == {"out_of_scope"}


def test_the_catalogue_uses_the_same_labels(catalogue: Catalogue) -> None:
    labels = taxonomy()
    assert {s.id: s.name for s in catalogue.services.values()} == labels.services
    # and what holds whatever the matter
    assert set(catalogue.rules) == {*labels.matters, EVERYWHERE}
    urgent = {
        kind for rules in catalogue.rules.values() for r in rules for kind in r.first_when_urgent
    }
    urgent |= {kind for s in catalogue.services.values() for kind in s.not_when_urgent}
    assert urgent <= set(labels.urgency) - {"none"}
