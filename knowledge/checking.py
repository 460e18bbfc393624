"""What a clerk should look at: dead citations, answers past their review, what is not verified.

Pure: it reads one snapshot of the knowledge base and the day, and finds; nothing is changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from knowledge.catalogue import Catalogue, Citation
from knowledge.faq.search import FaqIndex, Prior
from knowledge.law.library import Version, laws
from knowledge.workdays import announced_until

SOON = timedelta(days=30)
CALENDAR_SOON = timedelta(days=60)
# of the three-letter pieces of two ways of asking (Jaccard)
ALIKE = 0.6
# likeness of two answers in what they mean, where 1 is the same
SAME_MEANING = 0.8


class Kind(StrEnum):
    """What is wrong, or will be."""

    dead_article = "dead_article"
    changing_article = "changing_article"
    no_local_rule = "no_local_rule"
    overdue = "overdue"
    due_soon = "due_soon"
    alike = "alike"
    same_meaning = "same_meaning"
    unreachable = "unreachable"
    no_limit = "no_limit"
    elsewhere = "elsewhere"
    calendar = "calendar"


# what makes an answer wrong today; the others are work to plan
WRONG = frozenset(
    {Kind.dead_article, Kind.no_local_rule, Kind.overdue, Kind.no_limit, Kind.elsewhere}
)


@dataclass(frozen=True)
class Finding:
    """One thing to look at: where it stands, and the words or the day that matter."""

    kind: Kind
    where: str
    what: str

    @property
    def wrong(self) -> bool:
        return self.kind in WRONG


@dataclass(frozen=True)
class Share:
    """How many rows of a kind nobody has verified."""

    name: str
    unverified: int
    rows: int


def check(catalogue: Catalogue, day: date, index: FaqIndex) -> list[Finding]:
    """Everything that was found, what is wrong today before the rest.

    `index` is that of the catalogue's answers.
    """
    found = [*_by_the_day(catalogue, day), *_alike(catalogue), *_meanings(index)]
    return _in_order(found)


def quick_check(catalogue: Catalogue, day: date, city_id: str | None = None) -> list[Finding]:
    """What `check` finds without comparing texts: in milliseconds, and without an index.

    With `city_id`, of people only that city's.
    """
    return _in_order(_by_the_day(catalogue, day, city_id))


def shares(catalogue: Catalogue, city_id: str | None = None) -> list[Share]:
    """The share of what is not verified, by kind of row; with `city_id`, what is that city's."""
    rows: dict[str, Iterable[bool]] = {
        "faq": (item.verified for item in catalogue.faq.values()),
        "points": (
            point.verified
            for points in catalogue.points.values()
            for point in points
            if city_id in (None, point.city_id)
        ),
        "online": (
            door.verified
            for city, doors in catalogue.online.items()
            for door in doors
            if city_id in (None, city)
        ),
        "local_rules": (rule.verified for rule in catalogue.local_rules.values()),
    }
    counted = {name: list(values) for name, values in rows.items()}
    return [Share(name, len(values) - sum(values), len(values)) for name, values in counted.items()]


def _in_order(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: (not one.wrong, one.kind, one.where))


def _by_the_day(catalogue: Catalogue, day: date, city_id: str | None = None) -> Iterator[Finding]:
    yield from _citations(catalogue, day)
    yield from _reviews(catalogue, day)
    yield from _limits(catalogue)
    yield from _people(catalogue, city_id)
    yield from _calendar(day)


def _cited(catalogue: Catalogue) -> Iterator[tuple[str, Citation]]:
    """Every citation with the row that it stands in."""
    rows: list[tuple[str, Sequence[Citation]]] = [
        *((service.id, service.citations) for service in catalogue.services.values()),
        *((rule.id, rule.citations) for rules in catalogue.rules.values() for rule in rules),
        *((door.id, door.citations) for door in catalogue.doors),
        *((desk.id, desk.citations) for desk in catalogue.partners),
    ]
    for item in catalogue.faq.values():
        rows.append((item.id, item.citations))
        rows += [(item.id, own.citations) for own in item.cities.values()]
    for where, citations in rows:
        for citation in citations:
            yield where, citation
    for limit in catalogue.limits.values():
        yield limit.id, {"type": "law", "law": limit.law, "article": limit.article}


