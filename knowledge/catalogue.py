"""All content a request needs, as one immutable snapshot, and how it stays fresh."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from knowledge import tables
from knowledge.atlas import Alias, Atlas, City, Region
from knowledge.boundaries import Boundaries
from knowledge.closures import read_closures
from knowledge.eligibility.standards import Standard
from knowledge.faq.items import NEEDED, CityText, Item, Material
from knowledge.freshness import CLOSURES, CONTENT
from knowledge.gazetteer import Gazetteer
from knowledge.hours import Closure, Weekly, read_weekly
from knowledge.time_limits.limits import TimeLimit
from knowledge.time_limits.reckoning import Length, Unit

FRESH_FOR_SECONDS = 1.0
Citation = dict[str, Any]


@dataclass(frozen=True)
class Service:
    """A desk: its Chinese name, what it is for, and the law behind it."""

    id: str
    name: str
    menu_group: str
    why: str
    citations: tuple[Citation, ...]
    limits: tuple[str, ...]
    not_when_urgent: tuple[str, ...]


@dataclass(frozen=True)
class PlanPlace:
    """Where a city's plan speaks of a service, and what kind of text that plan is."""

    title: str
    status: str
    valid_from: int
    valid_to: int
    place: str


@dataclass(frozen=True)
class ServicePoint:
    """A place to go to; what is not known is None and shown 待核实."""

    id: str
    city_id: str
    region_id: str
    level: str
    kind: str
    name: str
    services: tuple[str, ...]
    address: str | None
    phone: str | None
    hours: str | None
    opening: Weekly | None
    accessibility: str | None
    audience: str | None
    lat: float | None
    lng: float | None
    approximate: bool
    verified: bool
    source: str
    as_of: str


@dataclass(frozen=True)
class Person:
    """Somebody at a service point whom residents may know by name.

    `city_id` is where staff keep them: the place's, unless the place has moved since.
    """

    id: str
    city_id: str
    name: str
    role: str
    organisation: str | None
    phone: str | None
    verified: bool


@dataclass(frozen=True)
class OnlineChannel:
    """An online door of a city."""

    name: str
    url: str | None
    what: str
    services: tuple[str, ...]
    verified: bool
    source: str


@dataclass(frozen=True)
class ReferralRule:
    """One desk in the ordered list for a matter."""

    id: str
    service_id: str
    desk: str | None
    why: str
    citations: tuple[Citation, ...]
    limits: tuple[str, ...]
    cities: tuple[str, ...]
    party: str | None
    otherwise: str | None
    situations: tuple[str, ...]
    first_in: tuple[str, ...]
    not_in: tuple[str, ...]
    only_when_asked: bool
    first_when_urgent: tuple[str, ...]


@dataclass(frozen=True)
class Situation:
    """A case within a matter that wants other desks, and the words that tell it."""

    id: str
    name: str
    heard: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class MediationDoor:
    """A kind of mediation and who sits where; empty `matters`, `situations`, `cities`: any."""

    id: str
    kind: str
    link: str | None
    matters: tuple[str, ...]
    situations: tuple[str, ...]
    where: str
    how: str
    citations: tuple[Citation, ...]
    cities: tuple[str, ...]
    not_when_urgent: tuple[str, ...]


@dataclass(frozen=True)
class PartnerDesk:
    """A department or body beside our desks, and the words of those whom it helps."""

    id: str
    desk: str
    heard: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    matters: tuple[str, ...]
    why: str
    citations: tuple[Citation, ...]
    cities: tuple[str, ...]


@dataclass(frozen=True)
class LocalRule:
    """A local rule or fact that can be cited: a sourced row of ours with its verified flag."""

    id: str
    topic: str
    fact: str
    source: str
    as_of: str
    verified: bool


@dataclass(frozen=True)
class Catalogue:
    """The knowledge base at one version."""

    version: int
    atlas: Atlas
    gazetteer: Gazetteer
    boundaries: Boundaries
    services: dict[str, Service]
    plans: dict[tuple[str, str], PlanPlace]
    points: dict[str, tuple[ServicePoint, ...]]
    # by the point where they are
    people: dict[str, tuple[Person, ...]]
    online: dict[str, tuple[OnlineChannel, ...]]
    rules: dict[str, tuple[ReferralRule, ...]]
    situations: dict[str, tuple[Situation, ...]]
    limits: dict[str, TimeLimit]
    doors: tuple[MediationDoor, ...]
    partners: tuple[PartnerDesk, ...]
    faq: dict[str, Item]
    local_rules: dict[str, LocalRule]
    closures: dict[str, tuple[Closure, ...]]
    aid_standards: dict[str, tuple[Standard, ...]]

    def point(self, point_id: str) -> ServicePoint | None:
        """The service point with this id, as a poster names it."""
        return self._points_by_id.get(point_id)

    @cached_property
    def _points_by_id(self) -> dict[str, ServicePoint]:
        return {point.id: point for points in self.points.values() for point in points}

    def menu(self, group: str) -> list[Service]:
        """The services of one group of the menu, in their order."""
        return [service for service in self.services.values() if service.menu_group == group]


