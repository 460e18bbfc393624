"""Content tables. The database is the truth; the files under data/ are the shipped edition.

Every row says where it comes from. `shipped_digest` is the digest of the shipped row it was made
of; `edited_at` is set when staff change a row, and loading a new edition then leaves it alone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Tables owned by `knowledge`."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON, list[Any]: JSON}


class Sourced:
    """Provenance, on every row: source in words, date of the fact, checked or not."""

    source: Mapped[str]
    as_of: Mapped[str]
    verified: Mapped[bool] = mapped_column(default=False)
    shipped_digest: Mapped[str]
    edited_at: Mapped[datetime | None] = mapped_column(default=None)


class Kept:
    """What staff keep: its number counts what was published; a row that was taken away stays."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")
    archived_at: Mapped[datetime | None] = mapped_column(default=None)


class Checked:
    """Who verified it and when; null for what the edition itself brings."""

    checked_by: Mapped[str | None] = mapped_column(default=None)
    checked_at: Mapped[datetime | None] = mapped_column(default=None)


class City(Sourced, Base):
    """A city that switched the assistant on; `card`: its hotline, plan, words, groups."""

    __tablename__ = "city"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    short: Mapped[str]
    province: Mapped[str]
    region_id: Mapped[str]
    position: Mapped[int]
    card: Mapped[dict[str, Any]]


class Region(Sourced, Base):
    """One node of the division tree by official code: city – county – town – village."""

    __tablename__ = "region"

    id: Mapped[str] = mapped_column(primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("region.id"))
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"))
    level: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    short: Mapped[str]
    lat: Mapped[float | None]
    lng: Mapped[float | None]

    __table_args__ = (Index("ix_region_city_level", "city_id", "level"),)


class RegionAlias(Sourced, Base):
    """Another name residents use: an old name, a nickname, a usual typing slip."""

    __tablename__ = "region_alias"

    id: Mapped[str] = mapped_column(primary_key=True)
    region_id: Mapped[str] = mapped_column(ForeignKey("region.id"))
    text: Mapped[str]
    kind: Mapped[str]


class Service(Sourced, Base):
    """A desk of public legal service: what it is for, in a resident's words."""

    __tablename__ = "service"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    menu_group: Mapped[str]
    position: Mapped[int]
    why: Mapped[str]
    citations: Mapped[list[Any]]
    # ids of the time limits that matter at this desk, whatever the trouble
    limits: Mapped[list[Any]]
    # in these kinds of urgency the desk is not named unless it was asked for
    not_when_urgent: Mapped[list[Any]]


class CityService(Sourced, Base):
    """Where a city's plan speaks of a service, with the plan's status and years."""

    __tablename__ = "city_service"

    id: Mapped[str] = mapped_column(primary_key=True)
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"))
    service_id: Mapped[str] = mapped_column(ForeignKey("service.id"))
    plan_id: Mapped[str]
    plan_title: Mapped[str]
    plan_status: Mapped[str]
    valid_from: Mapped[int]
    valid_to: Mapped[int]
    place: Mapped[str | None]


class ServicePoint(Checked, Kept, Sourced, Base):
    """A place where a service is given. Unknown contacts stay empty and are shown 待核实."""

    __tablename__ = "service_point"

    id: Mapped[str] = mapped_column(primary_key=True)
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"))
    region_id: Mapped[str] = mapped_column(ForeignKey("region.id"), index=True)
    level: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    services: Mapped[list[Any]]
    address: Mapped[str | None]
    phone: Mapped[str | None]
    hours: Mapped[str | None]
    # the hours as data, where a source gives days and times: see knowledge/hours.py
    opening: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    accessibility: Mapped[str | None]
    # the people it is for, when it is not for everybody
    audience: Mapped[str | None]
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    approximate: Mapped[bool]


class OnlineChannel(Sourced, Base):
    """An online door of a city; `url` only where a source gives one."""

    __tablename__ = "online_channel"

    id: Mapped[str] = mapped_column(primary_key=True)
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"))
    name: Mapped[str]
    what: Mapped[str]
    url: Mapped[str | None]
    services: Mapped[list[Any]]


class Situation(Sourced, Base):
    """Within a matter (or everywhere): a case that wants another desk, and the words that tell it.

    `heard` and `unless` are regular expressions over the normal form of a text.
    """

    __tablename__ = "situation"

    id: Mapped[str] = mapped_column(primary_key=True)
    matter_id: Mapped[str] = mapped_column(index=True)
    position: Mapped[int]
    name: Mapped[str]
    heard: Mapped[list[Any]]
    unless: Mapped[list[Any]]


class TimeLimit(Sourced, Base):
    """By when something has to be done, from what on, and the article that says so.

    `length` has one of days, working_days, months, years. `ask` is null where nobody is to be
    asked for a day; `exception` is null only where the law knows none.
    """

    __tablename__ = "time_limit"

    id: Mapped[str] = mapped_column(primary_key=True)
    act: Mapped[str]
    starts: Mapped[str]
    ask: Mapped[str | None]
    length: Mapped[dict[str, Any]]
    text: Mapped[str]
    law: Mapped[str]
    article: Mapped[str]
    exception: Mapped[str | None]
    heard: Mapped[list[Any]]


