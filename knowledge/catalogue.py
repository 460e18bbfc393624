"""All content a request needs, as one immutable snapshot, and how it stays fresh."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from knowledge import tables
from knowledge.atlas import Alias, Atlas, City, Region
from knowledge.boundaries import Boundaries
from knowledge.eligibility.standards import Standard
from knowledge.gazetteer import Gazetteer

FRESH_FOR_SECONDS = 1.0


@dataclass(frozen=True)
class Service:
    """A desk: its Chinese name, what it is for, and the law behind it."""

    id: str
    name: str
    menu_group: str
    why: str
    citations: tuple[dict[str, Any], ...]
    deadline: dict[str, Any] | None
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
    accessibility: str | None
    audience: str | None
    lat: float | None
    lng: float | None
    approximate: bool
    verified: bool
    source: str
    as_of: str


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
    citations: tuple[dict[str, Any], ...]
    deadline: dict[str, Any] | None
    cities: tuple[str, ...]
    party: str | None
    only_when_asked: bool
    first_when_urgent: tuple[str, ...]


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
    online: dict[str, tuple[OnlineChannel, ...]]
    rules: dict[str, tuple[ReferralRule, ...]]
    aid_standards: dict[str, tuple[Standard, ...]]

    def point(self, point_id: str) -> ServicePoint | None:
        """The service point with this id, as a poster names it."""
        every = (point for points in self.points.values() for point in points)
        return next((point for point in every if point.id == point_id), None)

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

    def current(self) -> Catalogue:
        """The newest snapshot. Raises sqlalchemy.exc.SQLAlchemyError when nothing was ever read."""
        now = time.monotonic()
        with self._lock:
            if self._current is None or now - self._checked > FRESH_FOR_SECONDS:
                with Session(self._engine) as session:
                    edition = session.get(tables.Edition, 1)
                    version = edition.version if edition else 0
                    if self._current is None or self._current.version != version:
                        self._current = read_catalogue(session, version, self._boundaries)
                self._checked = now
            return self._current


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
    for place in session.scalars(select(tables.ServicePoint).order_by(tables.ServicePoint.id)):
        points.setdefault(place.region_id, []).append(_service_point(place))
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
    standards: dict[str, list[Standard]] = {}
    for figure in session.scalars(
        select(tables.AidStandard).order_by(tables.AidStandard.applies_from)
    ):
        standards.setdefault(figure.city_id, []).append(_standard(figure))
    return Catalogue(
        version=version,
        atlas=atlas,
        gazetteer=Gazetteer(atlas, boundaries.elsewhere),
        boundaries=boundaries,
        services={
            row.id: Service(
                row.id,
                row.name,
                row.menu_group,
                row.why,
                tuple(row.citations),
                row.deadline,
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
        online={key: tuple(value) for key, value in online.items()},
        rules={key: tuple(value) for key, value in rules.items()},
        aid_standards={key: tuple(value) for key, value in standards.items()},
    )


def _service_point(row: tables.ServicePoint) -> ServicePoint:
    return ServicePoint(
        row.id, row.city_id, row.region_id, row.level, row.kind, row.name, tuple(row.services),
        row.address, row.phone, row.hours, row.accessibility, row.audience, row.lat, row.lng,
        row.approximate, row.verified, row.source, row.as_of,
    )  # fmt: skip


def _standard(row: tables.AidStandard) -> Standard:
    return Standard(
        row.city_id, row.applies_from, row.line, row.at_line, row.full_income, row.source,
        row.as_of, row.verified,
    )  # fmt: skip


def _rule(row: tables.ReferralRule) -> ReferralRule:
    return ReferralRule(
        row.id, row.service_id, row.desk, row.why, tuple(row.citations), row.deadline,
        tuple(row.cities), row.party, row.only_when_asked, tuple(row.first_when_urgent),
    )  # fmt: skip
