"""Many people against one opponent: what a supervisor should see early. Pure but for its query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.reports.sheets import town_name
from bot.tables import Ticket
from bot.tickets.summary import matter_name
from knowledge.atlas import Atlas

WITHIN = timedelta(days=30)
LEAST = 3  # conversations
SHOWN = 20
ROWS = 5000


@dataclass(frozen=True)
class Against:
    """One ticket: of which conversation, against whom, about what, where."""

    opponent: str
    city_id: str
    # the conversation, or the ticket itself when that is deleted
    who: str
    matter: str | None
    region_id: str | None


@dataclass(frozen=True)
class Many:
    """An opponent and how many different conversations are against it; no resident's name."""

    opponent: str
    city_id: str
    count: int
    matters: tuple[str, ...]
    towns: tuple[str, ...]


def against(session: Session, city_id: str | None, now: datetime) -> list[Against]:
    """The tickets of the last thirty days whose opponent many have, in one city each."""
    who = func.coalesce(Ticket.conversation_id, Ticket.number)
    recent = (
        Ticket.opponent.is_not(None),
        Ticket.opened_at >= now - WITHIN,
        Ticket.merged_into.is_(None),
        *(() if city_id is None else (Ticket.city_id == city_id,)),
    )
    many = (
        select(Ticket.opponent, Ticket.city_id)
        .where(*recent)
        .group_by(Ticket.opponent, Ticket.city_id)
        .having(func.count(who.distinct()) >= LEAST)
        .order_by(func.count(who.distinct()).desc(), Ticket.opponent)
        .limit(SHOWN)
        .subquery()
    )
    query = (
        select(Ticket.opponent, Ticket.city_id, who, Ticket.matter, Ticket.region_id)
        .join(many, (many.c.opponent == Ticket.opponent) & (many.c.city_id == Ticket.city_id))
        .where(*recent)
        .limit(ROWS)
    )
    return [
        Against(opponent, city, one, matter, region)
        for opponent, city, one, matter, region in session.execute(query)
        if opponent
    ]


def many_against_one(found: Iterable[Against], atlas: Atlas) -> list[Many]:
    """Opponents of at least three different conversations, the most first."""
    grouped: dict[tuple[str, str], list[Against]] = {}
    for one in found:
        grouped.setdefault((one.opponent, one.city_id), []).append(one)
    many = [
        Many(
            opponent,
            city_id,
            len({one.who for one in rows}),
            _names(matter_name(one.matter) for one in rows),
            _names(town_name(atlas, one.region_id) for one in rows if one.region_id),
        )
        for (opponent, city_id), rows in grouped.items()
    ]
    return sorted(
        (one for one in many if one.count >= LEAST), key=lambda one: (-one.count, one.opponent)
    )


def _names(names: Iterable[str | None]) -> tuple[str, ...]:
    """Each once, in the order of their first coming."""
    found: Sequence[str] = [name for name in names if name]
    return tuple(dict.fromkeys(found))
