"""What reports are counted from: tickets without a word of anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.duty.tables import DutyHours
from bot.follow_ups.satisfaction import SCORES
from bot.gateway.states import Handled
from bot.reports.period import Period
from bot.reports.seconds import SecondsBetween
from bot.reports.tables import CallFigures
from bot.tables import Conversation, Inbox, Rating, Ticket
from knowledge.hours import Weekly, read_weekly

AT_MOST = 200_000
# told or sent by somebody else: nobody waited for a person in a chat of ours
NOT_CHAT = frozenset({"phone", "counter", "exchange"})


class TooMany(Exception):
    """More tickets than are counted at once: a shorter period is to be chosen."""


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One ticket; times are naive UTC."""

    channel: str
    city_id: str
    region_id: str | None
    service: str | None
    matter: str | None
    opened_at: datetime
    queued_at: datetime | None = None
    taken_at: datetime | None = None
    first_reply_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None

    @property
    def chat(self) -> bool:
        """Whether the resident writes to us."""
        return self.channel not in NOT_CHAT


@dataclass(frozen=True, slots=True)
class RatedRow:
    """One rating that was given, of the ticket that it is about, if any."""

    service: str | None
    region_id: str | None
    # who has the ticket
    operator: str | None
    rated_at: datetime
    score: str


COLUMNS = tuple(getattr(Ticket, name) for name in TicketRow.__slots__)


def opened_in(session: Session, period: Period, city_id: str | None) -> list[TicketRow]:
    """The tickets opened in a period, without those merged into another. Raises TooMany."""
    query = (
        select(*COLUMNS)
        .where(
            Ticket.opened_at >= period.since,
            Ticket.opened_at < period.until,
            Ticket.merged_into.is_(None),
        )
        .limit(AT_MOST + 1)
    )
    if city_id is not None:
        query = query.where(Ticket.city_id == city_id)
    found = [TicketRow(*row) for row in session.execute(query)]
    if len(found) > AT_MOST:
        raise TooMany
    return found


def rated_in(session: Session, period: Period, city_id: str | None) -> list[RatedRow]:
    """The ratings given in a period. Raises TooMany."""
    query = (
        select(Ticket.service, Ticket.region_id, Ticket.owner_name, Rating.rated_at, Rating.score)
        .select_from(Rating)
        .outerjoin(Ticket, Ticket.id == Rating.ticket_id)
        .where(
            Rating.rated_at >= period.since,
            Rating.rated_at < period.until,
            Rating.score.in_(SCORES),
        )
        .limit(AT_MOST + 1)
    )
    if city_id is not None:
        query = query.where(Rating.city_id == city_id)
    found = [
        RatedRow(service, region, operator, rated_at, score)
        for service, region, operator, rated_at, score in session.execute(query)
        if rated_at and score
    ]
    if len(found) > AT_MOST:
        raise TooMany
    return found


def answered_by_the_bot(
    session: Session, period: Period, city_id: str | None, within: float
) -> tuple[int, int]:
    """(within so many seconds, all) of the messages that the bot answered.

    By the conversations of the period, which are found by an index: a message is never older than
    its conversation, nor younger than the last one of it.
    """
    in_time = SecondsBetween(Inbox.received_at, Inbox.answered_at) <= within
    query = (
        select(func.count().filter(in_time), func.count())
        .select_from(Conversation)
        .join(Inbox, Inbox.conversation_id == Conversation.id)
        .where(
            Conversation.last_at >= period.since,
            Conversation.created_at < period.until,
            Inbox.received_at >= period.since,
            Inbox.received_at < period.until,
            Inbox.handled == Handled.answered,
        )
    )
    if city_id is not None:
        query = query.where(Conversation.city_id == city_id)
    in_time_count, answered = session.execute(query).one()
    return in_time_count, answered


def calls_in(session: Session, period: Period, city_id: str | None) -> list[CallFigures]:
    """The telephone's own figures of a period."""
    query = (
        select(CallFigures)
        .where(CallFigures.day >= period.first, CallFigures.day <= period.last)
        .order_by(CallFigures.day, CallFigures.city_id)
    )
    if city_id is not None:
        query = query.where(CallFigures.city_id == city_id)
    return list(session.scalars(query))


def duty_hours(session: Session) -> Mapping[str, Weekly | None]:
    """Each city's hours of this console, where somebody has said them."""
    rows = session.execute(select(DutyHours.city_id, DutyHours.weekly))
    return {city_id: read_weekly(weekly) if weekly else None for city_id, weekly in rows}
