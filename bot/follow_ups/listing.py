"""Follow-ups as supervisors and operators read them, and how many there are of what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.clock import iso
from bot.follow_ups.providers import providers
from bot.follow_ups.settling import visible
from bot.follow_ups.states import TRANSITIONS, Kind, Move, State
from bot.follow_ups.tables import FollowUp
from bot.follow_ups.terms import clock
from bot.tables import Rating, Ticket
from bot.tickets.number import shown
from bot.tickets.summary import NOT_URGENT
from knowledge.catalogue import Catalogue

AT_MOST = 200
CLOSED_AT_MOST = 50  # beside those that are not closed
Line = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What is asked for; None: whatever."""

    kind: Kind | None = None
    state: State | None = None
    platform: str | None = None
    provider: str | None = None
    mine: bool = False


@dataclass(frozen=True)
class Count:
    """Complaints of one kind of provider, and what supervisors decided."""

    n: int
    upheld: int
    not_upheld: int


@dataclass(frozen=True)
class Figures:
    """All follow-ups that a member may see, and those past their day; `closed` of `n`."""

    n: int
    closed: int
    overdue: int
    dissatisfied: int
    # by kind of provider, in their order; without those of which nobody complains
    complaints: dict[str, Count]

    @property
    def share(self) -> float | None:
        """Closed ÷ all, 0 to 1; None: there is none."""
        return self.closed / self.n if self.n else None


def lines(
    session: Session, catalogue: Catalogue, member: StaffMember, wanted: Wanted, today: date
) -> list[Line]:
    """What is not closed, the first due first; then what was closed, the last first."""
    conditions = [*visible(member), *_asked(wanted, member)]
    live: list[Any] = []
    if wanted.state is not State.closed:
        rank = case((FollowUp.state == State.open, 0), else_=1)
        query = _rows(conditions).where(FollowUp.state != State.closed)
        live += session.execute(
            query.order_by(rank, FollowUp.due_on, FollowUp.id).limit(AT_MOST)
        ).all()
    if wanted.state in (None, State.closed):
        query = _rows(conditions).where(FollowUp.state == State.closed)
        most = AT_MOST if wanted.state is State.closed else CLOSED_AT_MOST
        live += session.execute(
            query.order_by(FollowUp.closed_at.desc(), FollowUp.id.desc()).limit(most)
        ).all()
    names = _names(session, (row[0] for row in live))
    return [
        _line(catalogue, member, names, today, follow_up, ticket, rating)
        for follow_up, ticket, rating in live
    ]


def line(
    session: Session, catalogue: Catalogue, member: StaffMember, follow_up_id: int, today: date
) -> Line:
    """One of them, as it is now; the caller knows that the member may see it."""
    query = _rows([FollowUp.id == follow_up_id])
    follow_up, ticket, rating = session.execute(query).one()
    names = _names(session, [follow_up])
    return _line(catalogue, member, names, today, follow_up, ticket, rating)


def figures(session: Session, member: StaffMember, today: date) -> Figures:
    """Counts of everything that a member may see, whatever is filtered."""
    open_ones = FollowUp.state != State.closed
    total = select(
        func.count(),
        func.count(case((FollowUp.state == State.closed, 1))),
        func.count(case((open_ones & (FollowUp.due_on < today), 1))),
        func.count(case((FollowUp.kind == Kind.dissatisfied, 1))),
    ).where(*visible(member))
    n, closed, overdue, dissatisfied = session.execute(total).one()
    by_provider = (
        select(
            FollowUp.provider,
            func.count(),
            func.count(case((FollowUp.upheld.is_(True), 1))),
            func.count(case((FollowUp.upheld.is_(False), 1))),
        )
        .where(FollowUp.kind == Kind.complaint, *visible(member))
        .group_by(FollowUp.provider)
    )
    counted = {row[0]: Count(*row[1:]) for row in session.execute(by_provider)}
    complaints = {key: counted[key] for key in providers() if key in counted}
    return Figures(n, closed, overdue, dissatisfied, complaints)


def _asked(wanted: Wanted, member: StaffMember) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (FollowUp.kind, wanted.kind),
            (FollowUp.state, wanted.state),
            (FollowUp.platform, wanted.platform),
            (FollowUp.provider, wanted.provider),
        )
        if value is not None
    ]
    if wanted.mine:
        conditions.append(FollowUp.owner_id == member.account_id)
    return conditions


def _rows(
    conditions: Iterable[ColumnElement[bool]],
) -> Select[FollowUp, Ticket, Rating]:
    """With its ticket and rating, where there are such."""
    return (
        select(FollowUp, Ticket, Rating)
        .outerjoin(Ticket, FollowUp.ticket_id == Ticket.id)
        .outerjoin(Rating, FollowUp.rating_id == Rating.id)
        .where(*conditions)
    )


def _names(session: Session, rows: Iterable[FollowUp]) -> dict[str, str]:
    """User name → what colleagues call them."""
    users = {
        user for row in rows for user in (row.answered_by, row.closed_by, row.reopened_by) if user
    }
    query = select(Account.username, Account.name).where(Account.username.in_(users))
    return {row[0]: row[1] for row in session.execute(query)}


def _line(
    catalogue: Catalogue,
    member: StaffMember,
    names: dict[str, str],
    today: date,
    row: FollowUp,
    ticket: Ticket | None,
    rating: Rating | None,
) -> Line:
    state = State(row.state)
    standing = clock(state, row.due_on, today)
    return {
        "id": row.id,
        "kind": row.kind,
        "state": state,
        "platform": row.platform,
        "provider": row.provider,
        "provider_name": providers().get(row.provider or "", row.provider),
        "city": row.city_id,
        "city_name": catalogue.atlas.cities[row.city_id].short,
        "ticket": {"number": ticket.number, "number_shown": shown(ticket.number)}
        if ticket
        else None,
        "ending": rating.ending if rating else None,
        "text": row.text,
        "opened_at": iso(row.opened_at),
        "due_on": row.due_on.isoformat(),
        "standing": standing.standing,
        "days": standing.days,
        "owner": {
            "kind": "person" if row.owner_id else "desk",
            "name": row.owner_name,
            "mine": row.owner_id is not None and row.owner_id == member.account_id,
        },
        # nobody calls or writes to them because of this
        "endangered": row.endangered or (ticket is not None and ticket.urgent != NOT_URGENT),
        "result": row.result,
        "answered_at": _iso(row.answered_at),
        "answered_by": _name(names, row.answered_by),
        "upheld": row.upheld,
        "closed_at": _iso(row.closed_at),
        "closed_by": _name(names, row.closed_by),
        "reason": row.reason,
        "reopened_by": _name(names, row.reopened_by),
        "may": _may(member, state),
    }


def _may(member: StaffMember, state: State) -> list[Move]:
    """What a member may do with it now."""
    supervisor = member.may(Role.SUPERVISOR)
    return [
        move
        for before, move in TRANSITIONS
        if before is state and (supervisor or move is Move.answer)
    ]


def _name(names: dict[str, str], user: str | None) -> str | None:
    return names.get(user, user) if user else None


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
