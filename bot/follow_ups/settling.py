"""What is done to a follow-up: a result is written, a supervisor closes it or opens it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.follow_ups.states import Kind, Move, State, WrongMove, moved
from bot.follow_ups.tables import FollowUp
from bot.tables import TicketEvent
from bot.tickets.desk import Refused
from bot.tickets.states import Event
from bot.words import words
from knowledge.text import visible as seen_text

LONGEST = 1000
# a move that came too late, and why by the state that it found
_TOO_LATE = {
    State.open: "follow_up_open",
    State.answered: "follow_up_answered",
    State.closed: "follow_up_closed",
}


class NoSuchFollowUp(Exception):
    """There is none with this number, or it is not this member's to see."""


class Incomplete(Exception):
    """Something has to be said with it. `field` is result, upheld or reason."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True)
class Deed:
    """What somebody does; `seen` is the state that they saw when they decided (None: any)."""

    move: Move
    result: str = ""
    upheld: bool | None = None
    reason: str = ""
    seen: State | None = None


def visible(member: StaffMember) -> list[ColumnElement[bool]]:
    """Which follow-ups a member may see, as conditions.

    A supervisor: all of their city. An operator: those they own, and ratings that nobody in person
    answers for; never a complaint, which may be about a colleague.
    """
    conditions: list[ColumnElement[bool]] = []
    if member.city_id is not None:
        conditions.append(FollowUp.city_id == member.city_id)
    if not member.may(Role.SUPERVISOR):
        of_the_desk = FollowUp.owner_id.is_(None) & (FollowUp.kind == Kind.dissatisfied)
        conditions.append((FollowUp.owner_id == member.account_id) | of_the_desk)
    return conditions


def settle(
    session: Session, member: StaffMember, follow_up_id: int, deed: Deed, now: datetime
) -> FollowUp:
    """Do it, with its audit row and the ticket's event.

    Raises NoSuchFollowUp, Incomplete, and Refused (who was first) when it is not as it was.
    """
    query = select(FollowUp).where(FollowUp.id == follow_up_id, *visible(member))
    row = session.scalar(query.with_for_update())
    if row is None:
        raise NoSuchFollowUp(follow_up_id)
    before = State(row.state)
    try:
        after = moved(before, deed.move)
    except WrongMove:
        raise _too_late(session, row) from None
    if deed.seen is not None and deed.seen is not before:
        raise _too_late(session, row)
    _DEEDS[deed.move](row, member, deed, now)
    row.state = after
    detail = {"kind": row.kind, "before": before, "upheld": row.upheld}
    audit.record(session, member, f"follow_up.{deed.move}", "follow_up", row.id, detail)
    if row.ticket_id is not None:
        session.add(_event(row, member, deed, now))
    return row


def _event(row: FollowUp, member: StaffMember, deed: Deed, now: datetime) -> TicketEvent:
    """On the ticket; of a complaint only that something was done: who it is about may read it."""
    text = words("tickets")["follow_up_moves"][deed.move]
    kind = Event.complained
    if row.kind == Kind.dissatisfied:
        kind = Event.followed_up
        text = f"{text}：{row.reason if deed.move is Move.reopen else row.result}"
    return TicketEvent(ticket_id=row.ticket_id, at=now, kind=kind, text=text, actor=member.username)


def _answer(row: FollowUp, member: StaffMember, deed: Deed, now: datetime) -> None:
    row.result = _said(deed.result, "result")
    row.answered_at, row.answered_by = now, member.username


def _close(row: FollowUp, member: StaffMember, deed: Deed, now: datetime) -> None:
    """With a result, the one that stands there or another; a complaint also with a yes or no."""
    row.result = _said(deed.result or row.result or "", "result")
    if row.kind == Kind.complaint and deed.upheld is None:
        raise Incomplete("upheld")
    row.upheld = deed.upheld if row.kind == Kind.complaint else None
    row.closed_at, row.closed_by = now, member.username


def _reopen(row: FollowUp, member: StaffMember, deed: Deed, now: datetime) -> None:
    """The result stays to be read; nothing of it stands any more."""
    row.reason = _said(deed.reason, "reason")
    row.reopened_by, row.upheld = member.username, None
    row.answered_at = row.answered_by = row.closed_at = row.closed_by = None


_DEEDS = {Move.answer: _answer, Move.close: _close, Move.reopen: _reopen}


def _said(text: str, field: str) -> str:
    text = text.strip()
    if not seen_text(text):
        raise Incomplete(field)
    return text[:LONGEST]


def _too_late(session: Session, row: FollowUp) -> Refused:
    """Who was first, by name."""
    state = State(row.state)
    first = {
        State.open: row.reopened_by, State.answered: row.answered_by, State.closed: row.closed_by,
    }[state]  # fmt: skip
    if first is None:
        return Refused("follow_up_untouched")
    name = session.scalar(select(Account.name).where(Account.username == first))
    return Refused(_TOO_LATE[state], owner=name or first)
