from __future__ import annotations

from typing import Any

from actions.base import TurnAction, remember
from actions.reply import Reply, say_place, urgent_card, words
from actions.turn import Turn
from knowledge.taxonomy import taxonomy

AT_MOST = 3
# a person is offered anyway, as the last choice
NOT_OFFERED = frozenset({"out_of_scope", "human_handoff"})


class ActionOfferChoices(TurnAction):
    """Unsure: the three likeliest to tap, never a guess dressed as an answer."""

    def name(self) -> str:
        return "action_offer_choices"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        choices = [
            (taxonomy().service_name(ranked.name), _value(turn, ranked.name))
            for ranked in turn.services
            if ranked.name not in NOT_OFFERED
        ][:AT_MOST]
        choices.append((words()["choose_handoff"], "request:human_handoff"))
        reply.say(words()["offer_choices"], choices, urgent_card(turn))
        region = say_place(reply, turn, ask=False) if turn.reading.found else None
        # the service stays open until the resident has tapped one
        return {name: value for name, value in remember(turn, region).items() if name != "service"}


def _value(turn: Turn, name: str) -> str:
    return f"service:{name}" if name in turn.catalogue.services else f"request:{name}"