def _citations(catalogue: Catalogue, day: date) -> Iterator[Finding]:
    library = laws()
    for where, citation in _cited(catalogue):
        kind = citation.get("type", "law")
        if kind == "local" and citation["fact"] not in catalogue.local_rules:
            yield Finding(Kind.no_local_rule, where, str(citation["fact"]))
        if kind != "law":
            continue
        law, number = citation["law"], citation["article"]
        version, soon = library.in_force(law, day), library.in_force(law, day + SOON * 3)
        if version is None or number not in _numbers(version):
            yield Finding(Kind.dead_article, where, f"{law}{number}")
        elif soon is not version:
            yield Finding(Kind.changing_article, where, f"{law}{number}")


@cache
def _numbers(version: Version) -> frozenset[str]:
    """The articles that a text has; the package of laws stays as it is while a process runs."""
    return frozenset(article.number for article in laws().articles(version))


def _reviews(catalogue: Catalogue, day: date) -> Iterator[Finding]:
    for item in catalogue.faq.values():
        if item.review_by < day:
            yield Finding(Kind.overdue, item.id, item.review_by.isoformat())
        elif item.review_by <= day + SOON:
            yield Finding(Kind.due_soon, item.id, item.review_by.isoformat())


def _limits(catalogue: Catalogue) -> Iterator[Finding]:
    for item in catalogue.faq.values():
        for limit in item.limits:
            if limit not in catalogue.limits:
                yield Finding(Kind.no_limit, item.id, limit)


def _people(catalogue: Catalogue, city_id: str | None) -> Iterator[Finding]:
    """Whoever is shown at a place that is gone, or that has moved to another city."""
    for point_id, people in catalogue.people.items():
        point = catalogue.point(point_id)
        for person in people:
            if city_id not in (None, person.city_id):
                continue
            if point is None or point.city_id != person.city_id:
                yield Finding(Kind.elsewhere, person.id, f"{person.name} → {point_id}")


class NearCopies:
    """Texts, to be asked which of them a new one nearly repeats."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._holding: dict[str, list[int]] = {}

    def add(self, text: str) -> None:
        """One text more; its place is the number of those before it."""
        own = _pieces(text)
        for piece in own:
            self._holding.setdefault(piece, []).append(len(self._sizes))
        self._sizes.append(len(own))

    def of(self, text: str) -> Iterator[int]:
        """Places of texts whose three-letter pieces are mostly those of this one."""
        own = _pieces(text)
        shared = Counter(at for piece in own for at in self._holding.get(piece, ()))
        for other in sorted(shared):
            both = shared[other]
            if both >= ALIKE * (len(own) + self._sizes[other] - both):
                yield other


def near_copies(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of places of texts whose three-letter pieces are mostly the same."""
    before = NearCopies()
    for at, text in enumerate(texts):
        for other in before.of(text):
            yield at, other
        before.add(text)


def _alike(catalogue: Catalogue) -> Iterator[Finding]:
    """Ways of asking of two answers that are nearly the same words."""
    asked = [(item.id, way) for item in catalogue.faq.values() for way in (item.title, *item.ask)]
    for at, other in near_copies([way for _, way in asked]):
        (id_, way), (other_id, other_way) = asked[at], asked[other]
        if id_ != other_id:
            yield Finding(Kind.alike, id_, f"{way} ≈ {other_way}（{other_id}）")


def _meanings(index: FaqIndex) -> Iterator[Finding]:
    """Answers that say the same, and those that not even their own title finds."""
    for one, other in index.alike(SAME_MEANING):
        yield Finding(Kind.same_meaning, one.id, f"{one.title} ≈ {other.title}（{other.id}）")
    for item in index.items:
        first = index.search(item.title, Prior(), limit=1).hits[0].item
        if first.id != item.id:
            yield Finding(Kind.unreachable, item.id, f"{item.title} → {first.title}（{first.id}）")


def _calendar(day: date) -> Iterator[Finding]:
    until = announced_until()
    if until <= day + CALENDAR_SOON:
        yield Finding(Kind.calendar, "workdays", until.isoformat())


def _pieces(text: str) -> frozenset[str]:
    plain = "".join(filter(str.isalnum, text))
    return frozenset(plain[at : at + 3] for at in range(max(1, len(plain) - 2)))
