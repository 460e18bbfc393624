from __future__ import annotations

from typing import Any

from actions.base import TurnAction, remember_place
from actions.desks import say_desks
from actions.reply import Reply, say_place, urgent_card
from actions.turn import Turn


class ActionFindPlace(TurnAction):
    """The nearest service point: from words, a tap, a shared position, or what was said before."""

    def name(self) -> str:
        return "action_find_place"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        moved = self._moved_to(turn)
        if moved:
            say_desks(reply, turn, moved)
        elif urgent_card(turn):
            reply.say("", cards=urgent_card(turn))
        region = say_place(reply, turn, again=True)
        slots: dict[str, Any] = remember_place(turn, region)
        if turn.services and turn.desk:
            slots["service"] = turn.desk
        return slots

    @staticmethod
    def _moved_to(turn: Turn) -> str | None:
        """The city of a tapped place, when the trouble told before was answered for another."""
        region = turn.located.resolved
        told = turn.slots.get("matter") or turn.slots.get("service")
        tapped = turn.choice is not None and turn.choice[0] == "region"
        return (
            region.city_id
            if tapped and told and region and region.city_id != turn.city_id
            else None
        )
