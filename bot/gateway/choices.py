"""The taps that there are: nothing else ever reaches the engine or the gateway's own moves."""

from __future__ import annotations

from collections.abc import Collection

from bot.callbacks.slots import Slot
from bot.follow_ups import complaining
from bot.gateway.moves import TAPPED
from bot.words import words
from knowledge.catalogue import Catalogue
from knowledge.eligibility.questions import is_tap
from knowledge.taxonomy import taxonomy


def is_choice(catalogue: Catalogue, choice: str) -> bool:
    """A kind and its value: service, matter, request, region, city, do, faq; rate:<id>:<score>;
    helpful:<id>:<yes or no>; aid:…; complain:…; callback:<day>:<am|pm>"""
    kind, _, value = choice.partition(":")
    if kind == "rate":
        return value.partition(":")[2] in words("replies")["rating"]["scores"]
    if kind == "helpful":
        item, _, score = value.rpartition(":")
        return item in catalogue.faq and score in words("replies")["helpful"]
    if kind == "complain":
        return complaining.is_tap(value)
    if kind == "callback":
        return Slot.read(value) is not None
    if kind == "aid":
        return is_tap(value)
    known: dict[str, Collection[str]] = {
        "service": taxonomy().services,
        "matter": taxonomy().matters,
        "request": taxonomy().requests,
        "region": catalogue.atlas.regions,
        "city": catalogue.atlas.cities,
        "do": TAPPED,
        "faq": catalogue.faq,
    }
    return value in known.get(kind, ())
