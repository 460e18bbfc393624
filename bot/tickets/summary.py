"""A few lines that tell an operator the trouble: from what was understood, no language model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.words import words
from knowledge.catalogue import Catalogue
from knowledge.taxonomy import taxonomy

TROUBLE_SHOWN = 200
NOT_URGENT = "none"
MYSELF = "self"
# which of the lines says how urgent it is
URGENT_LINE = 2
# below this a label is not worth an operator's look
LEAST_PERCENT = 5


def summarise(catalogue: Catalogue, understood: dict[str, Any]) -> list[str]:
    """What, where, how urgent, in their own words, what was named; then the legal-aid screening."""
    text = words("tickets")
    unknown = text["summary"]["unknown"]
    told = "、".join(understood.get("told") or ()) or text["summary"]["none"]
    lines = text["summary"]
    return [
        lines["what"].format(
            matter=_sure(matter_name, understood, "matter"),
            service=_sure(service_name, understood, "service"),
        ),
        lines["where"].format(place=place_name(catalogue, understood.get("region")) or unknown),
        urgent_line(understood),
        lines["said"].format(
            party=party_name(understood.get("party")),
            trouble=str(understood.get("trouble") or unknown)[:TROUBLE_SHOWN],
        ),
        lines["told"].format(told=told),
        *screened(understood.get("screening")),
    ]


def judged(understood: dict[str, Any] | None) -> bool:
    """Whether anybody has looked how urgent it is: the engine, or an operator who said so.

    What was told while the engine was away is not "not urgent": nobody knows.
    """
    known = understood or {}
    if known.get("urgent", NOT_URGENT) != NOT_URGENT:
        return True
    if "judged" in known:
        return bool(known["judged"])
    return bool(known.get("service") or known.get("matter"))


def urgent_line(understood: dict[str, Any]) -> str:
    """How urgent it is, and by which words."""
    text = words("tickets")["summary"]["urgent"]
    return str(text.format(urgent=_why_urgent(understood)))


def with_urgency(summary: list[str], understood: dict[str, Any]) -> list[str]:
    """A summary that says how urgent it is now; its other lines stay."""
    return [*summary[:URGENT_LINE], urgent_line(understood), *summary[URGENT_LINE + 1 :]]


def screened(screening: dict[str, Any] | None) -> list[str]:
    """What the interview came to: outcome, facts, articles, day; nothing when there was none."""
    if not screening:
        return []
    text = words("tickets")["screening"]
    facts = "；".join(f"{one['name']} {one['value']}" for one in screening["facts"])
    return [
        text["line"].format(
            outcome=text["outcomes"][screening["outcome"]],
            day=screening["day"],
            facts=facts or text["no_facts"],
            articles="、".join(dict.fromkeys(screening["articles"])) or text["no_articles"],
        )
    ]


def _sure(name_of: Callable[[str], str | None], understood: dict[str, Any], axis: str) -> str:
    """The label that holds; how sure it is and what else it may be, by the last message."""
    text = words("tickets")["summary"]
    held = understood.get(axis)
    found = []
    for label, confidence in (understood.get("sureness") or {}).get(f"{axis}s") or ():
        percent = round(confidence * 100)
        if name_of(label) and percent >= LEAST_PERCENT:
            found.append((label, text["sure"].format(name=name_of(label), percent=percent)))
    first = next((shown for label, shown in found if label == held), None)
    others = [shown for label, shown in found if label != held]
    said = first or (name_of(held) if held else None) or text["unknown"]
    return said + (text["or_else"].format(all="、".join(others)) if others else "")


def _why_urgent(understood: dict[str, Any]) -> str:
    """The kind, and the resident's own words that raised it."""
    text = words("tickets")["summary"]
    name = urgent_name(understood.get("urgent"))
    if not name:
        return str(text["none" if judged(understood) else "unjudged"])
    heard = "、".join(understood.get("evidence") or ())
    return name + (text["heard"].format(words=heard) if heard else "")


def party_name(party: str | None) -> str:
    """For whom it is asked, when it is somebody else than who writes; else nothing."""
    name = taxonomy().parties.get(party) if party else None
    if not name or party == MYSELF:
        return ""
    return str(words("tickets")["summary"]["for"].format(party=name))


def matter_name(matter: str | None) -> str | None:
    """The Chinese name of a matter's id."""
    return taxonomy().matters.get(matter) if matter else None


def service_name(service: str | None) -> str | None:
    """The Chinese name of a service's or request's id."""
    names = taxonomy()
    return names.services.get(service or "") or names.requests.get(service or "")


def place_name(catalogue: Catalogue, region_id: str | None) -> str | None:
    """City, county, town and village in one."""
    region = catalogue.atlas.regions.get(region_id) if region_id else None
    return catalogue.atlas.full_name(region) if region else None


def urgent_name(kind: str | None) -> str | None:
    """The Chinese name of a kind of urgency; None when nothing is urgent."""
    name = words("tickets")["urgent"].get(kind) if kind and kind != NOT_URGENT else None
    return str(name) if name else None