class LiveCatalogue:
    """The current snapshot, re-read when the edition's version moved (checked once a second)."""

    def __init__(self, engine: Engine, boundaries: Boundaries) -> None:
        self._engine = engine
        self._boundaries = boundaries
        self._lock = Lock()
        self._current: Catalogue | None = None
        self._checked = 0.0
        self._closures_version = 0

    def current(self) -> Catalogue:
        """The newest snapshot. Raises sqlalchemy.exc.SQLAlchemyError when nothing was ever read."""
        now = time.monotonic()
        with self._lock:
            if self._current is None or now - self._checked > FRESH_FOR_SECONDS:
                self._current = self._read()
                self._checked = now
            return self._current

    def refresh(self) -> None:
        """Look again at the next request, for whoever has just changed something."""
        with self._lock:
            self._checked = 0.0

    def _read(self) -> Catalogue:
        """What changed is read anew: a closure of today does not read the country again."""
        with Session(self._engine) as session:
            rows = session.scalars(select(tables.Edition))
            versions = {row.id: row.version for row in rows}
            content, closed = versions.get(CONTENT, 0), versions.get(CLOSURES, 0)
            known = self._current
            if known is None or known.version != content:
                known = read_catalogue(session, content, self._boundaries)
            elif self._closures_version == closed:
                return known
            self._closures_version = closed
            return replace(known, closures=read_closures(session))


def read_catalogue(session: Session, version: int, boundaries: Boundaries) -> Catalogue:
    """Build the snapshot from the tables (about a quarter of a second for three cities)."""
    cities = {
        row.id: City(row.id, row.name, row.short, row.province, row.region_id, row.card)
        for row in session.scalars(select(tables.City).order_by(tables.City.position))
    }
    region = tables.Region
    regions = {
        row.id: Region(*row)
        for row in session.execute(
            select(
                region.id, region.parent_id, region.city_id, region.level, region.kind,
                region.name, region.short, region.lat, region.lng,
            ).order_by(region.id)
        )
    }  # fmt: skip
    aliases = tuple(
        Alias(row.text, row.region_id)
        for row in session.scalars(select(tables.RegionAlias).order_by(tables.RegionAlias.id))
    )
    atlas = Atlas(cities, regions, aliases)
    points: dict[str, list[ServicePoint]] = {}
    here = tables.ServicePoint.archived_at.is_(None)
    for place in session.scalars(
        select(tables.ServicePoint).where(here).order_by(tables.ServicePoint.id)
    ):
        points.setdefault(place.region_id, []).append(point_of(place))
    people: dict[str, list[Person]] = {}
    for person in session.scalars(
        select(tables.Person)
        .where(
            tables.Person.archived_at.is_(None),
            tables.Person.shown.is_(True),
            tables.Person.point_id.is_not(None),
        )
        .order_by(tables.Person.role, tables.Person.name)
    ):
        people.setdefault(str(person.point_id), []).append(
            Person(
                person.id,
                person.city_id,
                person.name,
                person.role,
                person.organisation,
                person.phone,
                person.verified,
            )
        )
    online: dict[str, list[OnlineChannel]] = {}
    for row in session.scalars(select(tables.OnlineChannel).order_by(tables.OnlineChannel.id)):
        online.setdefault(row.city_id, []).append(
            OnlineChannel(
                row.name, row.url, row.what, tuple(row.services), row.verified, row.source
            )
        )
    rules: dict[str, list[ReferralRule]] = {}
    for rule in session.scalars(
        select(tables.ReferralRule).order_by(
            tables.ReferralRule.matter_id, tables.ReferralRule.position
        )
    ):
        rules.setdefault(rule.matter_id, []).append(_rule(rule))
    situations: dict[str, list[Situation]] = {}
    for case in session.scalars(
        select(tables.Situation).order_by(tables.Situation.matter_id, tables.Situation.position)
    ):
        situations.setdefault(case.matter_id, []).append(
            Situation(case.id, case.name, _compiled(case.heard), _compiled(case.unless))
        )
    standards: dict[str, list[Standard]] = {}
    for figure in session.scalars(
        select(tables.AidStandard).order_by(tables.AidStandard.applies_from)
    ):
        standards.setdefault(figure.city_id, []).append(_standard(figure))
    return Catalogue(
        version=version,
        atlas=atlas,
        gazetteer=Gazetteer(atlas, boundaries.elsewhere, boundaries.inner),
        boundaries=boundaries,
        services={
            row.id: Service(
                row.id,
                row.name,
                row.menu_group,
                row.why,
                tuple(row.citations),
                tuple(row.limits),
                tuple(row.not_when_urgent),
            )
            for row in session.scalars(select(tables.Service).order_by(tables.Service.position))
        },
        plans={
            (row.city_id, row.service_id): PlanPlace(
                row.plan_title, row.plan_status, row.valid_from, row.valid_to, row.place
            )
            for row in session.scalars(select(tables.CityService))
            if row.place
        },
        points={key: tuple(value) for key, value in points.items()},
        people={key: tuple(value) for key, value in people.items()},
        online={key: tuple(value) for key, value in online.items()},
        rules={key: tuple(value) for key, value in rules.items()},
        situations={key: tuple(value) for key, value in situations.items()},
        limits={row.id: _limit(row) for row in session.scalars(select(tables.TimeLimit))},
        doors=tuple(
            _door(row)
            for row in session.scalars(
                select(tables.MediationDoor).order_by(tables.MediationDoor.position)
            )
        ),
        partners=tuple(
            _partner(row)
            for row in session.scalars(
                select(tables.PartnerDesk).order_by(tables.PartnerDesk.position)
            )
        ),
        faq={
            row.id: item_of(row)
            for row in session.scalars(
                select(tables.FaqItem)
                .where(tables.FaqItem.archived_at.is_(None))
                .order_by(tables.FaqItem.about, tables.FaqItem.position, tables.FaqItem.id)
            )
        },
        local_rules={
            row.id: LocalRule(row.id, row.topic, row.fact, row.source, row.as_of, row.verified)
            for row in session.scalars(select(tables.LocalFact))
        },
        closures=read_closures(session),
        aid_standards={key: tuple(value) for key, value in standards.items()},
    )


