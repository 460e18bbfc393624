"""The inbox: kept first, told apart by the channel's own id, taken in order by one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.gateway.inbound import Inbound
from bot.gateway.ledger import RESIDENT, Ledger
from bot.gateway.states import Author, Cause, State
from bot.tables import Conversation, Inbox, Message
from bot.words import words
from knowledge.taxonomy import taxonomy

# longer than any engine call of ours: a lease runs out only when its owner is gone
LEASE = timedelta(seconds=12)
UNANSWERED_AT_MOST = 20
TITLES_LOOKED_FOR = 12


class HeldElsewhere(Exception):
    """Another process is answering the oldest message of this conversation."""


class TooFast(Exception):
    """More messages of one resident are unanswered than anybody writes by hand."""


@dataclass(frozen=True)
class Job:
    """An inbound message that is ours to answer, and what was known when it was taken."""

    inbox_id: int
    conversation_id: str
    inbound: Inbound
    received_at: datetime
    state: State
    awaiting: dict[str, Any] | None
    city_id: str
    region_id: str | None
    untold: dict[str, Any] | None


@dataclass(frozen=True)
class Received:
    """A message was kept: `job` when it is the next one, `repeated` when it was known before."""

    inbox_id: int
    job: Job | None
    repeated: bool
    answered: bool


def receive(ledger: Ledger, inbound: Inbound, owner: str) -> Received:
    """Keep a message. Raises TooFast (nothing is kept then)."""
    conversation, session = ledger.conversation, ledger.session
    of_interest = select(Inbox).where(
        Inbox.conversation_id == conversation.id,
        or_(Inbox.answered_at.is_(None), Inbox.channel_message_id == inbound.id),
    )
    rows = list(session.scalars(of_interest))
    for row in rows:
        if row.channel_message_id == inbound.id:
            return Received(row.id, None, True, row.answered_at is not None)
    if len(rows) >= UNANSWERED_AT_MOST:
        raise TooFast
    body = inbound.body
    if inbound.choice and not inbound.title:
        body["title"] = _title(ledger, inbound.choice)
    row = Inbox(
        conversation_id=conversation.id,
        channel_message_id=inbound.id,
        body=body,
        received_at=ledger.now,
        lease_owner=None,
        lease_until=None,
        answered_at=None,
        handled=None,
    )
    session.add(row)
    session.flush()
    ledger.inbox = row
    ledger.write(Author.resident, {**body, "text": _shown(body)})
    conversation.last_at = ledger.now
    if ledger.state is State.closed and inbound.tap[0] != "rate":
        ledger.move(Cause.wrote_again, RESIDENT)
    return Received(row.id, take(ledger, row, owner) if not rows else None, False, False)


def take_next(ledger: Ledger, owner: str) -> Job | None:
    """The oldest unanswered message; None when there is none. Raises HeldElsewhere."""
    query = (
        select(Inbox)
        .where(Inbox.conversation_id == ledger.conversation.id, Inbox.answered_at.is_(None))
        .order_by(Inbox.id)
        .limit(1)
    )
    row = ledger.session.scalar(query)
    if row is None:
        return None
    held = row.lease_until is not None and row.lease_until > ledger.now
    if held and row.lease_owner != owner:
        raise HeldElsewhere
    return take(ledger, row, owner)


def left_alone(session: Session, channels: frozenset[str], now: datetime) -> list[str]:
    """Conversations with an unanswered message that nobody is answering any more."""
    query = (
        select(Inbox.conversation_id)
        .join(Conversation)
        .where(Inbox.answered_at.is_(None), Conversation.channel.in_(channels))
        .group_by(Inbox.conversation_id)
        .having(func.max(func.coalesce(Inbox.lease_until, Inbox.received_at)) < now)
        .having(func.min(Inbox.received_at) < now - LEASE)
    )
    return list(session.scalars(query))


def take(ledger: Ledger, row: Inbox, owner: str) -> Job:
    """Lease a message: it is the caller's to answer."""
    conversation = ledger.conversation
    row.lease_owner, row.lease_until = owner, ledger.now + LEASE
    return Job(
        row.id,
        conversation.id,
        Inbound.read(row.channel_message_id, row.body),
        row.received_at,
        ledger.state,
        conversation.awaiting,
        conversation.city_id,
        conversation.region_id,
        conversation.untold,
    )


def _title(ledger: Ledger, choice: str) -> str:
    """What stood on the button: operators read words, not ids."""
    recent = (
        select(Message.body)
        .where(Message.conversation_id == ledger.conversation.id, Message.author != Author.resident)
        .order_by(Message.seq.desc())
        .limit(TITLES_LOOKED_FOR)
    )
    for body in ledger.session.scalars(recent):
        for offered in body.get("choices") or ():
            if offered["value"] == choice:
                return str(offered["title"])
    _, _, value = choice.partition(":")
    names = taxonomy()
    return names.services.get(value) or names.requests.get(value) or choice


def _shown(body: dict[str, Any]) -> str:
    """A resident's message as words, whatever it was."""
    text = words("tickets")
    if "text" in body:
        return str(body["text"])
    if "title" in body:
        return str(body["title"])
    if "media" in body:
        return str(text["media_line"].format(media=text["media"][body["media"]]))
    return str(text["location_line"])
