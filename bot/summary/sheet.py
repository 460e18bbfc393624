"""What stands on the paper, in order: the page and the Word document show the same sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.summary.reading import Material, Place, Reason, Summary
from bot.words import words

# a rule set: of which province (or national), in force from which day
RULES = re.compile(r"(?P<of>[a-z]+)-(?P<since>\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Table:
    """Two columns under a head."""

    head: tuple[str, str]
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Item:
    """A point of a list, the lines beneath it, and those in small type."""

    text: str
    lines: tuple[str, ...] = ()
    small: tuple[str, ...] = ()


@dataclass(frozen=True)
class Items:
    """A list, with a heading of its own or without (empty)."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Section:
    """A heading, then whatever of these there is, in this order."""

    heading: str
    table: Table | None = None
    lists: tuple[Items, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One summary, in Chinese, from top to bottom."""

    title: str
    outcome: str
    # under the outcome
    about: tuple[str, ...]
    sections: tuple[Section, ...]
    # where the data is from, in small type: addresses and files, for who wants to check
    sources: Section
    closing: tuple[str, ...]


def lay_out(summary: Summary) -> Sheet:
    """The sheet of a summary; headings under which nothing would stand are left out."""
    text = words("summary")
    reasons = text["reasons"]
    about = stamp(summary)
    sections = (
        _places(summary),
        _materials(summary),
        _facts(summary),
        _section(reasons["basis"], _because(summary.basis)),
        _section(reasons["open"], _because(summary.open)),
        _section(reasons["notes"], _because(summary.notes)),
        Section(text["objection"], lines=tuple(filter(None, [summary.objection]))),
    )
    return Sheet(
        title=text["title"],
        outcome=summary.outcome,
        about=(text["caution"], about) if about else (text["caution"],),
        sections=tuple(one for one in sections if one.table or one.lists or one.lines),
        sources=_sources(summary),
        closing=(text["closing"], text["kept"]),
    )


def stamp(summary: Summary) -> str:
    """Where, when and by which rules; what is not known is left out, and empty if nothing is."""
    return str(
        words("summary")["joint"].join(
            filter(None, [summary.city, _day(summary.day), _rules(summary.rules_version)])
        )
    )


def _rules(version: str) -> str:
    """A rule set in Chinese; empty where it has no name: a code would tell nobody anything."""
    content, found = words("summary"), RULES.fullmatch(version)
    name = content["rule_sets"].get(found["of"]) if found else None
    if not found or not name:
        return ""
    return str(content["rules"].format(name=name, since=_day(found["since"])))


def _facts(summary: Summary) -> Section:
    text = words("summary")["facts"]
    if not summary.facts:
        return Section(text["heading"], lines=(text["nothing"],))
    rows = tuple((fact.name, fact.value) for fact in summary.facts)
    return Section(text["heading"], Table((text["name"], text["value"]), rows))


def _section(heading: str, items: tuple[Item, ...]) -> Section:
    return Section(heading, lists=(Items("", items),) if items else ())


def _because(reasons: tuple[Reason, ...]) -> tuple[Item, ...]:
    text = words("summary")
    items = []
    for reason in reasons:
        law = text["reasons"]["no_article"]
        if reason.article:
            form = text["reasons"]["since" if reason.since else "article"]
            law = form.format(article=reason.article, since=_day(reason.since))
        items.append(Item(reason.text, (law if reason.verified else law + text["unverified"],)))
    return tuple(items)


def _materials(summary: Summary) -> Section:
    text = words("summary")["materials"]
    groups = ((text["needed"], summary.needed), (text["bring"], summary.bring))
    lists = tuple(Items(name, _things(things)) for name, things in groups if things)
    return Section(text["heading"], lists=lists, lines=() if lists else (text["nothing"],))


def _things(materials: tuple[Material, ...]) -> tuple[Item, ...]:
    return tuple(Item(one.name, small=tuple(filter(None, [one.source]))) for one in materials)


def _places(summary: Summary) -> Section:
    text = words("summary")["places"]
    items = tuple(map(_place, summary.places))
    if not items:
        return Section(text["heading"], lines=(text["nothing"],))
    return Section(text["heading"], lists=(Items("", items),))


def _place(place: Place) -> Item:
    content: dict[str, Any] = words("summary")
    text = content["places"]
    known = {"address": place.address, "phone": place.phone, "hours": place.hours}
    lines = [text["area"].format(value=place.area)] if place.area else []
    lines += [text[name].format(value=value) for name, value in known.items() if value]
    missing = [title for name, title in text["names"].items() if not known[name]]
    if missing:
        lines.append(text["unknown"].format(names=text["and"].join(missing)))
    if place.approximate and place.address:
        lines.append(text["approximate"])
    name = place.name if place.verified else place.name + content["unverified"]
    return Item(name, tuple(lines))


def _sources(summary: Summary) -> Section:
    text = words("summary")["sources"]
    reasons = (*summary.basis, *summary.open, *summary.notes)
    found = [
        text["of"].format(name=one.article or one.text, source=one.source)
        for one in reasons
        if one.source and not one.verified
    ]
    for place in summary.places:
        if place.source:
            form = text["of_day" if place.as_of else "of"]
            found.append(form.format(name=place.name, source=place.source, as_of=place.as_of))
    return Section(text["heading"], lines=tuple(dict.fromkeys(found)))


def _day(iso: str) -> str:
    """An ISO day as it is said in Chinese; anything else as it is."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    said = words("summary")["date"].format(year=day.year, month=day.month, day=day.day)
    return str(said)
