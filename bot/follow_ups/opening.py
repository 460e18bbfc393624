"""A follow-up comes into being: with a rating of 不满意, or with a complaint.

Both happen with the conversation held, in the transaction of what led to them.
"""

from __future__ import annotations

from sqlalchemy import select

from bot.clock import china_day
from bot.follow_ups.states import Kind, State
from bot.follow_ups.tables import FollowUp
from bot.follow_ups.terms import working_days
from bot.gateway.danger import endangered
from bot.gateway.ledger import SYSTEM, Actor, Ledger
from bot.tables import Rating, Ticket
from bot.tickets.states import Event, duty_desk, platform_of
from bot.tickets.summary import NOT_URGENT
from knowledge.workdays import working_days_after


def after_rating(ledger: Ledger, rating: Rating) -> FollowUp:
    """Somebody was not satisfied: whoever answers for the ticket says what came of it.

    One a rating, however often it is asked for.
    """
    known = of_rating(ledger, rating)
    if known is not None:
        return known
    ticket = ledger.session.get_one(Ticket, rating.ticket_id) if rating.ticket_id else None
    row = _row(ledger, Kind.dissatisfied, rating.platform, ticket)
    row.city_id, row.rating_id = rating.city_id, rating.id
    if ticket is not None:
        row.owner_id = ticket.responsible_id
        row.owner_name = ticket.responsible_name or ticket.responsible_desk or duty_desk()
        ledger.note(ticket, Event.followed_up, SYSTEM)
    return _added(ledger, row)


def of_rating(ledger: Ledger, rating: Rating) -> FollowUp | None:
    """The follow-up that a rating has led to."""
    return ledger.session.scalar(select(FollowUp).where(FollowUp.rating_id == rating.id))


def complaint(ledger: Ledger, ticket: Ticket, provider: str, text: str, by: Actor) -> FollowUp:
    """A complaint of a kind of provider.

    The duty desk has it, not whoever answers for the ticket: they may be who is complained of.
    """
    row = _row(ledger, Kind.complaint, platform_of(ticket.channel), ticket)
    row.provider, row.text = provider, text
    ledger.note(ticket, Event.complained, by)
    return _added(ledger, row)


def _row(ledger: Ledger, kind: Kind, platform: str, ticket: Ticket | None) -> FollowUp:
    """Everything but what its kind adds."""
    in_danger = endangered(ledger.conversation.understood)
    return FollowUp(
        kind=kind,
        city_id=ledger.conversation.city_id if ticket is None else ticket.city_id,
        ticket_id=ticket.id if ticket else None,
        rating_id=None,
        platform=platform,
        provider=None,
        text="",
        opened_at=ledger.now,
        due_on=working_days_after(china_day(ledger.now), working_days(kind)),
        state=State.open,
        owner_id=None,
        owner_name=duty_desk(),
        endangered=in_danger or (ticket is not None and ticket.urgent != NOT_URGENT),
        result=None,
        answered_at=None,
        answered_by=None,
        upheld=None,
        closed_at=None,
        closed_by=None,
        reason=None,
        reopened_by=None,
    )


def _added(ledger: Ledger, row: FollowUp) -> FollowUp:
    ledger.session.add(row)
    ledger.session.flush()
    return row
