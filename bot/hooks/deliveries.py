"""The table of what goes out: at least once, one process at a time, under one id for ever.

Whoever leases a delivery moves its next try behind the time that one attempt can take, by compare
and set: of two processes one gets it, and one that is killed loses it to the next by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Update

from bot.hooks.states import Settled
from bot.hooks.systems import system_of
from bot.hooks.tables import HookDelivery
from bot.tables import Ticket, TicketEvent
from bot.tickets.states import Event
from bot.words import words

# longer than one attempt can take (bot.hooks.sending)
LEASE = timedelta(seconds=60)
LOOKED_AT = 10


@dataclass(frozen=True)
class Leased:
    """A delivery that is ours until `until`; `attempts` with this one."""

    id: int
    delivery: str
    body: dict[str, Any]
    made_at: datetime
    attempts: int
    until: datetime


def lease(session: Session, key: str, now: datetime) -> Leased | None:
    """The next delivery of a system that is due; None: there is none, or others have them all."""
    until = now + LEASE
    query = (
        select(HookDelivery)
        .where(
            HookDelivery.system == key,
            HookDelivery.settled_at.is_(None),
            HookDelivery.next_try_at <= now,
        )
        .order_by(HookDelivery.next_try_at, HookDelivery.id)
        .limit(LOOKED_AT)
    )
    for row in session.scalars(query).all():
        attempts, agreed = row.attempts + 1, _still_agreed(session, row)
        ours = (
            update(HookDelivery)
            .where(
                HookDelivery.id == row.id,
                HookDelivery.settled_at.is_(None),
                HookDelivery.next_try_at == row.next_try_at,
            )
            .values(next_try_at=until, attempts=attempts, body=agreed)
        )
        if _changed(session, ours):
            return Leased(row.id, row.delivery, agreed, row.made_at, attempts, until)
    return None


def _still_agreed(session: Session, row: HookDelivery) -> dict[str, Any]:
    """The body, without a telephone number that the resident has taken back meanwhile."""
    ticket = session.get(Ticket, row.ticket_id) if row.ticket_id else None
    if row.body.get("contact") and not (ticket and ticket.contact and ticket.contact_safe):
        return {**row.body, "contact": None}
    return row.body


def later(session: Session, leased: Leased, at: datetime, error: str) -> bool:
    """It did not go; again then. Nothing when somebody else has taken it over since."""
    again = (
        update(HookDelivery)
        .where(
            HookDelivery.id == leased.id,
            HookDelivery.settled_at.is_(None),
            HookDelivery.next_try_at == leased.until,
        )
        .values(next_try_at=at, error=error)
    )
    return _changed(session, again)


def settle(session: Session, row_id: int, how: Settled, now: datetime, error: str | None) -> bool:
    """The end of it, said on the ticket; False when it had ended already.

    What was agreed to has been passed on, or will not be: its words are not kept a second time.
    """
    row = session.get(HookDelivery, row_id)
    end = (
        update(HookDelivery)
        .where(HookDelivery.id == row_id, HookDelivery.settled_at.is_(None))
        .values(settled=how, settled_at=now, error=error, body={})
    )
    if row is None or not _changed(session, end):
        return False
    if row.ticket_id:
        text = words("tickets")["exchange"]
        name = text["systems"][system_of(row.system)]
        session.add(
            TicketEvent(
                ticket_id=row.ticket_id,
                at=now,
                kind=Event.noted,
                text=text[how].format(system=name),
                actor="system",
            )
        )
    return True


def abandon(session: Session, served: Collection[str], now: datetime) -> int:
    """Give up what waits for a system that is no longer there; how many that were."""
    query = select(HookDelivery.id).where(
        HookDelivery.settled_at.is_(None), HookDelivery.system.not_in(served)
    )
    gone = session.scalars(query).all()
    return sum(settle(session, row_id, Settled.given_up, now, "switched off") for row_id in gone)


def _changed(session: Session, statement: Update) -> bool:
    done = session.execute(statement.execution_options(synchronize_session=False))
    return cast(CursorResult[Any], done).rowcount == 1
