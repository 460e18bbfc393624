"""The outbox of channels that must be called: in order within a conversation, at least once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from bot.gateway.transcript import message_shape
from bot.tables import Conversation, Message, Outbox


@dataclass(frozen=True)
class Outgoing:
    """A message that a channel has still to deliver; `address` is the channel's (a chat's id)."""

    id: int
    conversation_id: str
    address: str
    message: dict[str, Any]
    attempts: int


def due(session: Session, channel: str, now: datetime, limit: int) -> list[Outgoing]:
    """The first undelivered message of each conversation, if its time has come."""
    pending = aliased(Outbox)
    heads = (
        select(func.min(pending.id))
        .where(pending.channel == channel, pending.settled_at.is_(None))
        .group_by(pending.conversation_id)
    )
    query = (
        select(Outbox, Message, Conversation.address)
        .join(Message, Outbox.message_id == Message.id)
        .join(Conversation, Outbox.conversation_id == Conversation.id)
        .where(Outbox.id.in_(heads), Outbox.next_try_at <= now, Conversation.address.is_not(None))
        .order_by(Outbox.id)
        .limit(limit)
    )
    return [
        Outgoing(row.id, row.conversation_id, str(address), message_shape(message), row.attempts)
        for row, message, address in session.execute(query)
    ]


def sent(session: Session, outgoing_id: int, now: datetime) -> None:
    """The channel has taken it."""
    _settle(session, Outbox.id == outgoing_id, "sent", None, now)


def later(session: Session, outgoing_id: int, retry_at: datetime, error: str) -> None:
    """It did not go; again at `retry_at`. What comes after it in its conversation waits."""
    session.execute(
        update(Outbox)
        .where(Outbox.id == outgoing_id)
        .values(attempts=Outbox.attempts + 1, next_try_at=retry_at, error=error)
    )


def dead(session: Session, outgoing_id: int, error: str, now: datetime) -> None:
    """The channel will never take it; the next one may go."""
    _settle(session, Outbox.id == outgoing_id, "dead", error, now)


def blocked(session: Session, channel: str, address: str, now: datetime) -> str | None:
    """The resident does not want us there: nothing waiting is sent. Its conversation, if known."""
    conversation_id = session.scalar(
        select(Conversation.id).where(Conversation.at(channel, address))
    )
    if conversation_id:
        _settle(session, Outbox.conversation_id == conversation_id, "blocked", None, now)
    return conversation_id


def _settle(session: Session, which: Any, how: str, error: str | None, now: datetime) -> None:
    session.execute(
        update(Outbox)
        .where(which, Outbox.settled_at.is_(None))
        .values(settled=how, settled_at=now, error=error, attempts=Outbox.attempts + 1)
    )
