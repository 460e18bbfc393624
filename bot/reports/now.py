"""How it stands just now: what the live board shows, read in a handful of bounded queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from bot.accounts.tables import Account
from bot.callbacks.booking import is_overdue
from bot.callbacks.states import CallbackState
from bot.callbacks.tables import Callback
from bot.clock import china_day
from bot.duty import sla
from bot.duty.presence import is_present
from bot.duty.sla import Standing
from bot.duty.staffing import is_operator
from bot.duty.tables import Duty
from bot.follow_ups.states import State as FollowUpState
from bot.follow_ups.tables import FollowUp
from bot.reports.figures import Hours, Share, first_reply
from bot.reports.opponents import Many, against, many_against_one
from bot.reports.period import midnight
from bot.reports.rows import COLUMNS, TicketRow, duty_hours
from bot.slips.board import due_of
from bot.slips.states import LIVE, SlipState
from bot.slips.tables import Slip
from bot.tables import Ticket
from bot.tickets.states import TicketState
from bot.tickets.summary import NOT_URGENT
from knowledge.atlas import Atlas

SHOWN = 20  # of each list
READ = 5000  # rows that are looked at one by one
UNSETTLED = (TicketState.waiting, TicketState.taken, TicketState.open)


@dataclass(frozen=True)
class Wait:
    """One resident who waits for a person."""

    number: str
    city_id: str
    region_id: str | None
    matter: str | None
    urgent: str
    since: datetime
    # in duty hours
    waited: timedelta
    standing: Standing


@dataclass(frozen=True)
class Asked:
    """A ticket on which somebody asks for another pair of eyes: escalated | second."""

    kind: str
    number: str
    # who has it, and of a second opinion who has been asked
    owner: str
    asked: str | None
    since: datetime | None


@dataclass(frozen=True)
class OperatorNow:
    """One operator today. `presence` is on, away, off, or lost: on, but the console is silent."""

    name: str
    presence: str
    talking: int
    closed_today: int
    first_reply: Share


@dataclass(frozen=True)
class Board:
    """Everything on it; counts by their keys in the page's content."""

    at: datetime
    counts: dict[str, int]
    longest: timedelta | None
    waits: Sequence[Wait]
    asked: Sequence[Asked]
    operators: Sequence[OperatorNow]
    opponents: Sequence[Many]


def board(
    session: Session, atlas: Atlas, city_id: str | None, now: datetime, within: timedelta
) -> Board:
    """Of one city, or of all; `within`: how lately the console of who is present was heard of."""
    hours = duty_hours(session)
    waits = _waits(session, city_id, hours, now)
    operators = _operators(session, city_id, hours, now, within)
    many = many_against_one(against(session, city_id, now), atlas)
    by_standing = Counter(wait.standing for wait in waits)
    counts = {
        "waiting": len(waits),
        "soon": by_standing[Standing.soon],
        "broken": by_standing[Standing.broken],
        "urgent": sum(wait.urgent != NOT_URGENT for wait in waits),
        "escalated": _count(session, city_id, Ticket.escalated_at.is_not(None)),
        "second": _count(session, city_id, Ticket.second_id.is_not(None)),
        **_slips(session, city_id, now),
        **_callbacks(session, city_id, now),
        "follow_ups": _follow_ups(session, city_id, now),
        "unowned": _count(session, city_id, unowned()),
        "present": sum(one.presence == "on" for one in operators),
    }
    return Board(
        now,
        counts,
        max((wait.waited for wait in waits), default=None),
        waits[:SHOWN],
        _asked(session, city_id),
        operators,
        many,
    )


def unowned() -> ColumnElement[bool]:
    """A ticket that nobody has, or for which nobody answers: there must be none."""
    return or_(
        Ticket.owner_desk.is_(None) & Ticket.owner_id.is_(None),
        Ticket.responsible_desk.is_(None) & Ticket.responsible_id.is_(None),
    )


def _theirs(city_id: str | None) -> list[ColumnElement[bool]]:
    return [] if city_id is None else [Ticket.city_id == city_id]


def _waits(session: Session, city_id: str | None, hours: Hours, now: datetime) -> list[Wait]:
    """Who waits: the latest first by their clock, the urgent before the others."""
    query = select(
        Ticket.number, Ticket.city_id, Ticket.region_id, Ticket.matter, Ticket.urgent,
        func.coalesce(Ticket.waiting_since, Ticket.opened_at), Ticket.taken_at,
    ).where(Ticket.state == TicketState.waiting, *_theirs(city_id))  # fmt: skip
    found = []
    for number, city, region, matter, urgent, came, taken in session.execute(query.limit(READ)):
        weekly, pressing = hours.get(city), urgent != NOT_URGENT
        since = max(came, taken or came)  # who was passed on keeps the place, and waits anew
        found.append(
            Wait(
                number, city, region, matter, urgent, since,
                sla.elapsed(since, now, weekly),
                sla.standing(pressing, since, now, weekly),
            )
        )  # fmt: skip
    order = {Standing.broken: 0, Standing.soon: 1, Standing.ok: 2}
    return sorted(
        found,
        key=lambda one: (one.urgent == NOT_URGENT, order[one.standing], one.since, one.number),
    )


def _count(session: Session, city_id: str | None, condition: ColumnElement[bool]) -> int:
    """Tickets that are not closed."""
    query = select(func.count()).where(Ticket.state.in_(UNSETTLED), condition, *_theirs(city_id))
    return session.scalar(query) or 0


