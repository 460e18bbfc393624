"""一单一评 where there is no chat: the operator asks on the telephone or at the counter.

Also for the slip of such a ticket, once its desk is done: whoever tells the caller asks.
"""

from __future__ import annotations

import uuid
from enum import StrEnum

from sqlalchemy import select

from bot.follow_ups import opening
from bot.gateway.danger import endangered
from bot.gateway.ledger import WITHOUT_CHAT, Actor, Ledger
from bot.slips.tables import Slip
from bot.tables import Rating, Ticket
from bot.tickets.desk import Refused
from bot.tickets.states import Event, platform_of
from bot.words import words

SLIP = "slip"
SLIP_DONE = "done"


class Score(StrEnum):
    """What the caller said; declined: was asked, and would rather not say."""

    satisfied = "satisfied"
    fair = "fair"
    dissatisfied = "dissatisfied"
    declined = "declined"


def record(
    ledger: Ledger, ticket: Ticket, operator: Actor, score: Score, *, slip: bool = False
) -> Rating:
    """Keep what was said, once; 不满意 opens a follow-up. Raises Refused.

    A rating that was declined has a time and no score, so no rate counts it.
    """
    if ticket.channel not in WITHOUT_CHAT:
        raise Refused("rating_in_chat")
    if ticket.owner_id != operator.id:
        raise Refused("ticket_taken", owner=ticket.owner_name or ticket.owner_desk or "")
    if endangered(ledger.conversation.understood):
        raise Refused("rating_in_danger")
    ending = SLIP if slip else ticket.channel
    if slip and not _slip_is_done(ledger, ticket):
        raise Refused("rating_without_slip")
    query = select(Rating).where(Rating.ticket_id == ticket.id, Rating.ending == ending)
    if ledger.session.scalar(query) is not None:
        raise Refused("rated_already")
    declined = score is Score.declined
    rating = Rating(
        id=uuid.uuid4().hex[:16],
        conversation_id=ledger.conversation.id,
        ticket_id=ticket.id,
        city_id=ticket.city_id,
        ending=ending,
        platform=platform_of("counter" if slip else ticket.channel),
        offered_at=ledger.now,
        score=None if declined else score,
        rated_at=ledger.now,
    )
    ledger.session.add(rating)
    ledger.session.flush()
    text = words("tickets")["declined"] if declined else words("replies")["rating"]["scores"][score]
    ledger.note(ticket, Event.rated, operator, text)
    if score is Score.dissatisfied:
        opening.after_rating(ledger, rating)
    return rating


def _slip_is_done(ledger: Ledger, ticket: Ticket) -> bool:
    query = select(Slip.id).where(Slip.ticket_id == ticket.id, Slip.state == SLIP_DONE)
    return ledger.session.scalar(query.limit(1)) is not None
