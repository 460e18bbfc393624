"""What staff see of slips: whose they are, lines of a list, one slip in full."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, true
from sqlalchemy.orm import Session

from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.clock import iso
from bot.slips.deadlines import deadlines, due_on, is_overdue
from bot.slips.states import ENDED, LIVE, Reason, SlipState, possible
from bot.slips.tables import Slip, SlipEvent
from bot.slips.words import (
    due_in_words,
    number_shown,
    reason_line,
    reason_name,
    state_name,
)
from bot.tables import Ticket
from bot.tickets.summary import matter_name, service_name
from knowledge.china import today as china_today

LIVE_SHOWN = 500
ENDED_SHOWN = 100
LONGEST_WORDS = 2000
Line = dict[str, Any]


class NoSuchSlip(Exception):
    """No slip has this number, or it is not this member's to see."""


@dataclass(frozen=True)
class Due:
    """By when a desk is to do something: the day, in words, and whether it has passed."""

    day: date | None
    overdue: bool
    text: str | None


def seen_by(member: StaffMember) -> ColumnElement[bool]:
    """Operators: the slips of their city. A desk: those of its own place, without one none."""
    if not member.may(Role.OPERATOR):
        return moved_by(member)
    return or_(Slip.city_id == member.city_id, moved_by(member)) if member.city_id else true()


def moved_by(member: StaffMember) -> ColumnElement[bool]:
    """A desk moves what was sent to its own place; nobody else moves a slip."""
    if not member.may(Role.DESK) or member.place_id is None:
        return false()
    return Slip.place_id == member.place_id


def without_place(member: StaffMember) -> bool:
    """A desk whose account does not say which service point it is."""
    return member.place_id is None and not member.may(Role.OPERATOR)


def find(session: Session, number: str, theirs: ColumnElement[bool], *, lock: bool = False) -> Slip:
    """A slip by its number, blanks ignored, if it is theirs. Raises NoSuchSlip."""
    query = select(Slip).where(Slip.number == number.replace(" ", ""), theirs)
    slip = session.scalar(query.with_for_update() if lock else query)
    if slip is None:
        raise NoSuchSlip(number)
    return slip


def lines(
    session: Session,
    theirs: ColumnElement[bool],
    *,
    states: Collection[SlipState] | None = None,
    ticket: str | None = None,
    today: date | None = None,
) -> list[Line]:
    """Of the live ones the overdue first, then by the day that is due; the ended ones last.

    `ticket`: of one ticket's number only; `today` without it is today in China.
    """
    wanted = set(states if states is not None else SlipState)
    query = select(Slip, Ticket).join(Ticket, Slip.ticket_id == Ticket.id).where(theirs)
    if ticket is not None:
        query = query.where(Ticket.number == ticket.replace(" ", ""))
    live = query.where(Slip.state.in_(wanted & set(LIVE))).order_by(Slip.id).limit(LIVE_SHOWN)
    ended = (
        query.where(Slip.state.in_(wanted & set(ENDED)))
        .order_by(func.coalesce(Slip.said_at, Slip.sent_at).desc(), Slip.id.desc())
        .limit(ENDED_SHOWN)
    )
    day = today or china_today()
    going = [_line(*row, day) for row in session.execute(live)]
    going.sort(key=lambda line: (line["due"], line["sent_at"], line["number"]))
    return [*going, *(_line(*row, day) for row in session.execute(ended))]


def detail(session: Session, slip: Slip, member: StaffMember, today: date | None = None) -> Line:
    """One slip with what was passed on, what happened, and what this member may do with it."""
    ticket = session.get_one(Ticket, slip.ticket_id)
    may = member.may(Role.DESK) and member.place_id == slip.place_id
    return {
        **_line(slip, ticket, today or china_today()),
        "request": slip.request,
        "passed_on": slip.passed_on or None,
        "result": slip.result if slip.state == SlipState.done else None,
        "reason_text": slip.result if slip.state == SlipState.returned else None,
        "events": _events(session, slip),
        "deeds": [deed.value for deed in possible(SlipState(slip.state))] if may else [],
        "reasons": [{"id": one.value, "name": reason_name(one)} for one in Reason] if may else [],
    }


def state_of(
    session: Session, ticket_ids: Iterable[int], today: date | None = None
) -> dict[int, Line]:
    """The last slip of each ticket that has one: number, place, state, and whether overdue.

    One query for all of a list's tickets; for staff only.
    """
    newest = (
        select(func.max(Slip.id))
        .where(Slip.ticket_id.in_(list(ticket_ids)))
        .group_by(Slip.ticket_id)
    )
    day, found = today or china_today(), {}
    for slip in session.scalars(select(Slip).where(Slip.id.in_(newest))):
        due = due_of(slip, day)
        found[slip.ticket_id] = {
            "number": slip.number,
            "place": slip.place_name,
            "state": slip.state,
            "state_name": state_name(slip.state),
            "overdue": due.overdue,
            "due_text": due.text,
        }
    return found


def due_of(slip: Slip, today: date) -> Due:
    """What the desk is to do by when."""
    state = SlipState(slip.state)
    day = due_on(state, slip.sent_at, slip.said_at, deadlines())
    overdue = is_overdue(day, today)
    return Due(day, overdue, due_in_words(state, day, overdue=overdue))


def last_event(session: Session, slip: Slip) -> SlipEvent | None:
    """What happened to it last."""
    query = select(SlipEvent).where(SlipEvent.slip_id == slip.id)
    return session.scalars(query.order_by(SlipEvent.id.desc()).limit(1)).first()


def names_of(session: Session, usernames: Iterable[str]) -> dict[str, str]:
    """What colleagues call each of these accounts."""
    query = select(Account.username, Account.name).where(Account.username.in_(set(usernames)))
    return {row[0]: row[1] for row in session.execute(query)}


def _line(slip: Slip, ticket: Ticket, today: date) -> Line:
    due = due_of(slip, today)
    return {
        "number": slip.number,
        "number_shown": number_shown(slip.number),
        "ticket": ticket.number,
        "city": slip.city_id,
        "service": slip.service,
        "service_name": service_name(slip.service),
        "matter_name": matter_name(ticket.matter),
        "urgent": ticket.urgent,
        "place": {"id": slip.place_id, "name": slip.place_name},
        "state": slip.state,
        "state_name": state_name(slip.state),
        "due": due.day.isoformat() if due.day else None,
        "overdue": due.overdue,
        "due_text": due.text,
        "rule": slip.rule,
        "sent_at": iso(slip.sent_at),
        "received_at": _iso(slip.received_at),
        "said_at": _iso(slip.said_at),
        "done_at": _iso(slip.done_at),
        "handler": slip.handler_name,
        "reason": slip.reason,
        "reason_name": reason_name(slip.reason) if slip.reason else None,
    }


def _events(session: Session, slip: Slip) -> list[Line]:
    query = select(SlipEvent).where(SlipEvent.slip_id == slip.id).order_by(SlipEvent.id)
    events = list(session.scalars(query))
    actors = names_of(session, (event.actor for event in events))
    return [
        {
            "at": iso(event.at),
            "state": event.after,
            "name": state_name(event.after),
            "text": (
                reason_line(slip.reason, event.text)
                if event.after == SlipState.returned and slip.reason
                else event.text
            ),
            "actor": actors.get(event.actor, event.actor),
        }
        for event in events
    ]


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
