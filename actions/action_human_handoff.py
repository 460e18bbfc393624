from __future__ import annotations

from typing import Any

from actions.base import TurnAction
from actions.reply import Reply, urgent_card
from actions.turn import Turn


class ActionHumanHandoff(TurnAction):
    """A person is wanted: safety first, then the gateway makes the ticket and queues."""

    def name(self) -> str:
        return "action_human_handoff"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        card = urgent_card(turn)
        if card:
            reply.say("", cards=card)
        reply.signals.append("handoff")
        return {}
