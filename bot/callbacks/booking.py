"""Half-days with room, and the bookings in them: one active one a ticket, never more than fit."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.callbacks.slots import OFFSET, Half, Slot, half_days
from bot.callbacks.states import CallbackState, Cause, moved
from bot.callbacks.tables import Callback
from bot.clock import utcnow
from bot.duty.staffing import CALLBACKS, hours_of, weekly_of
from bot.duty.tables import DutyHours
from bot.gateway.ledger import SYSTEM, Actor, Ledger
from bot.tables import Ticket
from bot.tickets.states import Event, TicketState
from bot.tickets.summary import NOT_URGENT
from bot.words import words


class Full(Exception):
    """Nothing fits into this half-day any more, or it is over."""


def with_room(session: Session, city_id: str, now: datetime) -> list[Slot]:
    """The half-days of a city that can still be chosen, in order."""
    hours = session.get(DutyHours, city_id)
    slots = half_days(now, weekly_of(hours))
    most = hours.callbacks if hours else CALLBACKS
    taken = booked(session, city_id, slots)
    return [slot for slot in slots if taken[slot] < most]


def booked(session: Session, city_id: str, slots: list[Slot]) -> Counter[Slot]:
    """How many call-backs each half-day holds; those that were made already count too."""
    if not slots:
        return Counter()
    query = (
        select(Callback.day, Callback.half, func.count())
        .where(
            Callback.city_id == city_id,
            Callback.day.between(min(slots).day, max(slots).day),
            Callback.state != CallbackState.cancelled,
        )
        .group_by(Callback.day, Callback.half)
    )
    return Counter({Slot(day, Half(half)): n for day, half, n in session.execute(query)})


def active(session: Session, ticket: Ticket) -> Callback | None:
    """A ticket's booking that stands."""
    return session.scalar(
        select(Callback).where(
            Callback.ticket_id == ticket.id, Callback.state == CallbackState.booked
        )
    )


def book(ledger: Ledger, ticket: Ticket, slot: Slot, actor: Actor) -> Callback:
    """Into a half-day; a booking that stands moves there. Raises Full.

    The city's row is held, so of two who want the last place one gets it.
    """
    session, now = ledger.session, ledger.now
    # before it is looked whether one stands: of two taps at once one books
    fits = has_room(ledger, ticket.city_id, slot)
    standing = active(session, ticket)
    if standing is not None and slot_of(standing) == slot:
        return standing
    if not fits:
        raise Full
    if standing is None:
        standing = Callback(
            ticket_id=ticket.id,
            city_id=ticket.city_id,
            state=CallbackState.booked,
            settled_at=None,
            settled_by=None,
        )
        session.add(standing)
    else:
        _move(standing, Cause.moved)
    standing.day, standing.half = slot.day, slot.half
    standing.booked_at, standing.tries = now, 0
    ledger.note(ticket, Event.callback_booked, actor, in_words(slot, now))
    session.flush()
    return standing


def cancel(ledger: Ledger, ticket: Ticket, actor: Actor) -> bool:
    """The booking that stands is off; False when there is none."""
    standing = active(ledger.session, ticket)
    if standing is None:
        return False
    called_off(ledger, ticket, standing, actor)
    return True


def called_off(ledger: Ledger, ticket: Ticket, callback: Callback, actor: Actor) -> None:
    """This booking is off. Raises WrongMove."""
    _settle(ledger, callback, Cause.cancelled, actor)
    ledger.note(ticket, Event.callback_cancelled, actor)


def into_city(ledger: Ledger, ticket: Ticket, actor: Actor) -> bool:
    """A ticket has come into another city: its booking too; False when that half-day is full there.

    Then it is off. A half-day that has begun, or is over, is still owed.
    """
    standing = active(ledger.session, ticket)
    if standing is None or standing.city_id == ticket.city_id:
        return True
    slot = slot_of(standing)
    if slot.starts > ledger.now and not has_room(ledger, ticket.city_id, slot):
        called_off(ledger, ticket, standing, actor)
        return False
    standing.city_id = ticket.city_id
    return True


