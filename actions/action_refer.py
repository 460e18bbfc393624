from __future__ import annotations

from typing import Any

from actions import answers
from actions.base import TurnAction, ask_which_trouble, other_trouble, remember
from actions.desks import say_desks
from actions.interview import begin_choice
from actions.reply import Reply, say_place, words
from actions.time_limits import question, say_limits
from actions.turn import Turn
from knowledge.eligibility.shape import SERVICE


class ActionRefer(TurnAction):
    """Name the desks for this trouble, in order and with their law, then the nearest place."""

    def name(self) -> str:
        return "action_refer"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        if turn.asks_which:
            return ask_which_trouble(turn, reply)
        found = answers.find(turn)
        if answers.nobody_wrote(turn, found):
            reply.signals.append("unanswered")
        located = turn.located.resolved
        city_id = located.city_id if located else turn.city_id
        slots = answers.give(turn, reply, found, city_id)
        referrals = say_desks(reply, turn, city_id, urgent_said=found.known)
        text = words()
        dated = say_limits(reply, turn, referrals)
        region = say_place(reply, turn)
        choices = [
            *other_trouble(turn),
            *([] if found.known else answers.near(found)),
            (text["choose_handoff"], "request:human_handoff"),
        ]
        if region:
            choices.insert(0, (text["choose_place"], "request:find_place"))
        if any(referral.service == SERVICE for referral in referrals):
            choices.insert(0, begin_choice())
        ask = question(referrals) if turn.calm and not dated else ""
        reply.say("\n".join(filter(None, [text["not_promise"], ask])), choices)
        return remember(turn, region) | slots
