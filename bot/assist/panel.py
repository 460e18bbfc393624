"""Everything an operator needs beside what a caller says, from one reading of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from starlette.concurrency import run_in_threadpool

from bot.answers import prior_in, search
from bot.assist.aid import Caller, aid_panel
from bot.assist.script import WHEN, WHERE, script
from bot.engine_client import EngineAway, EngineClient, harmless
from bot.tickets.summary import NOT_URGENT
from bot.triage import CONSULTATION, STRANGE, triage_of
from knowledge.atlas import City, Region
from knowledge.catalogue import Catalogue
from knowledge.china import today
from knowledge.contract import located_shape, place_shape, referral_shape
from knowledge.faq.search import Prior
from knowledge.faq.shape import faq_shape
from knowledge.mentions import Method
from knowledge.places import NOWHERE, Located, locate_text, nearest
from knowledge.referrals import SURE_OF_MATTER, Trouble, refer
from knowledge.taxonomy import CALM
from knowledge.text import normalise
from knowledge.time_limits.said import read_dates

Shape = dict[str, Any]
ANSWERS = 5
DESKS_WITH_PLACES = 2
PLACES = 2
NO_PLACES = frozenset({STRANGE, "other_government"})


@dataclass(frozen=True)
class Told:
    """What the operator has typed and chosen; what is chosen goes before what is understood."""

    text: str
    city: City
    channel: str = "phone"
    place: str | None = None
    region: str | None = None
    service: str | None = None
    matter: str | None = None
    urgent: str | None = None
    party: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What holds: the operator's choice, else what was understood; None where nobody knows."""

    service: str | None
    matter: str | None
    confidence: float
    urgent: str
    party: str | None
    # whether the engine or the operator has judged how urgent it is; else nobody knows
    judged: bool = True


async def assist(engine: EngineClient, catalogue: Catalogue, told: Told) -> Shape:
    """The answer of POST /assist (docs/api.md). Raises FactError; never EngineAway."""
    parsed, away = None, False
    if harmless(told.text):
        try:
            parsed = await engine.parse(told.text)
        except EngineAway:
            away = True
    return await run_in_threadpool(panel, catalogue, told, parsed, away, today())


def panel(
    catalogue: Catalogue, told: Told, parsed: Mapping[str, Any] | None, away: bool, day: date
) -> Shape:
    """The same from what the engine said (None: nothing). Raises FactError."""
    heard = triage_of(dict(parsed), catalogue, told.text, told.city) if parsed else None
    known = reading(told, heard)
    located = _located(catalogue, told)
    city_id = located.resolved.city_id if located.resolved else told.city.id
    referrals = _referrals(catalogue, city_id, told, known, heard)
    heard_already = {
        name
        for name, found in (
            (WHERE, located.resolved),
            (WHEN, read_dates(normalise(told.text), day)),
        )
        if found
    }
    steps = script(
        told.channel, known.service, known.matter, known.urgent, heard_already,
        judged=known.judged or not told.text.strip(),
    )  # fmt: skip
    alarm = known.urgent if known.urgent != NOT_URGENT else None
    caller = Caller(known.matter, told.text, known.party, alarm)
    region_id = located.resolved.id if located.resolved else None
    return {
        "understood": heard and {
            name: heard[name]
            for name in ("services", "matters", "urgent", "party", "troubles", "in_scope")
        },
        "away": away,
        "calm": known.urgent in CALM,
        "judged": known.judged,
        "regions": heard["regions"] if heard else [],
        "place": located_shape(catalogue, located),
        "referrals": referrals,
        "limits": _limits(referrals),
        "places": _places(catalogue, city_id, located.resolved, referrals),
        "answers": _answers(catalogue, told, parsed, day),
        "aid": aid_panel(catalogue, city_id, region_id, caller, told.facts, day),
        "script": [step.shape() for step in steps],
    }  # fmt: skip


