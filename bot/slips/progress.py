"""业务进展: what a resident is told of the slip of their ticket."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.slips.states import LIVE
from bot.slips.tables import Slip
from bot.slips.words import WORDS
from bot.tables import Ticket


def told_of(session: Session, ticket: Ticket) -> str | None:
    """For the resident's own conversation: to which desk, and how far it is."""
    slip = _last(session, ticket)
    if slip is None:
        return None
    text = WORDS.words["resident"]
    state = text["states"][slip.state]
    return str(text["progress"]).format(desk=slip.place_name, state=state)


def told_to_others(session: Session, ticket: Ticket) -> str | None:
    """For whoever has the number alone: that it is being worked on, not where."""
    slip = _last(session, ticket)
    if slip is None or slip.state not in LIVE:
        return None
    return str(WORDS.words["resident"]["others"])


def _last(session: Session, ticket: Ticket) -> Slip | None:
    query = select(Slip).where(Slip.ticket_id == ticket.id).order_by(Slip.id.desc()).limit(1)
    return session.scalars(query).first()
