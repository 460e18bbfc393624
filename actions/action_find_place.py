from __future__ import annotations

from typing import Any

from actions.base import TurnAction, remember_place
from actions.reply import Reply, say_place, urgent_card
from actions.turn import Turn


class ActionFindPlace(TurnAction):
    """The nearest service point: from words, a tap, a shared position, or what was said before."""

    def name(self) -> str:
        return "action_find_place"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        card = urgent_card(turn)
        if card:
            reply.say("", cards=card)
        region = say_place(reply, turn, again=True)
        slots: dict[str, Any] = remember_place(turn, region)
        if turn.services and turn.desk:
            slots["service"] = turn.desk
        return slots
