"""第三方测评: an anonymous random sample of closed tickets, without a word of anybody's."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import china_day
from bot.duty import sla
from bot.reports.figures import Hours
from bot.reports.period import Period
from bot.reports.rows import AT_MOST, COLUMNS, TicketRow, TooMany
from bot.reports.sheets import Sheet, county_name, outcome_name
from bot.reports.suppression import rare
from bot.reports.words import report_words
from bot.tables import Rating, Ticket
from bot.tickets.states import TicketState, platform_of
from bot.tickets.summary import matter_name, service_name
from bot.words import words
from knowledge.atlas import Atlas

MOST = 1000
FIVE_MINUTES = timedelta(minutes=5)


@dataclass(frozen=True)
class Closed:
    """A closed ticket and its rating."""

    row: TicketRow
    score: str | None


def closed_in(session: Session, period: Period, city_id: str | None) -> list[Closed]:
    """The tickets closed in a period. Raises TooMany."""
    query = (
        select(Ticket.id, *COLUMNS)
        .where(
            Ticket.closed_at >= period.since,
            Ticket.closed_at < period.until,
            Ticket.state == TicketState.closed,
            Ticket.merged_into.is_(None),
        )
        .limit(AT_MOST + 1)
    )
    rated = (
        select(Rating.ticket_id, Rating.score)
        .join(Ticket, Ticket.id == Rating.ticket_id)
        .where(
            Ticket.closed_at >= period.since,
            Ticket.closed_at < period.until,
            Rating.score.is_not(None),
        )
        .order_by(Rating.rated_at)
    )
    if city_id is not None:
        query = query.where(Ticket.city_id == city_id)
    scores: dict[int | None, str | None] = {}
    for ticket_id, score in session.execute(rated):
        scores[ticket_id] = score  # of several, the last
    found = [Closed(TicketRow(*row[1:]), scores.get(row[0])) for row in session.execute(query)]
    if len(found) > AT_MOST:
        raise TooMany
    return found


def drawn(
    found: Sequence[Closed], count: int, atlas: Atlas, hours: Hours, chance: random.Random
) -> Sheet:
    """`count` of them at random, in random order, as the sheet that leaves the house."""
    text = report_words()["sample"]
    unknown = str(report_words()["unknown"])
    few = rare((county_name(atlas, one.row.region_id), one.row.matter) for one in found)
    picked = chance.sample(found, min(count, len(found)))

    def county(row: TicketRow) -> str:
        name = county_name(atlas, row.region_id)
        return str(text["withheld"]) if (name, row.matter) in few else name

    scores: Mapping[str, str] = words("replies")["rating"]["scores"]
    return Sheet(
        "sample",
        text["title"],
        text["definition"],
        len(found),
        tuple(text["columns"].values()),
        tuple(
            (
                str(monday(one.row.closed_at)),
                report_words()["platforms"][platform_of(one.row.channel)],
                service_name(one.row.service) or unknown,
                matter_name(one.row.matter) or unknown,
                county(one.row),
                outcome_name(one.row.outcome, closed=True),
                scores.get(one.score or "", text["not_rated"]),
                text["waits"][wait_class(one.row, hours)],
            )
            for one in picked
        ),
    )


def monday(moment: datetime | None) -> date | str:
    """The Monday of a moment's week in China."""
    if moment is None:
        return ""
    day = china_day(moment)
    return day - timedelta(days=day.weekday())


def wait_class(row: TicketRow, hours: Hours) -> str:
    """none | within_30 | within_5 | longer | unanswered, in duty hours: a key of `waits`."""
    if row.queued_at is None:
        return "none"
    if row.first_reply_at is None or row.first_reply_at < row.queued_at:
        return "unanswered"
    waited = sla.elapsed(row.queued_at, row.first_reply_at, hours.get(row.city_id))
    if waited <= sla.clocks().first_reply:
        return "within_30"
    return "within_5" if waited <= FIVE_MINUTES else "longer"
