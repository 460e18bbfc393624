"""Triage of one text: what the engine understood, what the knowledge base says about it."""

from __future__ import annotations

from typing import Any

from bot.engine_client import EngineClient
from knowledge.atlas import City
from knowledge.catalogue import Catalogue
from knowledge.contract import referral_shape, region_shapes
from knowledge.referrals import Trouble, refer
from knowledge.taxonomy import taxonomy

LEAST = 0.01
CONSULTATION, STRANGE = "legal_consultation", "out_of_scope"


async def triage(
    engine: EngineClient, catalogue: Catalogue, text: str, city: City
) -> dict[str, Any]:
    """The answer of POST /triage (docs/api.md). Raises EngineAway."""
    return triage_of(await engine.parse(text), catalogue, text, city)


def triage_of(
    parsed: dict[str, Any], catalogue: Catalogue, text: str, city: City
) -> dict[str, Any]:
    """The same for a text that the engine has understood already."""
    names = taxonomy()
    services = [
        {
            "id": item["name"],
            "name": names.service_name(item["name"]),
            "confidence": round(item["confidence"], 4),
        }
        for item in parsed["intent_ranking"]
        if item["confidence"] > LEAST and item["name"] != "nlu_fallback"
    ]
    matters = [
        {
            "id": item["name"],
            "name": names.matters[item["name"]],
            "confidence": round(item["confidence"], 4),
        }
        for item in parsed["matters"]
        if item["confidence"] > LEAST
    ]
    reading = catalogue.gazetteer.read(text, city.id)
    certain = [found.regions[0] for found in reading.found if found.certain]
    urgency = parsed["urgency"]
    # a place of another served city is answered for that city
    city_id = certain[-1].city_id if certain else city.id
    top = str(services[0]["id"]) if services else CONSULTATION
    if urgency["flag"] and top == STRANGE:
        # nobody in danger is told that it is none of our business
        top = CONSULTATION
    trouble = Trouble(
        top,
        str(matters[0]["id"]) if matters else None,
        float(matters[0]["confidence"]) if matters else 0.0,
        urgency["kind"],
        text,
    )
    referrals = refer(catalogue, city_id, trouble)
    return {
        "services": services,
        "matters": matters,
        "urgent": {
            "flag": urgency["flag"],
            "kind": urgency["kind"],
            "evidence": urgency["evidence"],
        },
        "party": {"id": parsed["party"]["name"], "name": names.parties[parsed["party"]["name"]]},
        "troubles": parsed["troubles"],
        "in_scope": top != STRANGE,
        "regions": region_shapes(
            catalogue, [region for found in reading.found for region in found.regions]
        ),
        "referrals": [referral_shape(catalogue, city_id, referral, text) for referral in referrals],
    }
