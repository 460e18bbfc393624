"""What the bot says in one turn: messages with choices and cards, as data for the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Turn
from knowledge.atlas import Region
from knowledge.catalogue import OnlineChannel
from knowledge.contract import place_shape, referral_shape
from knowledge.places import nearest, online
from knowledge.referrals import Referral
from knowledge.taxonomy import taxonomy

WORDS_FILE = Path(__file__).parent / "words.yml"
PLACES_SHOWN = 3
REGION_CHOICES = 6
OFFERED_AT_MOST = 3
AID = "legal_aid"
# a person is offered anyway, as the last choice
NOT_OFFERED = frozenset({"out_of_scope", "human_handoff"})


@cache
def words() -> dict[str, Any]:
    """The words of words.yml, read once."""
    content: dict[str, Any] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    return content


@dataclass
class Reply:
    """Collects the messages of a turn; `send` hands them to the gateway as custom payloads."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    # names of the desks that were named
    told: list[str] = field(default_factory=list)
    # what the gateway has to do besides: handoff, misunderstood, asking, unanswered
    signals: list[str] = field(default_factory=list)
    # what a finished legal-aid interview came to, for tickets and operators
    screening: dict[str, Any] | None = None

    def say(
        self,
        text: str,
        choices: list[tuple[str, str]] | None = None,
        cards: list[dict[str, Any]] | None = None,
    ) -> None:
        """Add a message. `choices` are (title, value); values are listed in docs/api.md."""
        self.messages.append(
            {
                "kind": "message",
                "text": text,
                "choices": [{"title": title, "value": value} for title, value in choices or ()],
                "cards": cards or [],
            }
        )

    def send(self, dispatcher: CollectingDispatcher, understood: dict[str, Any]) -> None:
        """What was understood, one custom payload a message, then the signals."""
        told: dict[str, Any] = {"told": self.told} if self.told else {}
        if self.screening:
            told["screening"] = self.screening
        dispatcher.utter_message(json_message={"kind": "understood", **understood, **told})
        for message in self.messages:
            dispatcher.utter_message(json_message=message)
        for signal in self.signals:
            dispatcher.utter_message(json_message={"kind": signal})


def urgent_card(turn: Turn) -> list[dict[str, Any]]:
    """The safe next step, before anything else; empty when nothing is urgent."""
    return safe_step(turn.urgent_kind)


def safe_step(kind: str | None) -> list[dict[str, Any]]:
    """The same for a kind of urgency that was heard before."""
    urgent = words()["urgent"].get(kind)
    return [call_card(urgent["text"], urgent["calls"], "urgent", urgent["title"])] if urgent else []


def call_card(
    text: str, numbers: list[str], tone: str = "info", title: str | None = None
) -> dict[str, Any]:
    """A notice with numbers to tap."""
    calls = [
        {"label": words()["call_label"].format(number=number), "number": number}
        for number in numbers
    ]
    return {"type": "notice", "title": title, "text": text, "tone": tone, "calls": calls}


def referral_cards(turn: Turn, city_id: str, referrals: list[Referral]) -> list[dict[str, Any]]:
    """The ordered desks as cards."""
    return [
        {"type": "referral", **referral_shape(turn.catalogue, city_id, referral, turn.told)}
        for referral in referrals
    ]


def likely_services(turn: Turn) -> list[tuple[str, str]]:
    """The likeliest desks and requests of a turn to tap, as (title, value); at most three."""
    services = turn.catalogue.services
    return [
        (
            taxonomy().service_name(ranked.name),
            f"{'service' if ranked.name in services else 'request'}:{ranked.name}",
        )
        for ranked in turn.services
        if ranked.name not in NOT_OFFERED
    ][:OFFERED_AT_MOST]


def shown_key(turn: Turn, region: Region) -> str:
    """What a resident has seen: the points of this region for this desk."""
    return f"{region.id}:{turn.desk}"


def say_place(reply: Reply, turn: Turn, *, ask: bool = True, again: bool = False) -> Region | None:
    """Answer or ask for the place of this turn; returns the region to remember, if it is certain.

    Named now wins over said before; several that fit are asked about, never guessed; with `ask`
    a resident who named none is asked; the same points are not shown twice unless `again`.
    """
    text = words()
    atlas = turn.catalogue.atlas
    located = turn.located
    if located.ambiguous:
        choices = [
            (atlas.full_name(region), f"region:{region.id}")
            for region in located.ambiguous[:REGION_CHOICES]
        ]
        reply.say(text["ask_which_of_two" if located.several else "ask_which"], choices)
        return None
    if located.outside:
        reply.say(_outside(turn))
        return None
    region = located.resolved or turn.remembered_region
    if region is None:
        if ask:
            reply.say(text["ask_place"])
        return None
    if not again and not located.resolved and turn.slots.get("shown") == shown_key(turn, region):
        return region
    city = atlas.cities[region.city_id]
    head = ""
    if located.written:
        head = text["place_like"].format(written=located.written, name=region.name) + "\n"
    if located.resolved and region.city_id != turn.page_city:
        head += text["other_city"].format(place=region.name, city=city.name) + "\n"
    if region.level == "city":
        head += text["place_city_only"].format(city=city.name)
    elif turn.location:
        head += text["place_near"].format(place=atlas.full_name(region))
    else:
        head += text["place_of"].format(place=atlas.full_name(region))
    places = nearest(
        turn.catalogue, region, at=turn.location, service=turn.desk, limit=PLACES_SHOWN
    )
    cards = [{"type": "place", **place_shape(turn.catalogue, place)} for place in places]
    perhaps = located.perhaps
    other = text["choose_other_town"].format(name=perhaps.name) if perhaps else ""
    choices = [(other, f"region:{perhaps.id}")] if perhaps else []
    reply.say("\n".join([head, *_warnings(turn, cards)]), choices, cards)
    doors = online(turn.catalogue, region.city_id, turn.desk or "legal_consultation")
    if doors:
        reply.say(text["online"].format(channels="、".join(map(_door, doors))))
    return region


def _outside(turn: Turn) -> str:
    """A place elsewhere: who helps there, and where legal aid is applied for."""
    text = words()
    named = "、".join(turn.reading.elsewhere)
    said = text["outside"].format(place=named) if named else text["outside_point"]
    return f"{said}\n{text['outside_aid']}" if turn.desk == AID else str(said)


def _warnings(turn: Turn, cards: list[dict[str, Any]]) -> list[str]:
    """What a resident must know before setting out: nobody is there, or it is another's work."""
    text = words()
    if not cards:
        return [text["no_point"]]
    closed = [
        text["closed_today"].format(name=card["name"], exception=card["hours_exceptions"])
        for card in cards
        if turn.catalogue.closures.get(card["id"]) and card["hours_exceptions"]
    ]
    guides = turn.desk and all(turn.desk not in card["services"] for card in cards)
    if guides and turn.desk:
        closed.append(text["only_guides"].format(service=taxonomy().service_name(turn.desk)))
    return closed


def _door(door: OnlineChannel) -> str:
    text = words()
    name = text["online_with_url"].format(name=door.name, url=door.url) if door.url else door.name
    return name if door.verified else str(text["online_unverified"].format(name=name))
