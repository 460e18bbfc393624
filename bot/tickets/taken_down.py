"""A trouble that was not typed into a chat: told on the telephone, at the counter, or sent on."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.gateway.ledger import Actor, Ledger
from bot.gateway.states import Author, State
from bot.tables import Conversation, Ticket
from bot.tickets.states import TicketState
from knowledge.catalogue import Catalogue


def take_down(
    session: Session,
    catalogue: Catalogue,
    *,
    channel: str,
    city_id: str,
    understood: dict[str, Any],
    said: str,
    operator: Actor | None,
    now: datetime,
    conversation_id: str | None = None,
) -> tuple[Ledger, Ticket]:
    """A ticket with a transcript of what was told; the caller saves the ledger.

    `channel` is phone, counter or exchange; `understood` as the gateway keeps it (service, matter,
    region, urgent, evidence, party, trouble, screening). With an operator the ticket is theirs and
    being worked on; without one it stands open at the duty desk. Nothing can be said to the
    resident here: the conversation has no address, and no sweep of a channel finds it. A caller
    that may come twice gives the `conversation_id`, 32 hexadecimal digits.
    """
    conversation = Conversation.begun(
        conversation_id or uuid.uuid4().hex,
        channel=channel,
        address=None,
        city_id=city_id,
        region_id=understood.get("region"),
        state=State.operator if operator else State.closed,
        now=now,
        understood=understood,
    )
    session.add(conversation)
    session.flush()
    ledger = Ledger(session, catalogue, conversation, now)
    ticket = ledger.need_ticket(operator or Actor("system"))
    ledger.write(Author.resident, {"text": said, "choices": [], "cards": []})
    if operator:
        ticket.state = TicketState.taken
        ticket.taken_at = now
        ledger.owned_by(ticket, operator)
    ticket.seen_seq = conversation.seq
    return ledger, ticket
