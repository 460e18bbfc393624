"""What operators see of tickets: lines of a list, and one ticket in full."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Row,
    Select,
    case,
    func,
    literal,
    select,
    tuple_,
)
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
from bot.tables import BigId, Conversation, Message, Rating, Ticket, TicketEvent
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
from knowledge.law.links import lines_cited
from knowledge.taxonomy import taxonomy

LIVE = (TicketState.waiting, TicketState.taken, TicketState.open)
TROUBLE_SHOWN = 60
AT_MOST = 300
LARGEST_ID = 2**63 - 1
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


class Order(StrEnum):
    """What comes first: who waits and has waited longest, or what was opened (or closed) last."""

    queue = "queue"
    newest = "newest"
    closed = "closed"


class WrongCursor(Exception):
    """Nobody was given this cursor, or for another order."""


@dataclass(frozen=True)
class Page:
    """Some lines, and where to go on; `next` None: there are no more."""

    lines: list[Line]
    next: str | None


NEWEST = (Ticket.opened_at.desc(), Ticket.id.desc())
_WAITS = case((Ticket.state == TicketState.waiting, 0), else_=1)
_PRESSES = case((Ticket.urgent != NOT_URGENT, 0), else_=1)
_SINCE = func.coalesce(Ticket.waiting_since, Ticket.opened_at)
_ENDED = func.coalesce(Ticket.closed_at, Ticket.opened_at)
_KEYS: dict[Order, tuple[ColumnElement[Any], ...]] = {
    Order.queue: (_WAITS, _PRESSES, _SINCE, Ticket.id.expression),
    Order.newest: (Ticket.opened_at.expression, Ticket.id.expression),
    Order.closed: (_ENDED, Ticket.id.expression),
}


def page(
    session: Session,
    catalogue: Catalogue,
    operator: Actor,
    city_id: str | None,
    scope: str | None,
    *,
    newest: bool = False,
    limit: int = AT_MOST,
    after: str | None = None,
) -> Page:
    """The tickets of a scope (None: all that are not closed), the urgent and longest first, or the
    newest; of the closed always the last. Raises WrongCursor.
    """
    order = Order.closed if scope == "closed" else Order.newest if newest else Order.queue
    query = rows().where(Ticket.state.in_(_states(scope)))
    if city_id is not None:
        query = query.where(Ticket.city_id == city_id)
    if scope == "mine":
        query = query.where(Ticket.owner_id == operator.id)
    keys = _KEYS[order]
    if after is not None:
        here = tuple_(*_read_cursor(order, after))
        query = query.where(tuple_(*keys) > here if order is Order.queue else tuple_(*keys) < here)
    sorts = keys if order is Order.queue else tuple(key.desc() for key in keys)
    found = list(session.execute(query.order_by(*sorts).limit(limit + 1)))
    shown, more = found[:limit], len(found) > limit
    return Page(
        [line(catalogue, row, operator) for row in shown],
        cursor_after(shown[-1][0], order) if more else None,
    )


def mine_open(session: Session, operator: Actor, city_id: str | None) -> list[BoardRow]:
    """The open tickets that an operator has, all of them."""
    query = rows().where(Ticket.state == TicketState.open, Ticket.owner_id == operator.id)
    if city_id is not None:
        query = query.where(Ticket.city_id == city_id)
    return list(session.execute(query))


def open_by_city(session: Session) -> dict[str, int]:
    """How many tickets stand open in each city: counted in the index, without reading a row."""
    query = select(Ticket.city_id, func.count()).where(Ticket.state == TicketState.open)
    return {row[0]: row[1] for row in session.execute(query.group_by(Ticket.city_id))}


def cursor_after(ticket: Ticket, order: Order = Order.newest) -> str:
    """The place of a ticket in an order: opaque to whoever gets it."""
    at = ticket.opened_at
    place: list[object] = []
    if order is Order.queue:
        at = ticket.waiting_since or at
        place = [int(ticket.state != TicketState.waiting), int(ticket.urgent == NOT_URGENT)]
    elif order is Order.closed:
        at = ticket.closed_at or at
    text = json.dumps([order, *place, at.isoformat(), ticket.id], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _states(scope: str | None) -> list[TicketState]:
    one = {"waiting": TicketState.waiting, "open": TicketState.open, "closed": TicketState.closed}
    return [one[scope]] if scope in one else list(LIVE)


def _read_cursor(order: Order, cursor: str) -> list[ColumnElement[Any]]:
    """As the values of the order's keys. Raises WrongCursor."""
    try:
        given, *flags, at, id_ = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(at)
        numbers = [int(flag) for flag in flags]
        last = int(id_)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise WrongCursor(cursor) from None
    if given != order or len(numbers) != len(_KEYS[order]) - 2 or moment.tzinfo:
        raise WrongCursor(cursor)
    if not 0 <= last <= LARGEST_ID or any(flag not in (0, 1) for flag in numbers):
        raise WrongCursor(cursor)
    return [
        *(literal(flag, Integer) for flag in numbers),
        literal(moment, DateTime),
        literal(last, BigId),
    ]


def detail(session: Session, catalogue: Catalogue, ticket: Ticket, operator: Actor) -> Line:
    """One ticket with its transcript, events and what an operator may choose from."""
    query = rows().where(Ticket.id == ticket.id)
    text = words("tickets")
    said = since(session, ticket.conversation_id, 0) if ticket.conversation_id else []
    outcomes = text["outcomes"]
    return {
        **line(catalogue, session.execute(query).one(), operator),
        "summary": ticket.summary,
        "summary_cited": lines_cited(ticket.summary),
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
        "urgent_judged": ticket.urgent_judged,
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
