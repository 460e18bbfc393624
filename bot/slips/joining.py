"""Two tickets become one: the slips of the one that ends go on with the other."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.slips.states import ACCEPTED
from bot.slips.tables import Slip
from bot.tables import Ticket


def goes_along(session: Session, ticket: Ticket, target: Ticket) -> None:
    """The slips keep their numbers; a desk that has accepted one answers for the other ticket."""
    slips = list(session.scalars(select(Slip).where(Slip.ticket_id == ticket.id)))
    accepted = [slip for slip in slips if slip.state in ACCEPTED]
    kept = session.scalars(
        select(Slip).where(Slip.ticket_id == target.id, Slip.received_at.is_not(None))
    ).first()
    first = (
        (kept.first_desk, kept.first_id, kept.first_name)
        if kept
        else (target.responsible_desk, target.responsible_id, target.responsible_name)
    )
    for slip in slips:
        slip.ticket_id = target.id
        if slip.received_at is not None:
            slip.first_desk, slip.first_id, slip.first_name = first
    if accepted:
        last = max(accepted, key=lambda slip: (slip.received_at or slip.sent_at, slip.id))
        target.responsible_desk = last.place_name
        target.responsible_id = target.responsible_name = None