def point_of(row: tables.ServicePoint) -> ServicePoint:
    """The point that a row holds, published or not."""
    return ServicePoint(
        row.id, row.city_id, row.region_id, row.level, row.kind, row.name, tuple(row.services),
        row.address, row.phone, row.hours, read_weekly(row.opening) if row.opening else None,
        row.accessibility, row.audience, row.lat, row.lng,
        row.approximate, row.verified, row.source, row.as_of,
    )  # fmt: skip


def _standard(row: tables.AidStandard) -> Standard:
    return Standard(
        row.city_id, row.applies_from, row.line, row.at_line, row.full_income, row.source,
        row.as_of, row.verified,
    )  # fmt: skip


def _rule(row: tables.ReferralRule) -> ReferralRule:
    return ReferralRule(
        row.id, row.service_id, row.desk, row.why, tuple(row.citations), tuple(row.limits),
        tuple(row.cities), row.party, row.otherwise, tuple(row.situations), tuple(row.first_in),
        tuple(row.not_in), row.only_when_asked, tuple(row.first_when_urgent),
    )  # fmt: skip


def _limit(row: tables.TimeLimit) -> TimeLimit:
    ((unit, amount),) = row.length.items()
    return TimeLimit(
        row.id, row.act, row.starts, row.ask, Length(amount, Unit(unit)), row.text, row.law,
        row.article, row.exception, _compiled(row.heard),
    )  # fmt: skip


def _door(row: tables.MediationDoor) -> MediationDoor:
    return MediationDoor(
        row.id, row.kind, row.link, tuple(row.matters), tuple(row.situations), row.where, row.how,
        tuple(row.citations), tuple(row.cities), tuple(row.not_when_urgent),
    )  # fmt: skip


def _partner(row: tables.PartnerDesk) -> PartnerDesk:
    return PartnerDesk(
        row.id, row.desk, _compiled(row.heard), _compiled(row.unless), tuple(row.matters), row.why,
        tuple(row.citations), tuple(row.cities),
    )  # fmt: skip


def item_of(row: tables.FaqItem) -> Item:
    """The item that a row holds, published or not."""
    return Item(
        row.id, row.about, row.title, tuple(row.ask), row.answer, tuple(row.steps),
        tuple(Material(one["name"], one["need"] == NEEDED) for one in row.materials),
        row.fee, row.takes, tuple(row.limits), tuple(row.services), tuple(row.matters),
        tuple(row.groups),
        {city: CityText(one["text"], tuple(one["citations"])) for city, one in row.cities.items()},
        tuple(row.citations), row.effective_from, row.review_by, row.read_on,
        row.owner, row.verified,
    )  # fmt: skip


def _compiled(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)
