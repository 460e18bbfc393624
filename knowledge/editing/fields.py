"""The fields of each kind in the order of a form and of a sheet, and a whole body from texts.

The one place to add a field: its reader, how it is entered, how long it may be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any

from knowledge.editing import reading
from knowledge.editing.frame import Choices, Frame
from knowledge.editing.kinds import Body, Kind
from knowledge.editing.reading import Read, Write
from knowledge.editing.words import Misread, Problem, editing_words, said

LONGEST_LINE, LONGEST_TEXT = 100, 2000
RANKS = 5  # choices of an ordered list that a form offers at once
CITY_TEXT, CITY_BASIS = "city_text", "city_basis"


class Widget(StrEnum):
    """How a form asks for it."""

    line = "line"
    text = "text"
    choice = "choice"
    ranked = "ranked"
    day = "day"


@dataclass(frozen=True)
class Field:
    """One field. `empty` is its value when nothing is written and `needed` is false."""

    name: str
    title: str
    help: str
    widget: Widget
    read: Read
    write: Write
    empty: Any = None
    needed: bool = False
    longest: int = LONGEST_LINE
    choices: Choices | None = None


@dataclass(frozen=True)
class Written:
    """A body that was read, and what is wrong; with a problem that stops the body is none."""

    body: Body | None
    problems: tuple[Problem, ...]


@lru_cache(maxsize=len(Kind))  # the same for every row of a sheet
def fields(kind: Kind, frame: Frame) -> tuple[Field, ...]:
    """The fields of a kind; an answer has two more for each city."""
    return _FIELDS[kind](frame)


def read_body(kind: Kind, texts: Mapping[str, str], frame: Frame) -> Written:
    """Texts by field name become a body; every field that is wrong is named, not only the first."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for field in fields(kind, frame):
        text = _tidy(texts.get(field.name, ""), field.widget)
        try:
            values[field.name] = _value(field, text, frame)
        except Misread as wrong:
            problems.append(Problem(field.name, said(wrong.key, wrong.values)))
    if problems:
        return Written(None, tuple(problems))
    body = _JOINED[kind](values, frame)
    return Written(body, ())


def write_body(kind: Kind, body: Body, frame: Frame) -> dict[str, str]:
    """The texts of a body by field name; `read_body` of them gives the same body."""
    values = values_by_field(kind, body)
    return {
        field.name: ""
        if values.get(field.name) in (None, [], "")
        else field.write(values[field.name], frame)
        for field in fields(kind, frame)
    }


def values_by_field(kind: Kind, body: Body) -> dict[str, Any]:
    """The values of a body by field name; a field that is not there has none."""
    return _PARTED[kind](body)


