"""质量评查: which tickets are drawn, who may judge them, and what came of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.reports.figures import Share
from bot.reports.period import Period
from bot.reports.tables import QualityCheck
from bot.tables import Ticket, TicketEvent
from bot.tickets.states import Event, TicketState

MOST_DRAWN = 100
CANDIDATES = 20_000
YES, NO, NOT_APPLICABLE = MARKS = ("yes", "no", "na")
# who did one of these has worked on the ticket
WORKED = (
    Event.claimed,
    Event.handed_back,
    Event.transferred,
    Event.second_given,
    Event.closed,
)


@dataclass(frozen=True)
class Candidate:
    """A closed ticket that could be drawn, and who closed it."""

    ticket_id: int
    owner_id: str


@dataclass(frozen=True)
class Result:
    """One ticket that was judged: by criterion yes, no or na."""

    operator: str
    marks: Mapping[str, str]


def candidates(session: Session, period: Period, city_id: str | None) -> list[Candidate]:
    """Tickets that a person closed in the period, still readable, never drawn before."""
    drawn = select(QualityCheck.ticket_id)
    query = (
        select(Ticket.id, Ticket.owner_id)
        .where(
            Ticket.closed_at >= period.since,
            Ticket.closed_at < period.until,
            Ticket.state == TicketState.closed,
            Ticket.owner_id.is_not(None),
            Ticket.conversation_id.is_not(None),
            Ticket.merged_into.is_(None),
            Ticket.id.not_in(drawn),
        )
        .limit(CANDIDATES)
    )
    if city_id is not None:
        query = query.where(Ticket.city_id == city_id)
    return [Candidate(id_, owner) for id_, owner in session.execute(query) if owner]


def drawn(
    found: Sequence[Candidate], count: int, cap: int, chance: random.Random
) -> list[Candidate]:
    """At most `count` at random, at most `cap` of one operator."""
    mixed = list(found)
    chance.shuffle(mixed)
    taken: Counter[str] = Counter()
    picked: list[Candidate] = []
    for one in mixed:
        if len(picked) == count:
            break
        if taken[one.owner_id] < cap:
            taken[one.owner_id] += 1
            picked.append(one)
    return picked


def put_down(session: Session, picked: Iterable[Candidate], by: str, now: datetime) -> int:
    """The sample, to be judged; how many. What somebody else has drawn meanwhile is not in it."""
    made = 0
    for one in picked:
        row = QualityCheck(
            ticket_id=one.ticket_id,
            drawn_at=now,
            drawn_by=by,
            marks={},
            text=None,
            checked_at=None,
            checked_by=None,
        )
        with suppress(IntegrityError), session.begin_nested():
            session.add(row)
            session.flush()
            made += 1
    return made


def worked_on(
    session: Session, tickets: Sequence[Ticket], account_id: str, username: str
) -> set[int]:
    """The tickets that somebody has had: those they do not judge."""
    had = {one.id for one in tickets if account_id in (one.owner_id, one.responsible_id)}
    deeds = select(TicketEvent.ticket_id).where(
        TicketEvent.ticket_id.in_([one.id for one in tickets]),
        TicketEvent.actor == username,
        TicketEvent.kind.in_(WORKED),
    )
    return had | set(session.scalars(deeds))


def results(
    judged: Iterable[Result], criteria: Sequence[str]
) -> list[tuple[str, int, dict[str, Share]]]:
    """By operator: how many tickets, and by criterion yes of yes and no; 不适用 does not count."""
    by: dict[str, list[Mapping[str, str]]] = {}
    for one in judged:
        by.setdefault(one.operator, []).append(one.marks)
    return [
        (operator, len(marks), {key: _share(marks, key) for key in criteria})
        for operator, marks in sorted(by.items())
    ]


def _share(marks: Iterable[Mapping[str, str]], key: str) -> Share:
    counted = Counter(one.get(key) for one in marks)
    return Share(counted[YES], counted[YES] + counted[NO])
