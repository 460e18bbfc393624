"""The call script: safety first, short, plain, for every service and matter, and no promise."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.assist.script import CHANNELS, WHEN, WHERE, asked, script
from bot.words import words
from knowledge.taxonomy import CALM, taxonomy

NAMES = taxonomy()
SERVICES = sorted({**NAMES.services, **NAMES.requests})
MATTERS = sorted(NAMES.matters)
NONE = st.none()
CALLS = st.tuples(
    st.sampled_from(CHANNELS),
    NONE | st.sampled_from(SERVICES),
    NONE | st.sampled_from(MATTERS),
    st.sampled_from(NAMES.urgency),
    st.frozensets(st.sampled_from([WHEN, WHERE])),
)
# what nobody may say for an office, a court or a lawyer
PROMISES = re.compile(r"一定|保证|肯定|放心|包您|打赢|胜诉|违法|合法|应该赔|可以赔|分钟内|小时内")
LONGEST = 45  # characters that are read in one breath
MOST_QUESTIONS = 8


@given(CALLS)
def test_every_call_has_a_script_that_begins_with_safety(
    call: tuple[str, str | None, str | None, str, frozenset[str]],
) -> None:
    channel, service, matter, urgent, heard = call
    steps = script(channel, service, matter, urgent, heard)
    names = [step.step for step in steps]
    pressing = urgent != "none"
    assert names == [*(["safe"] if pressing else []), "open", "ask", "agree", "end"]
    lines = [line for step in steps for line in step.lines]
    assert len({line.id for line in lines}) == len(lines)
    assert all(step.title and step.lines for step in steps)
    if urgent not in CALM:
        assert "110" in lines[0].text
        assert any("说话方便" in line.text for line in steps[0].lines)
    # somebody in danger is not asked whether they liked it
    assert any(line.id == "rate" for line in lines) == (not pressing)
    assert {line.id for line in lines if line.heard} <= heard
    questions = next(step for step in steps if step.step == "ask").lines
    assert 1 <= len(questions) <= MOST_QUESTIONS


@given(st.sampled_from(SERVICES), st.sampled_from(MATTERS))
def test_the_service_asks_in_its_own_way_before_the_matter(service: str, matter: str) -> None:
    ask = words("scripts")["ask"]
    own = ask["services"].get(service, {})
    found = dict(asked(service, matter))
    if "only" in own:
        assert list(found.values()) == own["only"]
        return
    for id_, general in ask["general"].items():
        assert found[id_] == own.get(id_, ask["matters"].get(matter, {}).get(id_, general))
    for more in (own, ask["matters"].get(matter, {})):
        assert set(more.get("more", ())) <= set(found.values())


def test_what_was_heard_is_marked_and_stays_where_it_is() -> None:
    before = script("phone", "labor_arbitration", "labor", "none")
    after = script("phone", "labor_arbitration", "labor", "none", {WHEN, WHERE})
    assert [line.id for step in before for line in step.lines] == [
        line.id for step in after for line in step.lines
    ]
    assert {line.id for step in after for line in step.lines if line.heard} == {WHEN, WHERE}


def test_the_words_name_only_what_there_is() -> None:
    says = words("scripts")
    assert set(says["open"]) == set(CHANNELS)
    assert set(says["safe"]) == set(NAMES.urgency) - {"none"}
    assert set(says["ask"]["services"]) <= set(SERVICES)
    assert set(says["ask"]["matters"]) <= set(MATTERS)
    parts = {*says["ask"]["general"], "more", "only"}
    for group in ("services", "matters"):
        for name, part in says["ask"][group].items():
            assert part, name
            assert set(part) <= parts, name
            assert "only" not in part or set(part) == {"only"}, name


def test_every_line_is_short_and_promises_nothing() -> None:
    for service in (None, *SERVICES):
        for matter in (None, *MATTERS):
            for urgent in NAMES.urgency:
                for step in script("counter", service, matter, urgent):
                    for line in step.lines:
                        assert len(line.text) <= LONGEST, line.text
                        assert not PROMISES.search(line.text), line.text