def _tidy(text: str, widget: Widget) -> str:
    """New lines are written in one way, and none stands in a field of one line; no tabs."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    return " ".join(map(str.strip, rows.split("\n"))) if widget is Widget.line else rows


def _value(field: Field, text: str, frame: Frame) -> Any:
    if not text:
        if field.needed:
            raise Misread("needed")
        return field.empty
    if len(text) > field.longest:
        raise Misread("too_long", most=field.longest, n=len(text))
    return field.read(text, frame)


# ------------------------------------------------------------------------------- answers


def _faq(frame: Frame) -> tuple[Field, ...]:
    def named(name: str, widget: Widget, pair: tuple[Read, Write], **more: Any) -> Field:
        return _field(Kind.faq, name, widget, pair, **more)

    cities = tuple(
        part
        for id_, short in frame.cities.labels.items()
        for part in (
            named(f"{CITY_TEXT}.{id_}", Widget.text, _TEXT, longest=LONGEST_TEXT, city=short),
            named(f"{CITY_BASIS}.{id_}", Widget.text, _BASIS, empty=[], longest=LONGEST_TEXT,
                  city=short),
        )
    )  # fmt: skip
    return (
        named("about", Widget.choice, reading.choice(attrgetter("shelves")), needed=True,
              choices=frame.shelves),
        named("title", Widget.line, _TEXT, needed=True),
        named("answer", Widget.text, _TEXT, needed=True, longest=LONGEST_TEXT),
        named("ask", Widget.text, _LINES, needed=True, longest=LONGEST_TEXT),
        named("steps", Widget.text, _LINES, needed=True, longest=LONGEST_TEXT),
        named("materials", Widget.text, (reading.materials, reading.written_materials),
              empty=[], longest=LONGEST_TEXT),
        named("fee", Widget.line, _TEXT),
        named("takes", Widget.line, _TEXT),
        named("limits", Widget.ranked, reading.ranked(attrgetter("limits")), empty=[],
              longest=LONGEST_TEXT, choices=frame.limits),
        named("services", Widget.ranked, reading.ranked(attrgetter("desks")), needed=True,
              longest=LONGEST_TEXT, choices=frame.desks),
        named("matters", Widget.ranked, reading.ranked(attrgetter("matters")), needed=True,
              longest=LONGEST_TEXT, choices=frame.matters),
        named("groups", Widget.text, _LINES, empty=[], longest=LONGEST_TEXT),
        named("citations", Widget.text, _BASIS, needed=True, longest=LONGEST_TEXT),
        named("verified", Widget.choice, _YES_NO, needed=True, choices=_answers_yes_no()),
        *cities,
        named("effective_from", Widget.day, _DAY, needed=True),
        named("review_by", Widget.day, _DAY, needed=True),
        named("read_on", Widget.day, _DAY),
        named("owner", Widget.line, _TEXT, needed=True),
    )  # fmt: skip


def _faq_joined(values: dict[str, Any], frame: Frame) -> Body:
    """A city's text with its own basis; one without the other is a matter for the rules."""
    cities = {}
    for id_ in frame.cities.labels:
        text, basis = values.pop(f"{CITY_TEXT}.{id_}"), values.pop(f"{CITY_BASIS}.{id_}")
        if text or basis:
            cities[id_] = {"text": text or "", "citations": basis}
    return {**values, "cities": cities}


def _faq_parted(body: Body) -> dict[str, Any]:
    values = {name: value for name, value in body.items() if name != "cities"}
    for id_, own in body["cities"].items():
        values[f"{CITY_TEXT}.{id_}"] = own["text"]
        values[f"{CITY_BASIS}.{id_}"] = own["citations"]
    return values


# ------------------------------------------------------------------------- places and people


def _place(frame: Frame) -> tuple[Field, ...]:
    def named(name: str, widget: Widget, pair: tuple[Read, Write], **more: Any) -> Field:
        return _field(Kind.place, name, widget, pair, **more)

    holidays = Choices(editing_words()["choices"]["holidays"])
    return (
        named("name", Widget.line, _TEXT, needed=True),
        named("city_id", Widget.choice, reading.choice(attrgetter("cities")), needed=True,
              choices=frame.cities),
        named("region_id", Widget.line, (_region, _region_label), needed=True),
        named("kind", Widget.choice, reading.choice(attrgetter("place_kinds")), needed=True,
              choices=frame.place_kinds),
        named("phone", Widget.line, _PHONE),
        named("address", Widget.line, _TEXT),
        named("hours", Widget.line, _TEXT),
        named("opening", Widget.text, (reading.spans, reading.written_spans), empty=[],
              longest=LONGEST_TEXT),
        named("on_holidays", Widget.choice, reading.choice(lambda _: holidays),
              empty="unknown", choices=holidays),
        named("services", Widget.ranked, reading.ranked(attrgetter("services")), empty=[],
              longest=LONGEST_TEXT, choices=frame.services),
        named("accessibility", Widget.line, _TEXT),
        named("audience", Widget.line, _TEXT),
        named("lat", Widget.line, _NUMBER),
        named("lng", Widget.line, _NUMBER),
        named("approximate", Widget.choice, _YES_NO, needed=True, choices=_answers_yes_no()),
        named("source", Widget.line, _TEXT, needed=True, longest=LONGEST_TEXT),
        named("as_of", Widget.line, (reading.as_of, reading.as_it_is), needed=True),
        named("verified", Widget.choice, _YES_NO, needed=True, choices=_answers_yes_no()),
    )  # fmt: skip


