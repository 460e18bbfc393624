"""A new figure of a city: which saved cases it flips, and how it is written down.

An older figure is never changed: an answer of last year is explained by last year's rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import tables
from knowledge.catalogue import Catalogue
from knowledge.eligibility.cases import Case, saved_cases
from knowledge.eligibility.facts import read_facts
from knowledge.eligibility.jurisdiction import decide
from knowledge.eligibility.screening import Outcome
from knowledge.eligibility.standards import Standard


@dataclass(frozen=True)
class Flip:
    """A saved case whose outcome changes."""

    case: Case
    before: Outcome
    after: Outcome


class TakenDay(Exception):
    """There is a figure of this city from this day on already."""


class NotOurs(Exception):
    """No figure of this city from that day was entered by staff: shipped ones stay."""


def flips(catalogue: Catalogue, standard: Standard) -> list[Flip]:
    """The saved cases of that city that come out otherwise, asked on the first day of the figure
    or later."""
    city = standard.city_id
    amended = replace(
        catalogue,
        aid_standards={
            **catalogue.aid_standards,
            city: (*catalogue.aid_standards.get(city, ()), standard),
        },
    )
    found = []
    for case in saved_cases():
        day = max(case.day, standard.from_)
        before, after = (_outcome(content, case, day) for content in (catalogue, amended))
        if before is not after:
            found.append(Flip(case, before, after))
    return found


def _outcome(catalogue: Catalogue, case: Case, day: date) -> Outcome:
    facts = read_facts(case.facts)
    city = catalogue.atlas.city(case.city)
    assert city is not None  # the tests hold the cases to the cities there are
    return decide(catalogue, city.id, facts, day).outcome


def add(session: Session, standard: Standard) -> str:
    """Write the figure into the caller's transaction; returns its id. Raises TakenDay."""
    table = tables.AidStandard
    same_day = select(table.id).where(
        table.city_id == standard.city_id, table.applies_from == standard.from_
    )
    if session.scalar(same_day):
        raise TakenDay
    id_ = f"{standard.city_id}.{standard.from_}"
    session.add(
        table(
            id=id_,
            city_id=standard.city_id,
            applies_from=standard.from_,
            line=standard.line,
            at_line=standard.at_line,
            full_income=standard.full,
            source=standard.source,
            as_of=standard.as_of,
            verified=standard.verified,
            shipped_digest="",
            edited_at=datetime.now(UTC).replace(tzinfo=None),
        )
    )
    _changed(session)
    return id_


def remove(session: Session, city_id: str, from_: date) -> str:
    """Take back a figure that staff entered by mistake; returns its id. Raises NotOurs."""
    table = tables.AidStandard
    row = session.scalar(
        select(table).where(
            table.city_id == city_id, table.applies_from == from_, table.shipped_digest == ""
        )
    )
    if row is None:
        raise NotOurs
    session.delete(row)
    _changed(session)
    return row.id


def _changed(session: Session) -> None:
    """Every process looks at the edition's version, and reads the content again."""
    edition = session.get_one(tables.Edition, 1)
    edition.version += 1