def has_room(ledger: Ledger, city_id: str, slot: Slot) -> bool:
    """Whether one more fits; the city's row is held, so it still does when it is taken."""
    hours = hours_of(ledger.session, city_id, ledger.now)
    taken = booked(ledger.session, city_id, [slot])[slot]
    return slot in half_days(ledger.now, weekly_of(hours)) and taken < hours.callbacks


def goes_along(session: Session, ticket: Ticket, target: Ticket) -> None:
    """Two tickets become one: the call is made for the one that goes on, to the same number.

    Not where calling is not safe, or may not be: that booking ends with its ticket.
    """
    standing = active(session, ticket)
    if standing is None or active(session, target) is not None:
        return
    theirs = target if target.contact is not None else ticket
    danger = any(one.urgent != NOT_URGENT for one in (ticket, target))
    if False in (ticket.contact_safe, target.contact_safe) or (danger and not theirs.contact_safe):
        return
    standing.ticket_id = target.id
    if target.contact is None:
        target.contact, target.contact_at = ticket.contact, ticket.contact_at
        target.contact_safe = ticket.contact_safe
    session.flush()


def forget_old(session: Session) -> None:
    """Bookings of tickets that have ended with their conversation: there is nobody to call."""
    over = select(Ticket.id).where(Ticket.state == TicketState.closed)
    session.execute(
        update(Callback)
        .where(Callback.state == CallbackState.booked, Callback.ticket_id.in_(over))
        .values(state=CallbackState.cancelled, settled_at=utcnow(), settled_by=SYSTEM.name)
    )


def reached(ledger: Ledger, ticket: Ticket, callback: Callback, operator: Actor) -> None:
    """They have talked: who called is the first to have answered. Raises WrongMove."""
    _settle(ledger, callback, Cause.talked, operator)
    ticket.first_reply_at = ticket.first_reply_at or ledger.now
    if ticket.owner_id is None:
        ledger.owned_by(ticket, operator)
    ledger.note(ticket, Event.callback_reached, operator)


def missed(ledger: Ledger, ticket: Ticket, callback: Callback, operator: Actor) -> bool:
    """Nobody answered; True when that was the last try. Raises WrongMove."""
    last = callback.tries + 1 >= ledger.timing.callback_tries
    if last:
        _settle(ledger, callback, Cause.given_up, operator)
    else:
        _move(callback, Cause.nobody_answered)
    callback.tries += 1
    text = words("replies")["callback"]["tries"].format(n=callback.tries)
    ledger.note(ticket, Event.callback_missed, operator, text)
    return last


def is_overdue(callback: Callback, now: datetime) -> bool:
    """The half-day is over, and nobody has talked with them."""
    return callback.state == CallbackState.booked and slot_of(callback).ends <= now


def slot_of(callback: Callback) -> Slot:
    """The half-day of a booking."""
    return Slot(callback.day, Half(callback.half))


def in_words(slot: Slot, now: datetime) -> str:
    """今天下午, 明天上午, 11月30日（周一）上午."""
    text = words("replies")["callback"]
    today = (now + OFFSET).date()
    near = {0: text["today"], 1: text["tomorrow"]}.get((slot.day - today).days)
    day = near or text["day"].format(
        month=slot.day.month,
        day=slot.day.day,
        weekday=text["weekdays"][slot.day.weekday()],
    )
    return str(day + text["halves"][slot.half])


def _move(callback: Callback, cause: Cause) -> None:
    callback.state = moved(CallbackState(callback.state), cause)


def _settle(ledger: Ledger, callback: Callback, cause: Cause, actor: Actor) -> None:
    _move(callback, cause)
    callback.settled_at, callback.settled_by = ledger.now, actor.name
