"""The legal-aid interview in a conversation: whose turn it is, what is asked, what comes out.

It stands before every action: a message that answers the open question is taken as the answer,
whatever the classifier made of it; anything else is answered as usual, and the question waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from actions.reply import Reply, safe_step, urgent_card, words
from actions.turn import Turn
from knowledge.china import CHINA
from knowledge.eligibility import answering
from knowledge.eligibility import interview as interviews
from knowledge.eligibility.facts import FactError
from knowledge.eligibility.hearing import Aside, hear_aside, hear_correction
from knowledge.eligibility.interview import Interview
from knowledge.eligibility.jurisdiction import decide
from knowledge.eligibility.questions import (
    ASK,
    BEGIN,
    CHANGE,
    RESUME,
    STOP,
    UNCLEAR,
    WHY,
    Question,
)
from knowledge.eligibility.screening import Outcome
from knowledge.eligibility.shape import said_shape, screening_shape
from knowledge.eligibility.vocabulary import vocabulary
from knowledge.text import normalise

SLOT = "aid"
KIND = "aid"
# where the classifier did not understand either, the question is simply asked again
NOT_UNDERSTOOD = frozenset({"action_out_of_scope", "action_offer_choices"})
HANDOFF = "action_human_handoff"
# below this, words in the middle of the questions are not taken for a wish to be handed over
SURE_OF_HANDOFF = 0.9
SURE_OF_ANOTHER = 0.5
# dangers that are not forgotten when the questions go on
ALARMS = frozenset({"violence", "child_risk", "self_harm", "threat"})
LONGEST_REQUEST = 14  # characters of "要带什么材料"
Slots = dict[str, Any]
PHRASES = Path(__file__).parent / "interview.yml"


@cache
def phrases() -> dict[str, Any]:
    """The words of interview.yml, read once."""
    content: dict[str, Any] = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
    return content


def begin_choice() -> tuple[str, str]:
    """The button that starts it."""
    return phrases()["begin"], f"{KIND}:{BEGIN}"


def take(turn: Turn, reply: Reply, action: str) -> Slots | None:
    """Answer the turn if it belongs to the interview; None: it is the action's."""
    known = Interview.read(turn.slots.get(SLOT))
    if turn.choice and turn.choice[0] == KIND:
        return _tapped(turn, reply, known, turn.choice[1])
    if known is None or not turn.text:
        return None
    return _typed(turn, reply, known, action)


def go_on(turn: Turn, reply: Reply) -> None:
    """After something else was answered: the open question again, unless somebody is in danger."""
    known = Interview.read(turn.slots.get(SLOT))
    if known is None or known.asking is None or "handoff" in reply.signals:
        return
    if turn.urgent_kind != "none":
        return
    says = phrases()
    heard = turn.matters[0] if turn.matters else None
    sure = heard is not None and heard.confidence >= SURE_OF_ANOTHER
    if heard and sure and interviews.about_something_else(known, heard.name):
        choices = [(says["of_this"], f"{KIND}:{BEGIN}"), (says["of_that"], f"{KIND}:{RESUME}")]
        for message in reply.messages:
            message["choices"] = [c for c in message["choices"] if c["value"] != f"{KIND}:{BEGIN}"]
        reply.say(says["which_trouble"], choices)
        return
    _say(reply, interviews.question(known, known.asking), says["meanwhile"])


def _tapped(turn: Turn, reply: Reply, known: Interview | None, tapped: str) -> Slots:
    verb, _, value = tapped.partition(":")
    if verb == BEGIN or known is None:
        return _begin(turn, reply)
    if verb == RESUME:
        return _next(turn, reply, known)
    if verb == STOP:
        return _stop(reply, known)
    if verb == WHY:
        return _why(turn, reply, known)
    if verb == CHANGE:
        return _what_to_change(reply, known)
    if verb == ASK:
        return _next(turn, reply, interviews.ask_again(known, value), value)
    try:
        answered = answering.tap(known, verb, value)
    except FactError as error:
        return _refused(reply, known, error)
    return _next(turn, reply, answered)


