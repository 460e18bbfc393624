from __future__ import annotations

from typing import Any

from actions.base import TurnAction
from actions.reply import Reply, call_card, urgent_card, words
from actions.turn import Turn
from knowledge.taxonomy import taxonomy


class ActionHumanHandoff(TurnAction):
    """The way to a person: today the hotline, with a few words to begin with."""

    def name(self) -> str:
        return "action_human_handoff"

    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        text = words()
        hotline = turn.catalogue.atlas.cities[turn.city_id].card["hotline"]
        card = call_card(hotline["operator"], [hotline["number"]])
        reply.say(text["human_handoff"], cards=[*urgent_card(turn), card])
        trouble, matter = turn.slots.get("trouble"), turn.slots.get("matter")
        if trouble and matter:
            region = turn.remembered_region
            place = turn.catalogue.atlas.full_name(region) if region else ""
            reply.say(
                text["human_say"]
                + "\n"
                + text["human_summary"].format(
                    matter=taxonomy().matters[matter],
                    place=text["human_summary_place"].format(place=place) if place else "",
                    trouble=trouble,
                )
            )
        return {}
