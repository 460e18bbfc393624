"""One turn of a conversation as typed values: what was said, what was understood, where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from knowledge.atlas import Region
from knowledge.catalogue import Catalogue
from knowledge.mentions import Reading
from knowledge.places import Located, locate_point, locate_reading
from knowledge.referrals import SURE_OF_MATTER
from knowledge.taxonomy import CALM, taxonomy

GENERAL = "general"
CONSULTATION = "legal_consultation"
MYSELF = "self"
LONGEST_TROUBLE = 200  # characters that are kept of it
# below this a party is not taken for said
SURE_OF_PARTY = 0.5
NOT_DESKS = frozenset({"out_of_scope", "other_government", "find_place", "human_handoff"})


@dataclass(frozen=True)
class Ranked:
    """A label with its confidence."""

    name: str
    confidence: float


@dataclass(frozen=True)
class Trouble:
    """One of two troubles told in one message: which desk, which matter."""

    service: str
    matter: str

    @property
    def choice(self) -> str:
        """The tap that picks it."""
        desk = self.service != CONSULTATION
        return f"service:{self.service}" if desk else f"matter:{self.matter}"

    @property
    def name(self) -> str:
        """What a resident calls it."""
        desk = self.service != CONSULTATION
        return taxonomy().service_name(self.service) if desk else taxonomy().matters[self.matter]


@dataclass(frozen=True)
class Turn:
    """What an action needs to know.

    `page_city` is the city the resident chose; `city_id` that of the place named before, if any.
    `choice` is what was tapped, as kind and id; `location` a shared position (lat, lng).
    """

    catalogue: Catalogue
    page_city: str
    city_id: str
    text: str
    services: tuple[Ranked, ...]
    matters: tuple[Ranked, ...]
    urgent_kind: str
    evidence: tuple[str, ...]
    party_heard: Ranked | None
    troubles: tuple[Trouble, ...]
    choice: tuple[str, str] | None
    location: tuple[float, float] | None
    reading: Reading
    slots: dict[str, Any]

    @classmethod
    def read(cls, tracker: Tracker, catalogue: Catalogue) -> Turn:
        """From the tracker and the metadata that the gateway sends with every message."""
        message = tracker.latest_message
        metadata = message.get("metadata") or {}
        choice = metadata.get("choice")
        location = metadata.get("location")
        tapped = bool(choice or location)
        slots = dict(tracker.slots)
        # a scanned poster says where the resident stands, until they name a place themselves
        slots["region_id"] = slots.get("region_id") or metadata.get("region")
        text = "" if tapped else str(message.get("text") or "")
        page_city = metadata.get("city") or next(iter(catalogue.atlas.cities))
        remembered = catalogue.atlas.regions.get(str(slots.get("region_id")))
        city_id = remembered.city_id if remembered else page_city
        urgency = message.get("urgency") or {}
        return cls(
            catalogue=catalogue,
            page_city=page_city,
            city_id=city_id,
            text=text,
            services=() if tapped else _ranked(message.get("intent_ranking")),
            matters=() if tapped else _ranked(message.get("matters")),
            urgent_kind="none" if tapped else str(urgency.get("kind", "none")),
            evidence=() if tapped else tuple(urgency.get("evidence") or ()),
            party_heard=None if tapped else _party(message.get("party")),
            troubles=() if tapped else _troubles(message.get("troubles")),
            choice=tuple(choice.split(":", 1)) if choice else None,
            location=(location["lat"], location["lng"]) if location else None,
            reading=catalogue.gazetteer.read(text, city_id),
            slots=slots,
        )

    @property
    def service(self) -> str:
        """What the resident asks for: tapped, else understood, else remembered."""
        if self.choice and self.choice[0] == "service":
            return self.choice[1]
        if self.choice and self.choice[0] == "matter":
            return CONSULTATION
        if self.services:
            return self.services[0].name
        return str(self.slots.get("service") or CONSULTATION)

    @property
    def desk(self) -> str | None:
        """The desk whose places are wanted, also when the message itself only asks where."""
        if self.choice and self.choice[0] == "service" and self.choice[1] not in NOT_DESKS:
            return self.choice[1]
        for ranked in self.services:
            if ranked.name not in NOT_DESKS and ranked.confidence >= 0.1:
                return ranked.name
        service = self.slots.get("service")
        return str(service) if service and service not in NOT_DESKS else None

    @property
    def matter(self) -> Ranked | None:
        """What the trouble is about: understood now, else remembered.

        A follow-up ("要带什么材料") names no matter of its own: the trouble told before stays.
        """
        if self.choice and self.choice[0] == "matter":
            return Ranked(self.choice[1], 1.0)
        for _, value, matter in self.slots.get("pending") or ():
            if self.choice and value == ":".join(self.choice):
                return Ranked(matter, 1.0)
        now = self.matters[0] if self.matters else None
        remembered = self.slots.get("matter")
        if remembered and (now is None or now.name == GENERAL or now.confidence < SURE_OF_MATTER):
            return Ranked(str(remembered), 1.0)
        return now

    @property
    def asks_which(self) -> bool:
        """Two troubles, and time to ask which comes first: nobody in danger is asked."""
        return bool(self.troubles) and self.calm

    @property
    def calm(self) -> bool:
        """Nobody is in danger in this message."""
        return self.urgent_kind in CALM

    @property
    def party(self) -> str | None:
        """For whom it is asked: who was named last; a message that names nobody changes nothing."""
        known, heard = self.slots.get("party"), self.party_heard
        if heard and heard.confidence >= SURE_OF_PARTY and (heard.name != MYSELF or not known):
            return heard.name
        return str(known) if known else None

    @property
    def told(self) -> str:
        """The trouble in the resident's own words: those of before and those of this message,
        unless this message tells of another trouble."""
        before = str(self.slots.get("trouble") or "")
        if not self.text or not before or self._another_matter:
            return self.text or before
        return f"{before}。{self.text}"[-LONGEST_TROUBLE:]

    @property
    def _another_matter(self) -> bool:
        now, known = self.matters[0] if self.matters else None, self.slots.get("matter")
        sure = now is not None and now.name != GENERAL and now.confidence >= SURE_OF_MATTER
        return sure and now is not None and bool(known) and now.name != known

    @property
    def located(self) -> Located:
        """The place of this message: tapped, shared or named; not what was said before."""
        if self.choice and self.choice[0] == "region":
            region = self.catalogue.atlas.regions.get(self.choice[1])
            return Located(region, None, (), False)
        if self.location:
            return locate_point(self.catalogue, *self.location)
        return locate_reading(self.reading)

    @property
    def remembered_region(self) -> Region | None:
        """The place said earlier in this conversation."""
        return self.catalogue.atlas.regions.get(str(self.slots.get("region_id")))


def _party(found: dict[str, Any] | None) -> Ranked | None:
    return Ranked(found["name"], found["confidence"]) if found else None


def _troubles(found: list[dict[str, Any]] | None) -> tuple[Trouble, ...]:
    return tuple(Trouble(item["service"], item["matter"]) for item in found or ())


def _ranked(ranking: list[dict[str, Any]] | None) -> tuple[Ranked, ...]:
    return tuple(
        Ranked(item["name"], item["confidence"])
        for item in ranking or ()
        if item["name"] != "nlu_fallback"
    )
