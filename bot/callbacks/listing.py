"""The call-back list of operators and supervisors: what is to be called, when, how often it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from bot.callbacks.booking import booked, in_words, is_overdue, slot_of
from bot.callbacks.slots import Slot, half_days
from bot.callbacks.states import CallbackState
from bot.callbacks.tables import Callback
from bot.duty.staffing import CALLBACKS, weekly_of
from bot.duty.tables import DutyHours
from bot.tables import Conversation, Ticket
from bot.tickets.number import shown
from bot.tickets.summary import NOT_URGENT, matter_name, urgent_name
from bot.words import words
from knowledge.taxonomy import CALM

AT_MOST = 300
TROUBLE_SHOWN = 60


@dataclass(frozen=True)
class Line:
    """One call to make. The telephone number stands on the ticket, where looking is written down;
    `safe` None: it was not asked: nothing of danger had been said when the number was given."""

    id: int
    number: str
    number_shown: str
    city_id: str
    slot: Slot
    when: str
    urgent: str | None
    name: str | None
    trouble: str
    safe: bool | None
    tries: int
    overdue: bool
    # why this call comes before all the others: somebody may be in danger
    first: str | None


@dataclass(frozen=True)
class HalfDay:
    """A half-day with what is booked in it, and how much fits."""

    slot: Slot
    when: str
    booked: int
    most: int
    lines: list[Line]


def to_call(session: Session, city_id: str | None, now: datetime) -> list[Line]:
    """The bookings that stand: first of who may be in danger, whenever it was told; then the
    earliest first, those whose half-day is over before them.
    """
    danger = _in_danger()
    query = (
        select(Callback, Ticket, danger)
        .join(Ticket, Ticket.id == Callback.ticket_id)
        .outerjoin(Conversation, Conversation.id == Ticket.conversation_id)
        .where(Callback.state == CallbackState.booked)
        .order_by(
            case((danger, 0), else_=1),
            Callback.day,
            Callback.half,
            Callback.booked_at,
            Callback.id,
        )
        .limit(AT_MOST)
    )
    if city_id is not None:
        query = query.where(Callback.city_id == city_id)
    return [_line(one, ticket, bool(first), now) for one, ticket, first in session.execute(query)]


def by_half_day(session: Session, city_id: str, now: datetime) -> list[HalfDay]:
    """A city's half-days: those that can be booked, and every other that has a call to make."""
    hours = session.get(DutyHours, city_id)
    lines = to_call(session, city_id, now)
    slots = sorted({*half_days(now, weekly_of(hours)), *(line.slot for line in lines)})
    taken = booked(session, city_id, slots)
    most = hours.callbacks if hours else CALLBACKS
    return [
        HalfDay(
            slot,
            in_words(slot, now),
            taken[slot],
            most,
            [line for line in lines if line.slot == slot],
        )
        for slot in slots
    ]


def _in_danger() -> ColumnElement[bool]:
    """Of this trouble, or of another one in the same conversation; a deadline is no danger."""
    said = Conversation.understood
    return or_(
        Ticket.urgent.not_in(CALM),
        and_(
            Ticket.urgent == NOT_URGENT,
            func.coalesce(said["endangered"].as_boolean(), False),
            func.coalesce(said["urgent"].as_string(), NOT_URGENT) != "deadline",
        ),
    )


def why_first(ticket: Ticket) -> str:
    """Who has not been asked whether calling is safe is called at the time agreed, not before."""
    name = urgent_name(ticket.urgent)
    key = "callback_first" if name else "callback_first_unnamed"
    text = words("tickets")[key if ticket.contact_safe else f"{key}_unasked"]
    return str(text.format(urgent=name))


def _line(callback: Callback, ticket: Ticket, first: bool, now: datetime) -> Line:
    slot = slot_of(callback)
    return Line(
        callback.id,
        ticket.number,
        shown(ticket.number),
        callback.city_id,
        slot,
        in_words(slot, now),
        urgent_name(ticket.urgent),
        matter_name(ticket.matter),
        ticket.trouble[:TROUBLE_SHOWN],
        ticket.contact_safe,
        callback.tries,
        is_overdue(callback, now),
        why_first(ticket) if first else None,
    )