class ReferralRule(Sourced, Base):
    """For a matter: one desk of an ordered list, why, the law behind it, and what comes next.

    `situations`: only in these; `first_in`: first in these; `not_in`: never in these.
    """

    __tablename__ = "referral_rule"

    id: Mapped[str] = mapped_column(primary_key=True)
    matter_id: Mapped[str] = mapped_column(index=True)
    position: Mapped[int]
    service_id: Mapped[str] = mapped_column(ForeignKey("service.id"))
    desk: Mapped[str | None]
    why: Mapped[str]
    citations: Mapped[list[Any]]
    limits: Mapped[list[Any]]
    cities: Mapped[list[Any]]
    party: Mapped[str | None]
    otherwise: Mapped[str | None]
    situations: Mapped[list[Any]]
    first_in: Mapped[list[Any]]
    not_in: Mapped[list[Any]]
    only_when_asked: Mapped[bool]
    first_when_urgent: Mapped[list[Any]]


class MediationDoor(Sourced, Base):
    """A kind of mediation for some matters, and who sits where (诉调, 交调, 访调, 公调)."""

    __tablename__ = "mediation_door"

    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    kind: Mapped[str]
    link: Mapped[str | None]
    matters: Mapped[list[Any]]
    situations: Mapped[list[Any]]
    where: Mapped[str]
    how: Mapped[str]
    citations: Mapped[list[Any]]
    cities: Mapped[list[Any]]
    not_when_urgent: Mapped[list[Any]]


class PartnerDesk(Sourced, Base):
    """A department or body that helps a group of people, or with a thing not ours to do."""

    __tablename__ = "partner_desk"

    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    desk: Mapped[str]
    heard: Mapped[list[Any]]
    unless: Mapped[list[Any]]
    matters: Mapped[list[Any]]
    why: Mapped[str]
    citations: Mapped[list[Any]]
    cities: Mapped[list[Any]]


class FaqItem(Kept, Sourced, Base):
    """A frequent question: the short answer first, then steps, materials, fee, time, and articles.

    `about` is the matter or service under which it stands; `cities` holds by city what is
    different there, with its own citations; `fee` and `takes` are null where no source says.
    """

    __tablename__ = "faq_item"

    id: Mapped[str] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(index=True)
    position: Mapped[int]
    title: Mapped[str]
    ask: Mapped[list[Any]]
    answer: Mapped[str]
    steps: Mapped[list[Any]]
    materials: Mapped[list[Any]]
    fee: Mapped[str | None]
    takes: Mapped[str | None]
    limits: Mapped[list[Any]]
    services: Mapped[list[Any]]
    matters: Mapped[list[Any]]
    groups: Mapped[list[Any]]
    cities: Mapped[dict[str, Any]]
    citations: Mapped[list[Any]]
    effective_from: Mapped[date]
    review_by: Mapped[date]
    # when somebody who did not write it read it against its articles
    read_on: Mapped[date | None]
    owner: Mapped[str]


class Person(Checked, Kept, Sourced, Base):
    """Somebody who serves residents: the adviser of a village, a mediator, a contact.

    `shown` false: for colleagues only. Kept by staff; no edition brings one.
    """

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(primary_key=True)
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"), index=True)
    point_id: Mapped[str | None] = mapped_column(ForeignKey("service_point.id"), index=True)
    name: Mapped[str]
    role: Mapped[str]
    organisation: Mapped[str | None]
    phone: Mapped[str | None]
    services: Mapped[list[Any]]
    note: Mapped[str | None]
    shown: Mapped[bool]


class ContentDraft(Base):
    """What an editor has written and nobody has published; one for each thing.

    `base_version` is what it was made of (0: new), `revision` counts the savings of this draft
    and of those before it (ContentDraftEnded).
    """

    __tablename__ = "content_draft"

    kind: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
    base_version: Mapped[int]
    revision: Mapped[int]
    saved_by: Mapped[str]
    saved_at: Mapped[datetime]


class ContentDraftEnded(Base):
    """The last `revision` of a thing's draft that was published or thrown away.

    The next draft counts on from it: a number that somebody has looked at is never that of
    another text.
    """

    __tablename__ = "content_draft_ended"

    kind: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]


class ContentVersion(Base):
    """What stood there once, whole: rows are only ever added."""

    __tablename__ = "content_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    object_id: Mapped[str]
    number: Mapped[int]
    deed: Mapped[str]
    body: Mapped[dict[str, Any]]
    by: Mapped[str]
    at: Mapped[datetime]
    note: Mapped[str | None]

    __table_args__ = (UniqueConstraint("kind", "object_id", "number"),)


class Closure(Base):
    """今天无人: staff say that nobody is at a point from one moment to another (UTC).

    `lifted_at` ends it early; a row is never deleted, so that an old answer can be explained.
    """

    __tablename__ = "closure"

    id: Mapped[int] = mapped_column(primary_key=True)
    point_id: Mapped[str] = mapped_column(ForeignKey("service_point.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    reason: Mapped[str | None]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


class AidStandard(Sourced, Base):
    """A city's line of economic hardship for legal aid from a day on: yuan a head and month.

    `at_line` says whether the line itself is within it; `full_income` is the mean income behind
    the line, null where it is not known. A newer figure is a newer row: old answers stay old.
    """

    __tablename__ = "aid_standard"

    id: Mapped[str] = mapped_column(primary_key=True)
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"))
    applies_from: Mapped[date]
    line: Mapped[float]
    at_line: Mapped[str]
    full_income: Mapped[float | None]

    __table_args__ = (UniqueConstraint("city_id", "applies_from"),)


class LocalFact(Sourced, Base):
    """A dated local fact carried over with its source and confidence."""

    __tablename__ = "local_fact"

    id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    topic: Mapped[str]
    fact: Mapped[str]
    confidence: Mapped[str]
    note: Mapped[str]


class Edition(Base):
    """Row 1 counts changes of content, row 2 those of closures: so each process notices them."""

    __tablename__ = "edition"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    loaded_at: Mapped[datetime]
