"""The desks for a trouble, said in order with their law."""

from __future__ import annotations

from actions.reply import Reply, referral_cards, urgent_card, words
from actions.turn import CONSULTATION, GENERAL, Turn
from knowledge.referrals import Referral, Trouble, refer
from knowledge.taxonomy import taxonomy


def say_desks(
    reply: Reply, turn: Turn, city_id: str, *, urgent_said: bool = False
) -> list[Referral]:
    """Name the desks by the rules of a city; returns them."""
    matter = turn.matter
    trouble = Trouble(
        turn.service,
        matter.name if matter else None,
        matter.confidence if matter else 0.0,
        turn.urgent_kind,
        turn.told,
    )
    referrals = refer(turn.catalogue, city_id, trouble)
    reply.told = list(dict.fromkeys(referral.name for referral in referrals))
    cards = referral_cards(turn, city_id, referrals)
    first = [] if urgent_said else urgent_card(turn)
    reply.say(_heard(trouble), cards=[*first, *cards])
    return referrals


def _heard(trouble: Trouble) -> str:
    text = words()
    if trouble.service != CONSULTATION:
        return str(text["heard_service"].format(service=taxonomy().service_name(trouble.service)))
    if trouble.known_matter and trouble.known_matter != GENERAL:
        return str(text["heard_matter"].format(matter=taxonomy().matters[trouble.known_matter]))
    return str(text["heard_general"])
