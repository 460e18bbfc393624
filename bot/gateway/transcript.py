"""What was said, in the shapes that pages, events and operators read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import iso
from bot.gateway.ledger import Ledger
from bot.gateway.states import Author, State
from bot.tables import Inbox, Message, Ticket
from bot.tickets.number import shown

SHOWN_AGAIN = 200
# in a message's body: what a resident wrote, where operators read a neutral line in its place
# (bot.follow_ups.withheld)
OWN_WORDS = "own_words"


def message_shape(message: Message) -> dict[str, Any]:
    """A message as the public contract says it, with its author and time."""
    body = message.body
    return {
        "id": message_id(message),
        "text": body.get("text", ""),
        "choices": body.get("choices", []),
        "cards": body.get("cards", []),
        "author": message.author,
        "author_name": message.author_name,
        "at": iso(message.created_at),
    }


def residents_shape(message: Message) -> dict[str, Any]:
    """The same for the resident, who reads their own words also where nobody else does."""
    shape = message_shape(message)
    return {**shape, "text": message.body.get(OWN_WORDS, shape["text"])}


def message_id(message: Message) -> str:
    """Its public id: unique everywhere, in order within the conversation."""
    return f"{message.conversation_id[:12]}.{message.seq}"


def seq_of(conversation_id: str, public_id: str | None) -> int:
    """The number of a message from its public id; 0 for anything that is not one of ours."""
    start, _, seq = (public_id or "").partition(".")
    ours = start == conversation_id[:12] and seq.isascii() and seq.isdigit() and len(seq) < 10
    return int(seq) if ours else 0


def answering(session: Session, inbox_id: int) -> list[Message]:
    """What was said in answer to an inbound message."""
    query = (
        select(Message)
        .where(Message.inbox_id == inbox_id, Message.author != Author.resident)
        .order_by(Message.seq)
    )
    return list(session.scalars(query))


def since(session: Session, conversation_id: str, seq: int) -> list[Message]:
    """What was said after a message, at most 200: the next ones, or (`seq` 0) the last ones."""
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > seq)
        .limit(SHOWN_AGAIN)
    )
    if seq:  # nothing may be missing behind what the reader has
        return list(session.scalars(query.order_by(Message.seq)))
    return list(session.scalars(query.order_by(Message.seq.desc())))[::-1]


def client_ids(session: Session, messages: Iterable[Message]) -> dict[int, str]:
    """The channel's own ids of residents' messages, by inbox row: a page knows its own again."""
    rows = [message.inbox_id for message in messages if message.author == Author.resident]
    if not rows:
        return {}
    query = select(Inbox.id, Inbox.channel_message_id).where(Inbox.id.in_(rows))
    return {row[0]: row[1] for row in session.execute(query)}


def answer(ledger: Ledger, said: list[Message]) -> dict[str, Any]:
    """The answer of POST /chat."""
    return {"messages": [message_shape(message) for message in said], **status(ledger)}


def status(ledger: Ledger) -> dict[str, Any]:
    """state and ticket, as POST /chat and the event `state` say them."""
    ticket = ledger.open_ticket
    return {
        "state": State(ledger.conversation.state),
        "ticket": ticket_shape(ledger, ticket) if ticket else None,
    }


def ticket_shape(ledger: Ledger, ticket: Ticket) -> dict[str, Any]:
    """Number, and how many wait before it (null: nobody waits)."""
    return {
        "number": ticket.number,
        "number_shown": shown(ticket.number),
        "queue_position": ledger.queue_position(ticket),
    }
