from __future__ import annotations

from typing import Any

from actions.base import TurnAction, remember_place
from actions.reply import Reply, say_place, urgent_card, words
from actions.turn import Turn


class ActionOutOfScope(TurnAction):
    """Declined kindly, with what can be done here; a bare place name is a place question."""

    def name(self) -> str:
        return "action_out_of_scope"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        card = urgent_card(turn)
        if turn.reading.found:
            if card:
                reply.say("", cards=card)
            return remember_place(turn, say_place(reply, turn, again=True))
        reply.signals.append("misunderstood")
        reply.say(words()["out_of_scope_urgent" if card else "out_of_scope"], cards=card)
        return {}