def _asked(session: Session, city_id: str | None) -> list[Asked]:
    """What supervisors are asked to look at first, then second opinions."""
    query = (
        select(
            Ticket.number, Ticket.owner_name, Ticket.owner_desk, Ticket.escalated_at,
            Ticket.second_name,
        )
        .where(
            Ticket.state.in_(UNSETTLED),
            or_(Ticket.escalated_at.is_not(None), Ticket.second_id.is_not(None)),
            *_theirs(city_id),
        )
        .order_by(Ticket.escalated_at.is_(None), Ticket.escalated_at, Ticket.id)
        .limit(SHOWN)
    )  # fmt: skip
    return [
        Asked(
            "escalated" if escalated_at else "second", number, name or desk or "",
            None if escalated_at else second, escalated_at,
        )
        for number, name, desk, escalated_at, second in session.execute(query)
    ]  # fmt: skip


def _slips(session: Session, city_id: str | None, now: datetime) -> dict[str, int]:
    """Slips that came back and whose ticket is still open; slips whose desk is late."""
    theirs = [] if city_id is None else [Slip.city_id == city_id]
    returned = (
        select(func.count())
        .select_from(Slip)
        .join(Ticket, Ticket.id == Slip.ticket_id)
        .where(Slip.state == SlipState.returned, Ticket.state != TicketState.closed, *theirs)
    )
    live = select(Slip).where(Slip.state.in_(LIVE), *theirs).order_by(Slip.id).limit(READ)
    today = china_day(now)
    overdue = sum(due_of(slip, today).overdue for slip in session.scalars(live))
    return {"slips_returned": session.scalar(returned) or 0, "slips_overdue": overdue}


def _callbacks(session: Session, city_id: str | None, now: datetime) -> dict[str, int]:
    """Calls promised for today that are not over yet, and those whose half-day has passed."""
    today = china_day(now)
    query = (
        select(Callback)
        .where(Callback.state == CallbackState.booked, Callback.day <= today)
        .limit(READ)
    )
    if city_id is not None:
        query = query.where(Callback.city_id == city_id)
    late = [is_overdue(one, now) for one in session.scalars(query)]
    return {"callbacks_today": late.count(False), "callbacks_overdue": late.count(True)}


def _follow_ups(session: Session, city_id: str | None, now: datetime) -> int:
    """Follow-ups whose day has passed and which no supervisor has closed."""
    query = select(func.count()).where(
        FollowUp.state != FollowUpState.closed, FollowUp.due_on < china_day(now)
    )
    if city_id is not None:
        query = query.where(FollowUp.city_id == city_id)
    return session.scalar(query) or 0


def _operators(
    session: Session, city_id: str | None, hours: Hours, now: datetime, within: timedelta
) -> list[OperatorNow]:
    """Operators who have been on duty or have had tickets today; who is there first."""
    start = midnight(china_day(now))
    talking = _by_owner(session, city_id, TicketState.taken)
    # by time alone: that is what there is an index for
    closed = _by_owner(session, city_id, TicketState.closed, Ticket.closed_at >= start)
    asked = _first_asked(session, city_id, start)
    duties = {duty.account_id: duty for duty in session.scalars(select(Duty))}
    query = select(Account).where(Account.disabled_at.is_(None))
    if city_id is not None:
        query = query.where(or_(Account.city_id.is_(None), Account.city_id == city_id))
    found = []
    for account in session.scalars(query):
        if not is_operator(account.roles):
            continue
        mine, duty = asked.get(account.id, []), duties.get(account.id)
        if duty is None and not (talking[account.id] or closed[account.id] or mine):
            continue
        found.append(
            OperatorNow(
                account.name,
                _presence(duty, now, within),
                talking[account.id],
                closed[account.id],
                first_reply(mine, hours, now),
            )
        )
    order = {"on": 0, "lost": 1, "away": 2, "off": 3}
    return sorted(found, key=lambda one: (order.get(one.presence, 4), one.name))


def _presence(duty: Duty | None, now: datetime, within: timedelta) -> str:
    if duty is None:
        return "off"
    if duty.state == "on" and not is_present(duty, now, within):
        return "lost"
    return duty.state


def _by_owner(
    session: Session, city_id: str | None, state: TicketState, *since: ColumnElement[bool]
) -> Counter[str | None]:
    """How many tickets in this state each operator has."""
    query = select(Ticket.owner_id, Ticket.state, func.count()).where(
        Ticket.owner_id.is_not(None), *(since or (Ticket.state == state,)), *_theirs(city_id)
    )
    counted: Counter[str | None] = Counter()
    for owner, found, n in session.execute(query.group_by(Ticket.owner_id, Ticket.state)):
        counted[owner] += n if found == state else 0
    return counted


def _first_asked(
    session: Session, city_id: str | None, start: datetime
) -> dict[str, list[TicketRow]]:
    """Today's tickets by who was asked first; of those that a desk answers for, by who has them."""
    who = func.coalesce(Ticket.responsible_id, Ticket.owner_id)
    query = (
        select(who, *COLUMNS)
        .where(
            Ticket.opened_at >= start,
            Ticket.queued_at.is_not(None),
            who.is_not(None),
            Ticket.merged_into.is_(None),
            *_theirs(city_id),
        )
        .limit(READ)
    )
    found: dict[str, list[TicketRow]] = defaultdict(list)
    rows: Iterable[Sequence[object]] = session.execute(query)
    for owner, *columns in rows:
        if isinstance(owner, str):
            found[owner].append(TicketRow(*columns))  # type: ignore[arg-type]
    return found
