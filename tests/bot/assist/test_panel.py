"""The panel from what the engine said: whatever is told and chosen, it stands, and choices hold."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assist.panel import Told, panel, reading
from bot.triage import triage_of
from knowledge.catalogue import Catalogue
from knowledge.taxonomy import CALM, taxonomy
from tests.bot.conftest import parsed

DAY = date(2026, 11, 27)
NAMES = taxonomy()
SERVICES = sorted({**NAMES.services, **NAMES.requests})
MATTERS = sorted(NAMES.matters)
PIECES = [
    "老板拖欠工资",
    "小榄",
    "太平镇",
    "上个月15号",
    "我老公打我",
    "借条",
    "收到判决书",
    "。",
    "公证处",
    "\x00",
]
WORDS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text(max_size=40)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "service": st.sampled_from(SERVICES),
        "matter": st.sampled_from(MATTERS),
        "urgent": st.sampled_from(NAMES.urgency),
        "party": st.sampled_from(sorted(NAMES.parties)),
        "place": st.sampled_from(["小榄", "三乡镇", "北京", " "]),
        "channel": st.sampled_from(["phone", "counter"]),
    },
)
ENGINE = st.none() | st.builds(
    lambda service, matter, sure, urgent: parsed({service: sure}, {matter: sure}, urgent),
    st.sampled_from(SERVICES),
    st.sampled_from(MATTERS),
    st.floats(0.02, 0.99),
    st.sampled_from(NAMES.urgency),
)


def test_whatever_is_told_there_is_a_panel_and_the_choices_hold(catalogue: Catalogue) -> None:
    city = catalogue.atlas.cities["zhongshan"]

    @settings(max_examples=40, deadline=None)
    @given(text=WORDS, chosen=CHOICES, engine=ENGINE)
    def every_call(text: str, chosen: dict[str, Any], engine: dict[str, Any] | None) -> None:
        told = Told(text, city, **chosen)
        shown = panel(catalogue, told, engine, away=engine is None, day=DAY)
        assert (shown["understood"] is None) == (engine is None)
        heard = engine and triage_of(engine, catalogue, text, city)
        known = reading(told, heard or None)
        for name in ("service", "matter", "urgent", "party"):
            assert name not in chosen or getattr(known, name) == chosen[name]
        assert shown["calm"] == (known.urgent in CALM)
        assert [step["step"] for step in shown["script"]][-3:] == ["ask", "agree", "end"]
        limits = [limit["id"] for limit in shown["limits"]]
        assert len(limits) == len(set(limits))
        assert set(limits) == {one["id"] for r in shown["referrals"] for one in r["limits"]}
        desks = {one["service"] for one in shown["referrals"]}
        assert {one["service"] for one in shown["places"]} <= desks
        assert len(shown["answers"]) <= 5
        if engine and not {"service", "matter", "urgent", "place"} & set(chosen) and heard:
            assert shown["referrals"] == heard["referrals"]

    every_call()


def test_nobody_in_danger_is_told_that_it_is_none_of_our_business(catalogue: Catalogue) -> None:
    city = catalogue.atlas.cities["zhongshan"]
    engine = parsed({"out_of_scope": 0.9}, {"general": 0.9}, "violence")
    shown = panel(catalogue, Told("他打我", city), engine, away=False, day=DAY)
    assert shown["referrals"]
    assert shown["calm"] is False
