from __future__ import annotations

from typing import Any

from actions import answers
from actions.base import TurnAction, ask_which_trouble, remember
from actions.reply import Reply, likely_services, say_place, urgent_card, words
from actions.turn import Turn


class ActionOfferChoices(TurnAction):
    """Unsure: the three likeliest to tap, never a guess dressed as an answer."""

    def name(self) -> str:
        return "action_offer_choices"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        if turn.asks_which:
            return ask_which_trouble(turn, reply)
        choices = [
            *answers.near(answers.find(turn)),
            *likely_services(turn),
            (words()["choose_handoff"], "request:human_handoff"),
        ]
        reply.signals.append("misunderstood")
        reply.say(words()["offer_choices"], choices, urgent_card(turn))
        region = say_place(reply, turn, ask=False) if turn.reading.found else None
        # the service stays open until the resident has tapped one
        return {name: value for name, value in remember(turn, region).items() if name != "service"}
