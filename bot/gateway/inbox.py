"""The inbox: kept first, told apart by the channel's own id, taken in order by one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from bot.follow_ups import withheld
from bot.gateway.inbound import Inbound
from bot.gateway.ledger import RESIDENT, Ledger, NotFound
from bot.gateway.states import Author, Cause, State
from bot.tables import Conversation, Inbox, Message
from bot.words import words
from knowledge.taxonomy import taxonomy

# longer than any engine call of ours: a lease runs out only when its owner is gone
LEASE = timedelta(seconds=12)
UNANSWERED_AT_MOST = 20
TITLES_LOOKED_FOR = 12


_INBOX = cast(Table, Inbox.__table__)
_KNOWN = select(_INBOX.c.id, _INBOX.c.channel_message_id, _INBOX.c.answered_at).where(
    _INBOX.c.conversation_id == bindparam("conversation"),
    or_(_INBOX.c.answered_at.is_(None), _INBOX.c.channel_message_id == bindparam("message")),
)
_KEEP = insert(_INBOX).returning(_INBOX.c.id)


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
    if ledger.conversation.channel == "web" and ledger.conversation.address is None:
        raise NotFound  # the resident has left, perhaps by another process
    conversation, connection = ledger.conversation, ledger.session.connection()
    mine = {"conversation": conversation.id, "message": inbound.id}
    rows = connection.execute(_KNOWN, mine).all()
    for row in rows:
        if row.channel_message_id == inbound.id:
            return Received(row.id, None, True, row.answered_at is not None)
    if len(rows) >= UNANSWERED_AT_MOST:
        raise TooFast
    body = inbound.body
    if inbound.choice and not inbound.title:
        body["title"] = _title(ledger, inbound.choice)
    shown = {**body, "text": _shown(body)}
    asked = withheld.typed_into(ledger, inbound)
    if asked:
        body, shown = (
            {**body, withheld.ASKED: asked},
            withheld.hidden(shown, withheld.line_of(asked)),
        )
    kept_row = {
        "conversation_id": conversation.id,
        "channel_message_id": inbound.id,
        "body": body,
        "received_at": ledger.now,
        "lease_owner": None if rows else owner,
        "lease_until": None if rows else ledger.now + LEASE,
    }
    inbox_id = connection.execute(_KEEP, kept_row).scalar_one()
    ledger.inbox_id = inbox_id
    ledger.write(Author.resident, shown)
    conversation.last_at = ledger.now
    if ledger.state is State.closed and inbound.tap[0] not in ("rate", "helpful"):
        ledger.move(Cause.wrote_again, RESIDENT)
    kept = Inbound.read(inbound.id, body)
    job = None if rows else _job(ledger, inbox_id, kept, ledger.now)
    return Received(inbox_id, job, False, False)


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


def inherit(session: Session, channels: frozenset[str], owner: str) -> list[str]:
    """End the leases of others and name the conversations with an unanswered message.

    For a process that is alone with its channels: whoever had them before it is gone. Should one
    live after all, the first of the two that has an answer settles the message, as ever.
    """
    ours = select(Conversation.id).where(Conversation.channel.in_(channels))
    unanswered = (Inbox.answered_at.is_(None), Inbox.conversation_id.in_(ours))
    others = Inbox.lease_owner.is_not(None) & (Inbox.lease_owner != owner)
    session.execute(
        update(Inbox).where(*unanswered, others).values(lease_owner=None, lease_until=None)
    )
    return list(session.scalars(select(Inbox.conversation_id).where(*unanswered).distinct()))


def take(ledger: Ledger, row: Inbox, owner: str) -> Job:
    """Lease a message: it is the caller's to answer."""
    row.lease_owner, row.lease_until = owner, ledger.now + LEASE
    inbound = Inbound.read(row.channel_message_id, row.body)
    return _job(ledger, row.id, inbound, row.received_at)


def _job(ledger: Ledger, inbox_id: int, inbound: Inbound, received_at: datetime) -> Job:
    conversation = ledger.conversation
    return Job(
        inbox_id,
        conversation.id,
        inbound,
        received_at,
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
    for known in (names.services, names.requests, names.matters):
        if value in known:
            return known[value]
    city = ledger.catalogue.atlas.cities.get(value)
    return city.name if city else choice


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
