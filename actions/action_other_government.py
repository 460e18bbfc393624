from __future__ import annotations

from typing import Any

from actions.base import TurnAction, ask_which_trouble, other_trouble, remember
from actions.reply import Reply, call_card, referral_cards, urgent_card, words
from actions.turn import Turn
from knowledge.referrals import Trouble, refer

GOVERNMENT_HOTLINE = "12345"
OTHER = "other_government"


class ActionOtherGovernment(TurnAction):
    """A real public matter, but another department's: 12345, with the reason."""

    def name(self) -> str:
        return "action_other_government"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        if turn.asks_which:
            return ask_which_trouble(turn, reply)
        card = call_card(turn.catalogue.services[OTHER].why, [GOVERNMENT_HOTLINE], title=None)
        trouble = Trouble(OTHER, turn.matter.name if turn.matter else None, 1.0, said=turn.told)
        partners = [
            referral
            for referral in refer(turn.catalogue, turn.city_id, trouble)
            if referral.name != turn.catalogue.services[OTHER].name
        ]
        reply.say(
            words()["other_government"],
            [*other_trouble(turn), (words()["choose_handoff"], "request:human_handoff")],
            [*urgent_card(turn), card, *referral_cards(turn, turn.city_id, partners)],
        )
        return remember(turn, None)
