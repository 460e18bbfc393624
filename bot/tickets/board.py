"""What operators see of tickets: lines of a list, and one ticket in full."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.orm import Session

from bot.accounts.tables import Account
from bot.clock import iso
from bot.duty.sla import clocks, due
from bot.duty.tables import DutyHours
from bot.gateway.ledger import Actor
from bot.gateway.states import Author, State
from bot.gateway.transcript import message_shape, since
from bot.slips.board import state_of
from bot.slips.tables import Slip
from bot.tables import Conversation, Message, Rating, Ticket, TicketEvent
from bot.tickets import drafts
from bot.tickets.desk import spoken as spoken_only
from bot.tickets.number import shown
from bot.tickets.states import TicketState
from bot.tickets.summary import (
    MYSELF,
    NOT_URGENT,
    matter_name,
    place_name,
    service_name,
    urgent_name,
)
from bot.words import words
from knowledge.catalogue import Catalogue
from knowledge.hours import Weekly, read_weekly
from knowledge.taxonomy import taxonomy

LIVE = (TicketState.waiting, TicketState.taken, TicketState.open)
TROUBLE_SHOWN = 60
AT_MOST = 300
Line = dict[str, Any]
# so many waiting tickets have their clocks worked out once
CLOCKS_KEPT = 8192
# a ticket, its conversation's state and last word (null when it is gone), unread messages, state of
# its last slip, its city's hours of duty
BoardRow = Row[Ticket, str, datetime, int, str | None, dict[str, Any] | None]


@dataclass(frozen=True)
class Talk:
    """A conversation that an operator has, and the number of its last message."""

    conversation_id: str
    number: str
    seq: int
    taken_at: datetime | None


def lines(
    session: Session, catalogue: Catalogue, operator: Actor, city_id: str | None, scope: str | None
) -> list[Line]:
    """The tickets of a scope (None: all that are not closed), the urgent and longest first."""
    query = rows().limit(AT_MOST)
    if city_id is not None:
        query = query.where(Ticket.city_id == city_id)
    if scope == "closed":
        query = query.where(Ticket.state == TicketState.closed).order_by(Ticket.closed_at.desc())
    else:
        states = {"waiting": [TicketState.waiting], "open": [TicketState.open]}.get(
            scope or "", list(LIVE)
        )
        query = query.where(Ticket.state.in_(states))
        query = query.order_by(
            (Ticket.state != TicketState.waiting),
            (Ticket.urgent == NOT_URGENT),
            func.coalesce(Ticket.waiting_since, Ticket.opened_at),
            Ticket.id,
        )
    if scope == "mine":
        query = query.where(Ticket.owner_id == operator.id)
    return [line(catalogue, row, operator) for row in session.execute(query)]


def detail(session: Session, catalogue: Catalogue, ticket: Ticket, operator: Actor) -> Line:
    """One ticket with its transcript, events and what an operator may choose from."""
    query = rows().where(Ticket.id == ticket.id)
    text = words("tickets")
    said = since(session, ticket.conversation_id, 0) if ticket.conversation_id else []
    outcomes = text["outcomes"]
    return {
        **line(catalogue, session.execute(query).one(), operator),
        "summary": ticket.summary,
        "contact": (
            {"phone": ticket.contact, "safe": ticket.contact_safe} if ticket.contact else None
        ),
        "consent_at": _iso(ticket.consent_at),
        "party_name": _party(ticket),
        "opponent": ticket.opponent,
        "merged_into": _number(session, ticket.merged_into),
        "draft": drafts.of(session, ticket, operator.id),
        "transcript": [operators_shape(message) for message in said],
        "events": _events(session, ticket),
        "outcome": (
            {
                "id": ticket.outcome,
                "name": outcomes.get(ticket.outcome, ticket.outcome),
                "note": ticket.outcome_note,
            }
            if ticket.outcome
            else None
        ),
        "rating": _rating(session, ticket),
        "last_slip": state_of(session, [ticket.id]).get(ticket.id),
        "outcomes": [{"id": id_, "name": name} for id_, name in outcomes.items()],
    }


def operators_shape(message: Message) -> Line:
    """A message with its speaker's name."""
    shape = message_shape(message)
    shape["author_name"] = message.author_name or words("tickets")["authors"][message.author]
    return shape


def talking(session: Session, operator: Actor) -> list[Talk]:
    """The conversations that an operator has taken."""
    query = (
        select(Conversation.id, Ticket.number, Conversation.seq, Ticket.taken_at)
        .join(Ticket, Conversation.ticket_id == Ticket.id)
        .where(Ticket.owner_id == operator.id, Ticket.state == TicketState.taken)
    )
    return [Talk(*found) for found in session.execute(query)]


def spoken(session: Session, talk: Talk, after: int) -> list[Message]:
    """What was said in a conversation after its message `after`; after 0: since it was taken."""
    query = select(Message).where(Message.conversation_id == talk.conversation_id)
    if after:
        query = query.where(Message.seq > after)
    elif talk.taken_at is not None:
        query = query.where(Message.created_at >= talk.taken_at)
    return list(session.scalars(query.order_by(Message.seq)))