def _typed(turn: Turn, reply: Reply, known: Interview, action: str) -> Slots | None:
    asked = _button_in_words(turn, reply, known)
    if asked is not None:
        return asked
    correction = hear_correction(turn.text)
    try:
        if correction is not None:
            return _corrected(turn, reply, known, correction)
        if known.asking is None:
            return None
        aside = hear_aside(turn.text)
        if aside:
            return _aside(turn, reply, known, aside)
        answered = answering.hear_all(known, turn.text, lambda state: _next_fact(turn, state))
    except FactError as error:
        return _refused(reply, known, error)
    if answered:
        return _next(turn, reply, answered)
    if turn.urgent_kind != "none" or turn.reading.found:
        return None
    if action == HANDOFF and not (turn.services and turn.services[0].confidence >= SURE_OF_HANDOFF):
        return _not_heard(reply, known, phrases()["a_person"])
    if action in NOT_UNDERSTOOD:
        return _not_heard(reply, known, phrases()["not_heard"])
    return None


def _not_heard(reply: Reply, known: Interview, said: str) -> Slots:
    """The question again, with the way to a person beside it: nobody is caught in it."""
    assert known.asking is not None
    person = (words()["choose_handoff"], "request:human_handoff")
    _say(reply, interviews.question(known, known.asking), said, more=[person])
    return {}


def _corrected(turn: Turn, reply: Reply, known: Interview, rest: str) -> Slots:
    says = phrases()
    if not rest:
        # nothing was answered yet: what was taken from their own words may be wrong
        wrong = known.last or interviews.CLAIM
        return _next(turn, reply, interviews.ask_again(known, wrong), wrong)
    corrected = answering.correct(known, rest)
    if corrected:
        return _next(turn, reply, corrected, said=says["corrected"])
    return _what_to_change(reply, known)


def _button_in_words(turn: Turn, reply: Reply, known: Interview) -> Slots | None:
    """Who writes what stands on a button of ours has pressed it."""
    says = phrases()
    plain = normalise(turn.text).strip("。.!！?？ ")
    if plain == normalise(says["change"]):
        return _what_to_change(reply, known)
    resume = hear_aside(turn.text) is Aside.resume or plain == normalise(says["resume"])
    if resume and known.asking is None and not known.finished:
        return _next(turn, reply, known)
    again = any(word in plain for word in says["card_again"])
    if known.finished and again and len(plain) <= LONGEST_REQUEST and turn.urgent_kind == "none":
        return _next(turn, reply, known)
    return None


def _aside(turn: Turn, reply: Reply, known: Interview, aside: Aside) -> Slots:
    if aside is Aside.why:
        return _why(turn, reply, known)
    if aside is Aside.stop:
        return _stop(reply, known)
    if aside is Aside.back and known.last:
        return _next(turn, reply, interviews.ask_again(known, known.last), known.last)
    return _next(turn, reply, known, known.asking)


def _begin(turn: Turn, reply: Reply) -> Slots:
    matter = turn.matter
    trouble = str(turn.slots.get("trouble") or "")
    alarm = turn.slots.get("alarm")
    known = interviews.begin(matter.name if matter else None, trouble, turn.party, alarm)
    says = phrases()
    claim = known.said.get(interviews.CLAIM)
    intro = says["intro"]
    if claim:
        name = vocabulary().name_of(interviews.CLAIM, claim)
        intro += "\n" + says["by_your_words"].format(claim=name)
    return _next(turn, reply, known, said=intro)


def _next(
    turn: Turn, reply: Reply, known: Interview, fact: str | None = None, said: str = ""
) -> Slots:
    """The question that is asked now (`fact`, if it is to be that one), or the outcome."""
    question = interviews.question(known, fact) if fact else _following(turn, known)
    if question is None:
        return _outcome(turn, reply, interviews.finish(known), said)
    known = interviews.ask(known, question)
    _say(reply, question, said, urgent_card(turn))
    return {SLOT: known.plain()}


