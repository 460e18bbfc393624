"""Five lines that tell an operator the trouble: from what was understood, no language model."""

from __future__ import annotations

from typing import Any

from bot.words import words
from knowledge.catalogue import Catalogue
from knowledge.taxonomy import taxonomy

TROUBLE_SHOWN = 200
NOT_URGENT = "none"


def summarise(catalogue: Catalogue, understood: dict[str, Any]) -> list[str]:
    """What, where, how urgent, in their own words, what the bot has already named."""
    text = words("tickets")
    unknown = text["summary"]["unknown"]
    told = "、".join(understood.get("told") or ()) or text["summary"]["none"]
    lines = text["summary"]
    return [
        lines["what"].format(
            matter=matter_name(understood.get("matter")) or unknown,
            service=service_name(understood.get("service")) or unknown,
        ),
        lines["where"].format(place=place_name(catalogue, understood.get("region")) or unknown),
        lines["urgent"].format(urgent=urgent_name(understood.get("urgent")) or lines["none"]),
        lines["said"].format(trouble=str(understood.get("trouble") or unknown)[:TROUBLE_SHOWN]),
        lines["told"].format(told=told),
    ]


def matter_name(matter: str | None) -> str | None:
    """The Chinese name of a matter's id."""
    return taxonomy().matters.get(matter) if matter else None


def service_name(service: str | None) -> str | None:
    """The Chinese name of a service's or request's id."""
    return taxonomy().service_name(service) if service else None


def place_name(catalogue: Catalogue, region_id: str | None) -> str | None:
    """City, county, town and village in one."""
    region = catalogue.atlas.regions.get(region_id) if region_id else None
    return catalogue.atlas.full_name(region) if region else None


def urgent_name(kind: str | None) -> str | None:
    """The Chinese name of a kind of urgency; None when nothing is urgent."""
    name = words("tickets")["urgent"].get(kind) if kind and kind != NOT_URGENT else None
    return str(name) if name else None
