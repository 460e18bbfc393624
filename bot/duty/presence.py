"""Who is on duty: what they said, and whether their console has been heard of lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.orm import Session

from bot.duty.held import held
from bot.duty.tables import Duty

AT_ONCE = 3  # conversations of one operator, until somebody says otherwise
MOST_AT_ONCE = 20
NEVER = datetime(2000, 1, 1)  # noqa: DTZ001  (naive, as stored)


class Presence(StrEnum):
    """What an operator says of themselves; every one may follow every other."""

    on = "on"  # tickets are offered to them
    away = "away"  # back soon: nothing new
    off = "off"  # gone home, or logged out


def seen(session: Session, account_id: str, now: datetime) -> None:
    """An operator's console is open: whoever opens it is on duty, unless they said otherwise."""
    row = of(session, account_id, now)
    row.seen_at = max(row.seen_at, now)
    if not row.own_word and row.state != Presence.on:
        row.state, row.since = Presence.on, now


def say(session: Session, account_id: str, state: Presence, now: datetime) -> Duty:
    """An operator's own word, which stays until they say otherwise or log out."""
    row = of(session, account_id, now)
    if row.state != state:
        row.state, row.since = state, now
    row.own_word = state is not Presence.on
    if state is Presence.on:  # who says so is there, also before the console is heard of again
        row.seen_at = max(row.seen_at, now)
    return row


def leave(session: Session, account_id: str, now: datetime) -> None:
    """Logged out: off duty, until the console is opened again."""
    session.execute(
        update(Duty)
        .where(Duty.account_id == account_id)
        .values(state=Presence.off, own_word=False, since=now)
    )


def of(session: Session, account_id: str, now: datetime) -> Duty:
    """An operator's row, held until the transaction ends; made at the first look."""
    return held(
        session,
        Duty,
        account_id,
        lambda: Duty(
            account_id=account_id,
            state=Presence.off,
            own_word=False,
            since=now,
            seen_at=NEVER,
            last_offer_at=None,
            at_once=AT_ONCE,
            skills=[],
            regions=[],
        ),
    )


def is_present(duty: Duty, now: datetime, within: timedelta) -> bool:
    """On duty, and the console was heard of lately."""
    return duty.state == Presence.on and duty.seen_at >= now - within


def present(now: datetime, within: timedelta) -> ColumnElement[bool]:
    """The same, as a condition."""
    return and_(Duty.state == Presence.on, Duty.seen_at >= now - within)
