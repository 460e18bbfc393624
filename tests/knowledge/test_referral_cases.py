"""Cases of a duty lawyer who did not see the rules: which desks, who mediates, by when."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.catalogue import Catalogue
from knowledge.contract import referral_shape
from knowledge.referrals import Referral, Trouble, refer
from knowledge.taxonomy import taxonomy

FILE = Path(__file__).parent / "referral_cases.yml"
CASES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["cases"]
CITIES = ("zhongshan", "qingyuan", "lianyungang")
NO_MEDIATION = {"violence", "threat", "child_risk", "self_harm"}


def desks(catalogue: Catalogue, case: dict[str, Any]) -> list[Referral]:
    trouble = Trouble(case["service"], case["matter"], 0.9, case["urgent"], case["text"])
    return refer(catalogue, case["city"], trouble, case["today"])


def limits(catalogue: Catalogue, case: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        limit
        for referral in desks(catalogue, case)
        for limit in referral_shape(catalogue, case["city"], referral, case["text"], case["today"])[
            "limits"
        ]
    ]


def test_there_are_enough_cases() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES) >= 100
    assert min(Counter(case["matter"] for case in CASES).values()) >= 4
    assert {case["matter"] for case in CASES} == set(taxonomy().matters)
    assert min(Counter(case["city"] for case in CASES)[city] for city in CITIES) >= 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_is_referred_as_a_lawyer_would(catalogue: Catalogue, case: dict[str, Any]) -> None:
    expect = case["expect"]
    got = desks(catalogue, case)
    named = [referral.service for referral in got]
    bodies = " ".join(f"{referral.name} {referral.desk}" for referral in got)
    if "first" in expect:
        first = expect["first"]
        assert named[0] in (first if isinstance(first, list) else [first]), named
    assert set(expect.get("has", ())) <= set(named), named
    assert set(expect.get("not", ())).isdisjoint(named), named
    assert [part for part in expect.get("desk", ()) if part not in bodies] == [], bodies
    doors = {door.kind for referral in got for door in referral.doors}
    assert set(expect.get("doors", ())) <= doors, doors
    if case["urgent"] in NO_MEDIATION and case["service"] != "peoples_mediation":
        assert not doors


@pytest.mark.parametrize(
    "case", [case for case in CASES if "limit" in case["expect"]], ids=lambda case: case["id"]
)
def test_the_time_limit_of_a_case(catalogue: Catalogue, case: dict[str, Any]) -> None:
    wanted = case["expect"]["limit"]
    found = [limit for limit in limits(catalogue, case) if limit["source"] == wanted["article"]]
    assert found, [limit["source"] for limit in limits(catalogue, case)]
    if "due" in wanted:
        dues = [limit["due"] and date.fromisoformat(limit["due"]["last_day"]) for limit in found]
        assert wanted["due"] in dues, dues


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["expect"].get("no_due")], ids=lambda case: case["id"]
)
def test_a_day_that_starts_nothing_is_no_last_day(
    catalogue: Catalogue, case: dict[str, Any]
) -> None:
    assert [limit for limit in limits(catalogue, case) if limit["due"]] == []