def reading(told: Told, heard: Mapping[str, Any] | None) -> Reading:
    """What is to be gone by, of the choices and of the triage's answer."""
    services = heard["services"] if heard else ()
    matters = heard["matters"] if heard else ()
    urgent = told.urgent or (heard["urgent"]["kind"] if heard else NOT_URGENT)
    top = services[0]["id"] if services else None
    if urgent != NOT_URGENT and top == STRANGE:
        # nobody in danger is told that it is none of our business
        top = CONSULTATION
    sure = matters[0]["confidence"] if matters else 0.0
    guessed = matters[0]["id"] if matters and sure >= SURE_OF_MATTER else None
    return Reading(
        told.service or top,
        told.matter or guessed,
        1.0 if told.matter else sure,
        urgent,
        told.party or (heard["party"]["id"] if heard else None),
        judged=told.urgent is not None or heard is not None,
    )


def canned(
    catalogue: Catalogue, question: str, city_id: str, day: date, limit: int, prior: Prior
) -> list[Shape]:
    """The answers nearest to some words, likeliest first."""
    found = search(catalogue, question, prior, None, None, limit)
    return [
        {**faq_shape(catalogue, hit.item, city_id, day), "score": round(hit.score, 4)}
        for hit in found.hits
    ]


def _located(catalogue: Catalogue, told: Told) -> Located:
    """The chosen region; else the place that was typed; else what the words name."""
    chosen = catalogue.atlas.regions.get(told.region or "")
    if chosen is not None:
        return Located(chosen, Method.NAME, (), outside=False)
    for words in (told.place, told.text):
        if words and words.strip():
            return locate_text(catalogue, words, told.city.id)
    return NOWHERE


def _referrals(
    catalogue: Catalogue, city_id: str, told: Told, known: Reading, heard: Shape | None
) -> list[Shape]:
    chosen = told.service or told.matter or told.urgent or told.region or told.place
    if not chosen:
        return list(heard["referrals"]) if heard else []
    if known.service is None and known.matter is None:
        return []
    trouble = Trouble(
        known.service or CONSULTATION, known.matter, known.confidence, known.urgent, told.text
    )
    found = refer(catalogue, city_id, trouble)
    return [referral_shape(catalogue, city_id, one, told.text) for one in found]


def _limits(referrals: list[Shape]) -> list[Shape]:
    """Each limit once, with the desk behind which it stands; those with a last day first."""
    limits: dict[str, Shape] = {}
    for one in referrals:
        for limit in one["limits"]:
            limits.setdefault(
                limit["id"], {**limit, "service": one["service"], "name": one["name"]}
            )
    return sorted(limits.values(), key=lambda limit: limit["due"] is None)


def _places(
    catalogue: Catalogue, city_id: str, region: Region | None, referrals: list[Shape]
) -> list[Shape]:
    """The nearest places for the first desks; the city's own where no place is known."""
    around = region or catalogue.atlas.regions[catalogue.atlas.cities[city_id].region_id]
    desks: dict[str, str] = {}
    for one in referrals:
        if one["service"] in catalogue.services and one["service"] not in NO_PLACES:
            desks.setdefault(one["service"], one["name"])
    return [
        {
            "service": service,
            "name": name,
            "places": [
                place_shape(catalogue, place)
                for place in nearest(catalogue, around, service=service, limit=PLACES)
            ],
        }
        for service, name in list(desks.items())[:DESKS_WITH_PLACES]
    ]


def _answers(
    catalogue: Catalogue, told: Told, parsed: Mapping[str, Any] | None, day: date
) -> list[Shape]:
    if not harmless(told.text):
        return []
    heard = prior_in(parsed) if parsed else Prior()
    prior = Prior(
        {told.matter: 1.0} if told.matter else heard.matters,
        {told.service: 1.0} if told.service else heard.services,
    )
    return canned(catalogue, told.text, told.city.id, day, ANSWERS, prior)
