"""The legal-aid interview, turn by turn: questions, corrections, asides, interruptions, outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from actions.action_find_place import ActionFindPlace
from actions.action_human_handoff import ActionHumanHandoff
from actions.action_offer_choices import ActionOfferChoices
from actions.action_out_of_scope import ActionOutOfScope
from actions.action_refer import ActionRefer
from actions.base import TurnAction
from actions.interview import phrases
from knowledge.eligibility.vocabulary import vocabulary
from tests.actions.conftest import XIAOLAN, RunTurn, Said

AID = phrases()
QUESTIONS = {key: definition.question for key, definition in vocabulary().definitions.items()}
WAGES = {"matter": "labor", "trouble": "老板欠我三个月工资，我在小榄", "region_id": XIAOLAN}


@dataclass
class Talk:
    """A conversation that remembers its slots."""

    turn: RunTurn
    slots: dict[str, Any] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)

    def tap(self, choice: str, **more: Any) -> Said:
        return self._turn(ActionRefer, choice=choice, **more)

    def say(self, text: str, action: type[TurnAction] = ActionRefer, **more: Any) -> Said:
        return self._turn(action, text=text, **more)

    def _turn(self, action: type[TurnAction], **message: Any) -> Said:
        said = self.turn(action, self.slots, **message)
        self.slots |= said.slots
        self.said.append(said)
        return said

    @property
    def outcome(self) -> str:
        return str(self.said[-1].cards("screening")[0]["outcome"])


@pytest.fixture
def talk(turn: RunTurn) -> Talk:
    return Talk(turn, dict(WAGES))


def test_it_is_offered_where_legal_aid_is_named(turn: RunTurn) -> None:
    said = turn(ActionRefer, text="老板欠薪", matters={"labor": 0.9})
    assert said.last_choices[0] == "aid:begin"


def test_a_migrant_worker_owed_wages_is_asked_two_things(talk: Talk) -> None:
    first = talk.tap("aid:begin")
    assert "讨工资" in first.text, "the claim stands in the trouble's own words"
    assert QUESTIONS["has_lawyer"] in first.text
    assert "asking" in first.signals
    assert QUESTIONS["special_status"] in talk.say("没有").text
    done = talk.say("我是外来工")
    assert talk.outcome == "likely"
    card = done.cards("screening")[0]
    articles = [reason["article"] for reason in card["reasons"]]
    assert articles[:2] == ["法律援助法第三十一条第五项", "法律援助法第四十二条第三项"]
    assert "公证法第三十四条" in articles, "reduced fees are said with every likely answer"
    assert card["apply_at"]
    assert {fact["value"] for fact in card["facts"]} >= {"讨工资、劳动报酬", "进城打工的农民工"}
    assert done.understood["screening"]["outcome"] == "likely"
    assert talk.slots["service"] == "legal_aid"
    assert "asking" not in done.signals


def test_income_is_asked_with_size_and_said_in_any_way(talk: Talk) -> None:
    for step in ("aid:begin", "aid:has_lawyer:no", "aid:special_status:none"):
        talk.tap(step)
    talk.tap("aid:valuable_assets:nothing")
    assert QUESTIONS["household_monthly_disposable_income"] in talk.say("一家三口").text
    talk.say("一年七万二")
    assert talk.outcome == "likely"
    facts = {fact["fact"]: fact["value"] for fact in talk.said[-1].cards("screening")[0]["facts"]}
    assert facts["household_monthly_disposable_income"] == "6,000 元"


def test_a_correction_is_taken_and_the_outcome_changes(talk: Talk) -> None:
    for step in ("aid:begin", "aid:has_lawyer:no", "aid:special_status:none"):
        talk.tap(step)
    talk.tap("aid:valuable_assets:nothing")
    talk.say("2个人")
    talk.say("三万")
    assert talk.outcome == "unlikely"
    assert "门没有关上" in talk.said[-1].text
    again = talk.say("说错了，是3000")
    assert talk.outcome == "likely"
    assert AID["corrected"] in again.text
    talk.say("打错了，是一个人")
    assert QUESTIONS["extraordinary_expense_reason"] in talk.said[-1].text


def test_what_was_taken_from_their_words_can_be_wrong(talk: Talk) -> None:
    talk.tap("aid:begin")
    assert QUESTIONS["claim"] in talk.say("说错了").text
    assert QUESTIONS["has_lawyer"] in talk.say("工伤").text


def test_a_question_in_between_is_answered_and_the_interview_waits(talk: Talk) -> None:
    talk.tap("aid:begin")
    between = talk.say(
        "公证处在哪里", ActionFindPlace, services={"find_place": 0.6, "notarization": 0.3}
    )
    assert between.cards("place")
    assert between.messages[-1]["text"].startswith(AID["meanwhile"])
    assert QUESTIONS["has_lawyer"] in between.text
    assert QUESTIONS["special_status"] in talk.say("没请").text


def test_danger_is_heard_at_once_and_no_question_is_put_after_it(talk: Talk) -> None:
    talk.tap("aid:begin")
    said = talk.say("他又打我了，我躲在厕所", matters={"marriage_family": 0.9}, urgent="violence")
    assert said.urgent
    assert QUESTIONS["has_lawyer"] not in said.text
    resumed = talk.say("继续")
    assert QUESTIONS["has_lawyer"] in resumed.text


def test_why_and_unclear_and_stop(talk: Talk) -> None:
    talk.tap("aid:begin")
    why = talk.say("为什么问这个")
    assert vocabulary().definitions["has_lawyer"].why in why.text
    assert QUESTIONS["special_status"] in talk.say("不清楚").text
    stopped = talk.say("不问了")
    assert stopped.choices == ["aid:resume"]
    assert QUESTIONS["special_status"] in talk.tap("aid:resume").text


def test_who_knows_nothing_gets_unknown_and_may_apply(talk: Talk) -> None:
    said = talk.tap("aid:begin")
    for _ in range(10):
        if said.cards("screening"):
            break
        said = talk.say("不知道")
    assert talk.outcome == "unknown"
    assert "可以直接去申请" in said.text


def test_what_is_no_answer_is_asked_again(talk: Talk) -> None:
    talk.tap("aid:begin")
    for action in (ActionOutOfScope, ActionOfferChoices):
        said = talk.say("嗯哼哈", action)
        assert said.text.startswith(AID["not_heard"])
        assert "misunderstood" not in said.signals


def test_what_cannot_be_so_is_asked_again_with_the_reason(talk: Talk) -> None:
    for step in ("aid:begin", "aid:has_lawyer:no", "aid:special_status:none"):
        talk.tap(step)
    talk.tap("aid:valuable_assets:nothing")
    assert "不能小于 1" in talk.say("0个人").text
    talk.say("3个人")
    assert "不能小于 0" in talk.say("-200").text
    assert "填得太大了" in talk.say("五百万").text
    assert "是 3 元吗" in talk.say("3").text
    assert QUESTIONS["household_monthly_disposable_income"] in talk.said[-1].text


def test_an_old_person_is_asked_for_a_steady_income(talk: Talk) -> None:
    for step in ("aid:begin", "aid:has_lawyer:no"):
        talk.tap(step)
    follow_up = vocabulary().follow_up["no_fixed_income_source"]["question"]
    assert follow_up in talk.tap("aid:special_status:elderly").text
    talk.say("没有")
    assert talk.outcome == "likely"
    articles = [one["article"] for one in talk.said[-1].cards("screening")[0]["reasons"]]
    assert "法律援助法第四十二条第一项" in articles


def test_one_home_is_asked_for_its_size(talk: Talk) -> None:
    for step in ("aid:begin", "aid:has_lawyer:no", "aid:special_status:none"):
        talk.tap(step)
    area = vocabulary().follow_up["home_area"]["question"]
    assert area in talk.tap("aid:valuable_assets:one_home").text
    assert QUESTIONS["household_size"] in talk.say("九十平").text


def test_answers_can_be_changed_by_tapping(talk: Talk) -> None:
    for step in ("aid:begin", "aid:has_lawyer:no", "aid:special_status:migrant_worker"):
        talk.tap(step)
    assert talk.outcome == "likely"
    shown = talk.tap("aid:change")
    assert "aid:ask:has_lawyer" in shown.choices
    assert QUESTIONS["has_lawyer"] in talk.tap("aid:ask:has_lawyer").text
    talk.tap("aid:has_lawyer:yes")
    assert talk.outcome == "unlikely"


def test_who_wants_a_person_is_not_held_by_a_question(talk: Talk) -> None:
    talk.tap("aid:begin")
    unsure = talk.say("你们是骗子吧", ActionHumanHandoff, services={"human_handoff": 0.5})
    assert "request:human_handoff" in unsure.choices
    assert unsure.signals == ["asking"], "offered, not decided for them"
    said = talk.say("我要找人说", ActionHumanHandoff, services={"human_handoff": 0.97})
    assert said.signals == ["handoff"]


def test_a_bare_yes_below_the_matter_is_no_lawyer(talk: Talk) -> None:
    talk.tap("aid:begin")
    said = talk.say("对", ActionOutOfScope)
    assert QUESTIONS["has_lawyer"] in said.text
    assert "has_lawyer" not in talk.slots["aid"]["said"]


def test_a_correction_reaches_what_was_taken_from_their_words(talk: Talk) -> None:
    talk.tap("aid:begin")
    talk.say("说错了，是工伤")
    assert talk.slots["aid"]["said"]["claim"] == "work_injury_compensation"
    talk.say("没请")
    talk.say("我是农民工")
    assert talk.outcome == "likely"
    unclear = talk.say("说错了，我不是农民工")
    assert "aid:ask:special_status" in unclear.choices


def test_another_matter_in_the_middle_asks_which_one(talk: Talk) -> None:
    talk.tap("aid:begin")
    said = talk.say("其实我是想离婚", matters={"marriage_family": 0.9})
    assert said.choices[-2:] == ["aid:begin", "aid:resume"]


def test_danger_is_not_forgotten_when_the_questions_go_on(turn: RunTurn) -> None:
    talk = Talk(turn, {"matter": "debt", "trouble": "借钱不还"})
    talk.tap("aid:begin")
    talk.say("他又打我了", urgent="violence", matters={"marriage_family": 0.4})
    assert talk.slots["alarm"] == "violence"
    done = talk.say("没请律师")
    assert talk.outcome == "unknown"
    assert done.urgent, "the safe step stands on the outcome too"
    assert done.choices[0] == "aid:claim:abuse_dv_victim_rights"
    talk.tap("aid:claim:abuse_dv_victim_rights")
    assert talk.outcome == "likely"


def test_after_the_outcome_its_buttons_work_in_words(talk: Talk) -> None:
    for step in ("aid:begin", "aid:has_lawyer:no", "aid:special_status:migrant_worker"):
        talk.tap(step)
    assert "aid:ask:has_lawyer" in talk.say("改一下我的情况").choices
    assert talk.say("要带什么材料").cards("screening")


def test_a_company_is_told_at_once_and_kindly(turn: RunTurn) -> None:
    talk = Talk(turn, {"matter": "contract", "trouble": "我们公司合同纠纷", "party": "company"})
    asked = talk.tap("aid:begin")
    assert QUESTIONS["applicant_type"] in asked.text
    talk.say("公司")
    assert talk.outcome == "unlikely"


def test_lianyungang_asks_for_no_income(turn: RunTurn) -> None:
    talk = Talk(turn, {"matter": "traffic_accident", "trouble": "被车撞了"})
    talk.tap("aid:begin", city="lianyungang")
    talk.tap("aid:has_lawyer:no", city="lianyungang")
    talk.tap("aid:special_status:none", city="lianyungang")
    assert talk.outcome == "unknown"
    card = talk.said[-1].cards("screening")[0]
    assert "268" not in str(card)
    assert card["rules_version"] == "jiangsu-2022-01-01"
