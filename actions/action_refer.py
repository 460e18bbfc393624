from __future__ import annotations

from typing import Any

from actions.base import TurnAction, ask_which_trouble, other_trouble, remember
from actions.interview import begin_choice
from actions.reply import Reply, referral_cards, say_place, urgent_card, words
from actions.turn import GENERAL, Turn
from knowledge.eligibility.shape import SERVICE
from knowledge.referrals import SURE_OF_MATTER, refer
from knowledge.taxonomy import taxonomy


class ActionRefer(TurnAction):
    """Name the desks for this trouble, in order and with their law, then the nearest place."""

    def name(self) -> str:
        return "action_refer"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        if turn.asks_which:
            return ask_which_trouble(turn, reply)
        located = turn.located.resolved
        city_id = located.city_id if located else turn.city_id
        matter = turn.matter
        referrals = refer(
            turn.catalogue,
            city_id,
            turn.service,
            matter.name if matter else None,
            matter.confidence if matter else 0.0,
            turn.urgent_kind,
        )
        reply.told = list(dict.fromkeys(referral.name for referral in referrals))
        text = words()
        if turn.service != "legal_consultation":
            head = text["heard_service"].format(service=taxonomy().service_name(turn.service))
        elif matter and matter.confidence >= SURE_OF_MATTER and matter.name != GENERAL:
            head = text["heard_matter"].format(matter=taxonomy().matters[matter.name])
        else:
            head = text["heard_general"]
        reply.say(head, cards=[*urgent_card(turn), *referral_cards(referrals)])
        region = say_place(reply, turn)
        choices = [*other_trouble(turn), (text["choose_handoff"], "request:human_handoff")]
        if region:
            choices.insert(0, (text["choose_place"], "request:find_place"))
        if any(referral.service == SERVICE for referral in referrals):
            choices.insert(0, begin_choice())
        reply.say(text["not_promise"], choices)
        return remember(turn, region)
