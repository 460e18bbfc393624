from __future__ import annotations

from typing import Any

from actions.base import TurnAction, ask_which_trouble, other_trouble, remember
from actions.reply import Reply, call_card, urgent_card, words
from actions.turn import Turn

GOVERNMENT_HOTLINE = "12345"


class ActionOtherGovernment(TurnAction):
    """A real public matter, but another department's: 12345, with the reason."""

    def name(self) -> str:
        return "action_other_government"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        if turn.asks_which:
            return ask_which_trouble(turn, reply)
        card = call_card(
            turn.catalogue.services["other_government"].why, [GOVERNMENT_HOTLINE], title=None
        )
        reply.say(
            words()["other_government"],
            [*other_trouble(turn), (words()["choose_handoff"], "request:human_handoff")],
            [*urgent_card(turn), card],
        )
        return remember(turn, None)
