"""The interview over the saved cases: how many questions, and that it comes to the same outcome."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from knowledge.catalogue import Catalogue
from knowledge.eligibility import answering
from knowledge.eligibility import interview as interviews
from knowledge.eligibility.cases import Case, saved_cases
from knowledge.eligibility.interview import Interview
from knowledge.eligibility.jurisdiction import jurisdiction
from knowledge.eligibility.questions import (
    HOME_AREA,
    MIGRANT,
    NO,
    STEADY_INCOME,
    UNCLEAR,
    YES,
    is_tap,
    options,
    question_for,
)
from knowledge.eligibility.rules import rulebook
from knowledge.eligibility.screening import Decision, Outcome, screen
from knowledge.eligibility.shape import said_shape
from knowledge.eligibility.vocabulary import vocabulary

MEDIAN_AT_MOST = 8
# what the interview never asks: who wants a retrial says so by the claim
BESIDE = {"applicant_type", "case_type", "role", "forum_city", "service_form"}
PETITION = {"retrial_petition_not_filed"}
# taps that stand for several facts at once
TAPPED_ONLY = {STEADY_INCOME, HOME_AREA, "valuable_assets", "special_status"}


def begin(matter: str | None, trouble: str, alarm: str | None = None) -> Interview:
    return interviews.begin(matter, trouble, "self", alarm)


def decide(catalogue: Catalogue, case: Case, interview: Interview) -> Decision:
    city = catalogue.atlas.city(case.city)
    assert city is not None
    where = jurisdiction(catalogue, city.id, interview.facts)
    return screen(rulebook(), interview.facts, where, case.day)


def answer(case: Case, interview: Interview, fact: str) -> Interview:
    """As the person of the case would answer; what the case does not say they do not know."""
    said = case.facts.get(fact)
    if fact == STEADY_INCOME:
        return answering.tap(interview, fact, NO if STEADY_INCOME in _status(case) else YES)
    if fact == MIGRANT:
        return answering.tap(interview, fact, NO)
    if fact == HOME_AREA or said is None:
        return answering.tap(interview, fact, UNCLEAR)
    if fact in ("special_status", "valuable_assets"):
        kept = {**interview.plain(), "said": {**interview.said, fact: said}}
        kept["answered"] = (*interview.answered, fact)
        told = Interview.read(kept)
        assert told is not None
        return told
    if isinstance(said, bool):
        return answering.tap(interview, fact, YES if said else NO)
    if isinstance(said, int | float) and fact != "household_size":
        heard = answering.hear(interview, f"每月{said}元")
        assert heard is not None, said
        return heard
    return answering.tap(interview, fact, str(said))


def _status(case: Case) -> list[str]:
    return list(case.facts.get("special_status") or ())


def play(catalogue: Catalogue, case: Case) -> tuple[int, Interview]:
    """The number of questions, and the interview at its end."""
    claim = case.facts.get("claim")
    matters = vocabulary().definitions["claim"].values[claim].matters if claim else ()
    interview = begin(matters[0] if matters else None, "")
    beside = {
        key: value
        for key, value in case.facts.items()
        if key in BESIDE
        or (key == "stage" and value in PETITION)
        or (key == "special_status" and "accused_of_domestic_violence" in value)
    }
    interview = Interview({**interview.said, **beside}, matter=interview.matter)
    asked = 0
    while True:
        decision = decide(catalogue, case, interview)
        question = interviews.next_question(interview, decision.outcome, decision.missing)
        if question is None:
            return asked, interview
        asked += 1
        assert asked < 20, (case.id, question.fact)
        interview = answer(case, interviews.ask(interview, question), question.fact)


def test_the_median_interview_takes_at_most_eight_questions(
    catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = [play(catalogue, case)[0] for case in saved_cases()]
    median, most = statistics.median(counts), max(counts)
    with capsys.disabled():
        print(f"\n[法律援助] 每个案例问几句：中位数 {median:g}，最多 {most}（{len(counts)} 个）")
    assert median <= MEDIAN_AT_MOST


def test_the_interview_comes_to_the_outcome_of_the_case_or_leaves_it_open(
    catalogue: Catalogue,
) -> None:
    """A fact that the interview never asks for is not known in it: then it stays open, or the
    other way round it stops when it is certain."""
    for case in saved_cases():
        _, interview = play(catalogue, case)
        outcome = decide(catalogue, case, interview).outcome
        assert outcome in (case.outcome, Outcome.unknown), case.id


def test_every_button_is_a_tap_and_leads_somewhere() -> None:
    for fact in (*vocabulary().definitions, *vocabulary().follow_up):
        question = question_for(fact, {"case_type": "criminal"})
        for _, value in question.choices:
            assert is_tap(f"{fact}:{value}"), (fact, value)
            assert len(f"aid:{fact}:{value}".encode()) <= 64, "a button of Telegram's"
            start = Interview({"applicant_type": "individual"}, asking=fact)
            assert answering.tap(start, fact, value) != start
        assert is_tap(f"{fact}:{UNCLEAR}")
        assert is_tap(f"ask:{fact}")
    for wrong in ("", "x", "claim", "claim:", "claim:x", "ask:x", "household_size:1234", "begin:x"):
        assert not is_tap(wrong), wrong


def test_titles_of_a_question_are_different() -> None:
    for fact in vocabulary().definitions:
        names = [name for ways in options(fact).values() for name in ways[:1]]
        assert len(names) == len(set(names)), fact


@pytest.mark.parametrize(
    ("trouble", "matter", "claim"),
    [
        ("老板欠我三个月工资", "labor", "labor_remuneration"),
        ("在工地干活摔断腿，算工伤吗", "labor", "work_injury_compensation"),
        ("前夫不给抚养费", "marriage_family", "maintenance_child"),
        ("老公家暴，我要离婚", "marriage_family", None),
        ("我弟被刑拘了", "criminal", "defence"),
        ("隔壁装修吵", "land_neighbor", None),
        ("老板欠我三个月工资", None, None),
        ("邻居天天吵", "tort", None),
        ("老婆报警说我家暴", "marriage_family", None),
        ("老板告我偷东西，还说我打人", "criminal", None),
    ],
)
def test_a_claim_is_taken_from_their_words_only_when_it_is_the_only_one(
    trouble: str, matter: str | None, claim: str | None
) -> None:
    assert begin(matter, trouble).said.get("claim") == claim


def test_the_right_claim_is_offered_also_where_the_matter_is_wrong() -> None:
    interview = begin("personal_injury", "我儿子打架被派出所抓了")
    first = interviews.question(interview, "claim").choices[0]
    assert first[1] == "defence"
    wider = answering.tap(begin("consumer", "买到假货"), "claim", "other")
    values = [value for _, value in interviews.question(wider, "claim").choices]
    assert "claim" not in wider.said
    assert {"labor_remuneration", "defence", "abuse_dv_victim_rights"} <= set(values)
    assert answering.tap(wider, "claim", "other").said["claim"] == "other"


def test_a_company_or_a_foreigner_is_not_taken_for_a_citizen() -> None:
    for trouble in ("我们公司被欠货款", "我是越南人，老板不给工资"):
        assert "applicant_type" not in begin("contract", trouble).said
    assert "applicant_type" not in interviews.begin("contract", "欠货款", "company", None).said


def test_after_violence_a_victim_is_offered_first_and_nothing_is_taken_for_granted() -> None:
    interview = begin("marriage_family", "我要离婚", "violence")
    assert "claim" not in interview.said
    assert interviews.question(interview, "claim").choices[0][1] == "abuse_dv_victim_rights"


@pytest.mark.parametrize(
    ("fact", "text", "said"),
    [
        ("special_status", "我62了", ["elderly"]),
        ("special_status", "15岁", ["minor"]),
        ("special_status", "没有", []),
        ("valuable_assets", "没房没车", []),
        ("household_monthly_disposable_income", "一年六万", 5000.0),
        ("household_monthly_consumption", "六万", 10000.0),
        ("household_monthly_consumption", "每月六千", 6000.0),
        ("claim", "老板欠我三个月工资", "labor_remuneration"),
        ("has_lawyer", "没请", False),
    ],
)
def test_a_typed_answer_is_heard(fact: str, text: str, said: object) -> None:
    heard = answering.hear(Interview({}, asking=fact), text)
    assert heard is not None
    assert heard.said[fact] == said


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("has_lawyer", "对"),
        ("has_lawyer", "嗯"),
        ("has_lawyer", "他又打我了"),
        ("special_status", "办不到低保"),
        ("special_status", "以前是低保"),
        ("special_status", "我妈是残疾人"),
        ("special_status", "家里有老人要养"),
        ("household_monthly_disposable_income", "110"),
        ("household_monthly_disposable_income", "13800138000"),
        ("valuable_assets", "房子被老公占了"),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(fact: str, text: str) -> None:
    assert answering.hear(Interview({"household_size": 2}, asking=fact), text) is None


def test_two_answers_in_one_message_are_both_taken() -> None:
    order = iter(["special_status", "household_size", None])
    start = Interview({"claim": "labor_remuneration"}, asking="has_lawyer")
    heard = answering.hear_all(start, "没有，我是农民工", lambda _: next(order))
    assert heard is not None
    assert heard.said["has_lawyer"] is False
    assert heard.said["special_status"] == ["migrant_worker"]
    two = Interview({"claim": "maintenance_elder"}, asking="special_status")
    both = answering.hear_all(two, "我是低保户，也是残疾人", lambda _: "valuable_assets")
    assert both is not None
    assert both.said["special_status"] == ["minimum_living_allowance", "disabled"]
    cry = answering.hear_all(start, "没有，他又打我了", lambda _: "special_status")
    assert cry is None, "the whole of it goes to the triage"


def test_a_worker_of_sixty_two_is_still_asked_whether_a_migrant() -> None:
    interview = Interview(
        {
            "applicant_type": "individual",
            "claim": "labor_remuneration",
            "has_lawyer": False,
            "special_status": ["elderly"],
        },
        answered=("has_lawyer", "special_status"),
    )
    question = interviews.next_question(interview, Outcome.unknown, ["household_size"])
    assert question is not None
    asked = [question.fact]
    interview = answering.tap(interview, question.fact, YES)
    following = interviews.next_question(interview, Outcome.unknown, ["household_size"])
    assert following is not None
    asked.append(following.fact)
    assert set(asked) == {STEADY_INCOME, MIGRANT}


def test_the_size_of_a_home_is_told_as_it_was_tapped() -> None:
    told = answering.tap(Interview({}, asking=HOME_AREA), HOME_AREA, "small")
    shown = said_shape(told.facts.plain())
    assert shown[-1]["value"] == "城镇住房（不到 144 平方米）"


def test_what_was_kept_is_read_again(catalogue: Catalogue) -> None:
    interview = answering.tap(begin("labor", "欠薪"), "has_lawyer", "no")
    kept: Any = interview.plain()
    assert Interview.read(kept) == interview
    assert Interview.read(None) is None