def _place_joined(values: dict[str, Any], _: Frame) -> Body:
    weekly, holidays = values.pop("opening"), values.pop("on_holidays")
    opening = {"weekly": weekly, "holidays": None if holidays == "unknown" else holidays}
    return {**values, "opening": opening if weekly else None}


def _place_parted(body: Body) -> dict[str, Any]:
    opening = body["opening"]
    return {
        **body,
        "opening": opening["weekly"] if opening else [],
        "on_holidays": (opening["holidays"] or "unknown") if opening else None,
    }


def _person(frame: Frame) -> tuple[Field, ...]:
    def named(name: str, widget: Widget, pair: tuple[Read, Write], **more: Any) -> Field:
        return _field(Kind.person, name, widget, pair, **more)

    return (
        named("name", Widget.line, _TEXT, needed=True),
        named("role", Widget.choice, reading.choice(attrgetter("roles")), needed=True,
              choices=frame.roles),
        named("city_id", Widget.choice, reading.choice(attrgetter("cities")), needed=True,
              choices=frame.cities),
        named("point_id", Widget.line, (_point, _point_label)),
        named("organisation", Widget.line, _TEXT),
        named("phone", Widget.line, _PHONE),
        named("services", Widget.ranked, reading.ranked(attrgetter("services")), empty=[],
              longest=LONGEST_TEXT, choices=frame.services),
        named("note", Widget.text, _TEXT, longest=LONGEST_TEXT),
        named("shown", Widget.choice, _YES_NO, needed=True, choices=_answers_yes_no()),
        named("source", Widget.line, _TEXT, needed=True, longest=LONGEST_TEXT),
        named("as_of", Widget.line, (reading.as_of, reading.as_it_is), needed=True),
        named("verified", Widget.choice, _YES_NO, needed=True, choices=_answers_yes_no()),
    )  # fmt: skip


def _as_it_was(values: dict[str, Any], _: Frame) -> Body:
    return values


# ---------------------------------------------------------------------------------- parts

_TEXT: tuple[Read, Write] = (reading.plain, reading.as_it_is)
_LINES: tuple[Read, Write] = (reading.lines, reading.written_lines)
_BASIS: tuple[Read, Write] = (reading.citations, reading.written_citations)
_YES_NO: tuple[Read, Write] = (reading.yes_no, reading.written_yes_no)
_DAY: tuple[Read, Write] = (reading.day, reading.as_it_is)
_NUMBER: tuple[Read, Write] = (reading.number, reading.as_it_is)
_PHONE: tuple[Read, Write] = (reading.phone, reading.as_it_is)


def _field(
    kind: Kind, name: str, widget: Widget, pair: tuple[Read, Write], city: str = "", **more: Any
) -> Field:
    words = editing_words()["fields"][kind][name.partition(".")[0]]
    title = str(words["name"]).format(city=city)
    return Field(name, title, str(words["help"]), widget, *pair, **more)


def _answers_yes_no() -> Choices:
    words = editing_words()["choices"]
    return Choices({words["yes"]: words["yes"], words["no"]: words["no"]})


def _region(text: str, frame: Frame) -> str:
    return frame.region(text)


def _region_label(value: str, frame: Frame) -> str:
    return frame.region_label(value)


def _point(text: str, frame: Frame) -> str:
    try:
        return frame.points.read(text)
    except Misread:
        raise Misread("point", value=text) from None


def _point_label(value: str, frame: Frame) -> str:
    return frame.points.write(value)


_FIELDS: dict[Kind, Callable[[Frame], tuple[Field, ...]]] = {
    Kind.faq: _faq, Kind.place: _place, Kind.person: _person,
}  # fmt: skip
_JOINED: dict[Kind, Callable[[dict[str, Any], Frame], Body]] = {
    Kind.faq: _faq_joined, Kind.place: _place_joined, Kind.person: _as_it_was,
}  # fmt: skip
_PARTED: dict[Kind, Callable[[Body], dict[str, Any]]] = {
    Kind.faq: _faq_parted, Kind.place: _place_parted, Kind.person: dict,
}  # fmt: skip