def rows() -> Select[Ticket, str, datetime, int, str | None, dict[str, Any] | None]:
    """What a line is made of; state and last word are null when the conversation is gone."""
    unread = (
        select(func.count())
        .where(
            Message.conversation_id == Ticket.conversation_id,
            Message.author == Author.resident,
            Message.seq > Ticket.seen_seq,
        )
        .scalar_subquery()
    )
    # nobody reads on tickets that nobody has taken: two thousand that wait are not counted
    counted = case((Ticket.state == TicketState.taken, unread), else_=0)
    slip = (
        select(Slip.state)
        .where(Slip.ticket_id == Ticket.id)
        .order_by(Slip.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(
        Ticket, Conversation.state, Conversation.last_at, counted, slip, DutyHours.weekly
    )
    return query.outerjoin(Conversation, Ticket.conversation_id == Conversation.id).outerjoin(
        DutyHours, DutyHours.city_id == Ticket.city_id
    )


def line(catalogue: Catalogue, row: BoardRow, operator: Actor) -> Line:
    ticket, state, last_at, unread, slip, weekly = row
    mine = ticket.owner_id is not None and ticket.owner_id == operator.id
    text = words("tickets")
    return {
        "number": ticket.number,
        "number_shown": shown(ticket.number),
        "state": ticket.state,
        "conversation_state": state or State.closed,
        "urgent": ticket.urgent,
        "urgent_name": urgent_name(ticket.urgent),
        "service": ticket.service,
        "service_name": service_name(ticket.service),
        "matter": ticket.matter,
        "matter_name": matter_name(ticket.matter),
        "region": ticket.region_id,
        "place": place_name(catalogue, ticket.region_id),
        "city": ticket.city_id,
        "city_name": catalogue.atlas.cities[ticket.city_id].name,
        "channel": ticket.channel,
        "channel_name": text["channels"][ticket.channel],
        "trouble": ticket.trouble[:TROUBLE_SHOWN],
        "opened_at": iso(ticket.opened_at),
        "waiting_since": _iso(ticket.waiting_since),
        "owner": {
            "kind": "person" if ticket.owner_id else "desk",
            "name": ticket.owner_name or ticket.owner_desk,
            "mine": mine,
        },
        "responsible": ticket.responsible_name or ticket.responsible_desk,
        "offered": ticket.offered_to is not None,
        "offered_to_me": ticket.offered_to is not None and ticket.offered_to == operator.id,
        "second": (
            {"name": ticket.second_name, "mine": ticket.second_id == operator.id}
            if ticket.second_id
            else None
        ),
        "escalated_at": _iso(ticket.escalated_at),
        "suspended_until": _iso(ticket.suspended_until),
        "slip": slip,
        "sla": _sla(ticket, weekly),
        "spoken": spoken_only(ticket),
        "last_at": _iso(last_at),
        "unread": unread if mine and ticket.state == TicketState.taken else 0,
    }


def _sla(ticket: Ticket, weekly: dict[str, Any] | None) -> Line | None:
    """When a wait gets long, and when too long: moments, so that a line stays true by itself."""
    if ticket.state != TicketState.waiting or ticket.waiting_since is None:
        return None
    hours = json.dumps(weekly, sort_keys=True) if weekly else None
    # who was passed on keeps the old place in the queue, and waits anew
    since = max(ticket.waiting_since, ticket.taken_at or ticket.waiting_since)
    soon, broken = _clocks(ticket.urgent != NOT_URGENT, since, hours)
    return {"soon_at": _iso(soon), "broken_at": _iso(broken)}


@lru_cache(CLOCKS_KEPT)
def _clocks(
    urgent: bool, waiting_since: datetime, hours: str | None
) -> tuple[datetime | None, datetime | None]:
    weekly, allowance = _weekly(hours), clocks().of(urgent)
    return due(waiting_since, allowance.soon, weekly), due(waiting_since, allowance.broken, weekly)


@lru_cache(64)
def _weekly(hours: str | None) -> Weekly | None:
    """Hours as a supervisor wrote them; what cannot be read counts as not said."""
    try:
        return read_weekly(json.loads(hours)) if hours else None
    except (KeyError, TypeError, ValueError):
        return None


def _party(ticket: Ticket) -> str | None:
    """For whom it is asked, when that is somebody else."""
    return taxonomy().parties.get(ticket.party) if ticket.party not in (None, MYSELF) else None


def _number(session: Session, ticket_id: int | None) -> str | None:
    return (
        session.scalar(select(Ticket.number).where(Ticket.id == ticket_id)) if ticket_id else None
    )


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def _events(session: Session, ticket: Ticket) -> list[Line]:
    names = words("tickets")["events"]
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    events = list(session.scalars(query))
    people = select(Account.username, Account.name).where(
        Account.username.in_({event.actor for event in events})
    )
    actors = {row[0]: row[1] for row in session.execute(people)} | words("tickets")["authors"]
    return [
        {
            "at": iso(event.at),
            "kind": event.kind,
            "name": names[event.kind],
            "text": event.text,
            "actor": actors.get(event.actor, event.actor),
        }
        for event in events
    ]


def _rating(session: Session, ticket: Ticket) -> Line | None:
    query = select(Rating).where(Rating.ticket_id == ticket.id, Rating.score.is_not(None))
    rating = session.scalars(query.order_by(Rating.offered_at.desc())).first()
    if rating is None:
        return None
    return {"score": rating.score, "name": words("replies")["rating"]["scores"][rating.score]}
