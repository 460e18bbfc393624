"""What a whole body must be before residents see it; what stops it, and what is only worth a look.

The shipped answers are held to the same rules (tests/knowledge/faq/test_content.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from knowledge.editing.frame import Choices, Frame
from knowledge.editing.kinds import Body, Kind
from knowledge.editing.words import Problem, editing_words, problem
from knowledge.faq.items import Citation
from knowledge.law.amounts import amounts
from knowledge.law.library import laws

TITLE = 24
ANSWER = (25, 100)
STEPS, STEP = (2, 5), 65
FEWEST_WAYS, WAYS = 3, (8, 60)
MOST_WAYS = 80
NUMBERS = frozenset({"12348", "12345", "110", "119", "120", "122"})
_LONG_NUMBER = re.compile(r"(?<!\d)\d{3,}(?!\d)")


def check(kind: Kind, object_id: str, body: Body, frame: Frame, day: date) -> list[Problem]:
    """Everything that is wrong with a body on a day, by field."""
    gone = list(_known(kind, body, frame))
    if kind is Kind.faq:
        return [
            *gone,
            *check_answer(body, frame, day),
            *_dates(body, day),
            *_alike(object_id, body, frame),
        ]
    if gone:  # of a city that is gone nothing more can be said
        return gone
    return [*_place(body, frame)] if kind is Kind.place else [*_person(body, frame)]


def _known(kind: Kind, body: Body, frame: Frame) -> Iterator[Problem]:
    """Names that are gone since it was written: of an old version, of a sheet, of a draft."""
    for field, choices in _names(kind, frame).items():
        given = body[field]
        for value in given if isinstance(given, list) else [given]:
            if value not in choices.labels:
                yield problem(field, "choice_many", value=value)


def _names(kind: Kind, frame: Frame) -> dict[str, Choices]:
    if kind is Kind.faq:
        return {
            "about": frame.shelves,
            "services": frame.desks,
            "matters": frame.matters,
            "limits": frame.limits,
        }
    return {"city_id": frame.cities, "services": frame.services}


def check_answer(body: Body, frame: Frame, day: date) -> Iterator[Problem]:
    """An answer by itself: how long, what it rests on, what it must not say."""
    yield from _lengths(body)
    said = " ".join([body["answer"], *body["steps"], body["fee"] or "", body["takes"] or ""])
    yield from _must_not_say("answer", said)
    yield from _citations("citations", body["citations"], frame, day)
    if not body["citations"]:
        yield problem("citations", "no_basis")
    for city, own in body["cities"].items():
        # the years of a city's plan are no telephone
        yield from (one for one in _must_not_say(f"city_text.{city}", own["text"]) if one.stops)
        yield from _citations(f"city_basis.{city}", own["citations"], frame, day)
        if not own["citations"]:
            yield problem(f"city_basis.{city}", "city_basis", city=frame.cities.write(city))
        if not own["text"]:
            yield problem(f"city_text.{city}", "city_alone", city=frame.cities.write(city))
    for missing in sorted(_times(said) - _times(_basis(body, frame, day))):
        yield problem("answer", "times", value=missing, stops=body["verified"])


def _must_not_say(field: str, said: str) -> Iterator[Problem]:
    for word in editing_words()["promises"]:
        if word in said:
            yield problem(field, "promise", value=word)
    for found in sorted(set(_LONG_NUMBER.findall(said)) - NUMBERS):
        yield problem(field, "digits", value=found, stops=len(found) > 4)


def _lengths(body: Body) -> Iterator[Problem]:
    for field, text, least, most in (
        ("title", body["title"], 2, TITLE),
        ("answer", body["answer"], *ANSWER),
    ):
        if not least <= len(text) <= most:
            yield problem(field, "length", least=least, most=most, n=len(text))
    for field, rows, least, most in (
        ("steps", body["steps"], *STEPS),
        ("ask", body["ask"], FEWEST_WAYS, MOST_WAYS),
    ):
        if not least <= len(rows) <= most:
            yield problem(field, "count", least=least, most=most, n=len(rows))
    if FEWEST_WAYS <= len(body["ask"]) < WAYS[0]:
        yield problem("ask", "few_ways", n=len(body["ask"]), stops=False)
    for line, step in enumerate(body["steps"], 1):
        if len(step) > STEP:
            yield problem("steps", "long_line", line=line, n=len(step), most=STEP)


def _citations(field: str, citations: list[Citation], frame: Frame, day: date) -> Iterator[Problem]:
    for one in citations:
        if one["type"] == "local" and one["fact"] not in frame.catalogue.local_rules:
            yield problem(field, "no_fact", value=one["fact"])
        if one["type"] == "law" and _article(one, day) is None:
            yield problem(field, "no_article", value=f"{one['law']}{one['article']}")


def _article(citation: Citation, day: date) -> str | None:
    return _text(citation["law"], citation["article"], day)


@lru_cache(maxsize=4096)
def _text(law: str, number: str, day: date) -> str | None:
    version = laws().in_force(law, day)
    found = laws().article(version, number) if version else None
    return found.text if found else None


def _basis(body: Body, frame: Frame, day: date) -> str:
    """The text of everything that an answer rests on."""
    cited = [
        *body["citations"],
        *(one for own in body["cities"].values() for one in own["citations"]),
    ]
    texts = [_article(one, day) or "" for one in cited if one["type"] == "law"]
    for id_ in body["limits"]:
        limit = frame.catalogue.limits.get(id_)
        if limit:
            own = {"law": limit.law, "article": limit.article}
            texts += [limit.text, _article(own, day) or ""]
    rules = frame.catalogue.local_rules
    texts += [
        rules[one["fact"]].fact for one in cited if one["type"] == "local" and one["fact"] in rules
    ]
    return " ".join(texts)


def _times(text: str) -> set[str]:
    """日 and 天 are the same length."""
    return {amount.replace("日", "天") for amount in amounts(text)} - set(
        editing_words()["no_times"]
    )


def _dates(body: Body, day: date) -> Iterator[Problem]:
    if body["review_by"] <= day.isoformat():
        yield problem("review_by", "review_past")
    if body["review_by"] <= body["effective_from"]:
        yield problem("review_by", "review_order")


def _alike(object_id: str, body: Body, frame: Frame) -> Iterator[Problem]:
    """A way of asking that another answer has nearly word for word."""
    for own in (body["title"], *body["ask"]):
        for id_, way in frame.asked_alike(own):
            if id_ != object_id:
                yield problem("ask", "alike", value=own, other=way, id=id_, stops=False)


def _place(body: Body, frame: Frame) -> Iterator[Problem]:
    region = frame.catalogue.atlas.regions.get(body["region_id"])
    if region is None or region.city_id != body["city_id"]:
        yield problem("region_id", "region_city")
    yield from _position(body, frame)
    if body["opening"] and not body["hours"]:
        yield problem("hours", "opening_no_hours")
    if body["verified"] and not any(body[name] for name in ("phone", "address", "hours")):
        yield problem("verified", "verified_nothing", stops=False)


def _position(body: Body, frame: Frame) -> Iterator[Problem]:
    lat, lng = body["lat"], body["lng"]
    if (lat is None) != (lng is None):
        yield problem("lat", "lat_lng")
    elif lat is not None:
        city = frame.catalogue.atlas.cities[body["city_id"]]
        boundaries = frame.catalogue.boundaries
        if city.region_id in {code.ljust(6, "0") for code in boundaries.drawn} and (
            city.region_id not in boundaries.codes_at(lat, lng)
        ):
            yield problem("lat", "outside", city=city.name)


def _person(body: Body, frame: Frame) -> Iterator[Problem]:
    point = frame.catalogue.point(body["point_id"]) if body["point_id"] else None
    if body["point_id"] and (point is None or point.city_id != body["city_id"]):
        yield problem("point_id", "point_city")


def only_own_city(kind: Kind, before: Body | None, after: Body, city_id: str) -> bool:
    """Whether somebody who keeps one city may make this change: its own text of an answer, its
    own places and people."""
    if kind is not Kind.faq:
        return {city_id} == {one["city_id"] for one in (before, after) if one}
    if before is None:
        return False

    def rest(body: Body) -> Body:
        others = {city: own for city, own in body["cities"].items() if city != city_id}
        return {**body, "cities": others}

    return rest(before) == rest(after)