def _following(turn: Turn, known: Interview) -> Question | None:
    """What the facts so far leave to be asked."""
    decision = decide(turn.catalogue, turn.city_id, known.facts, _today())
    return interviews.next_question(known, decision.outcome, decision.missing)


def _next_fact(turn: Turn, known: Interview) -> str | None:
    question = _following(turn, known)
    return question.fact if question else None


def _outcome(turn: Turn, reply: Reply, known: Interview, said: str) -> Slots:
    says = phrases()
    region, today = turn.remembered_region, _today()
    shape = screening_shape(
        turn.catalogue, turn.city_id, known.facts, today, region.id if region else None
    )
    outcome = shape["outcome"]
    card = {
        "type": "screening",
        "title": says["outcomes"][outcome]["title"],
        **shape,
        "facts": said_shape(known.told),
        "city": turn.catalogue.atlas.cities[turn.city_id].name,
        "day": today.isoformat(),
    }
    headline = says["outcomes"][outcome]["text"]
    choices = [
        (says["place"], "request:find_place"),
        (says["change"], f"{KIND}:{CHANGE}"),
        (words()["choose_handoff"], "request:human_handoff"),
    ]
    alarm = turn.slots.get("alarm")
    victim = known.said.get(interviews.CLAIM) == interviews.VICTIM
    if alarm == interviews.VIOLENCE and not victim and outcome != Outcome.likely:
        # article 32 asks no means of a victim: one tap, if that is what they are
        choices.insert(0, (says["abused"], f"{KIND}:{interviews.CLAIM}:{interviews.VICTIM}"))
    urgent = urgent_card(turn) or safe_step(alarm)
    reply.say(f"{said}\n{headline}".strip(), choices, [*urgent, card])
    reply.screening = {
        "outcome": outcome,
        "facts": card["facts"],
        "articles": [one["article"] for one in shape["reasons"] if one["about"] == "basis"],
        "missing": shape["missing"],
        "rules_version": shape["rules_version"],
        "day": card["day"],
    }
    return {SLOT: known.plain(), "service": "legal_aid"}


def _today() -> date:
    return datetime.now(CHINA).date()


def _say(
    reply: Reply,
    question: Question,
    before: str = "",
    cards: list[dict[str, Any]] | None = None,
    more: Sequence[tuple[str, str]] = (),
) -> None:
    says = phrases()
    choices = [(title, f"{KIND}:{question.fact}:{value}") for title, value in question.choices]
    choices.append((vocabulary().shown["unclear"], f"{KIND}:{question.fact}:{UNCLEAR}"))
    choices.append((says["why"], f"{KIND}:{WHY}"))
    choices += more
    reply.say(f"{before}\n{question.text}".strip(), choices, cards)
    reply.signals.append("asking")


def _why(turn: Turn, reply: Reply, known: Interview) -> Slots:
    if known.asking is None:
        return _next(turn, reply, known)
    question = interviews.question(known, known.asking)
    _say(reply, question, phrases()["because"].format(why=question.why))
    return {}


def _stop(reply: Reply, known: Interview) -> Slots:
    says = phrases()
    reply.say(says["stopped"], [(says["resume"], f"{KIND}:{RESUME}")])
    return {SLOT: interviews.pause(known).plain()}


def _what_to_change(reply: Reply, known: Interview) -> Slots:
    says = phrases()
    choices = [
        (f"{item['name']}：{item['value']}", f"{KIND}:{ASK}:{item['fact']}")
        for item in said_shape(known.told)
    ]
    reply.say(says["which_to_change"] if choices else says["nothing_to_change"], choices)
    return {}


def _refused(reply: Reply, known: Interview, error: FactError) -> Slots:
    """What cannot be so gets a question back, naming the fact."""
    asked = known.asking or known.last
    if asked is None:
        reply.say(str(error))
        return {}
    question = interviews.question(known, asked)
    _say(reply, question, str(error))
    return {}
