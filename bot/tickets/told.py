"""What the bot must know after a person has talked with the resident: places, matter, trouble."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bot.gateway.ledger import Ledger
from bot.gateway.states import Author, State
from bot.gateway.transcript import OWN_WORDS
from bot.tables import Message, Ticket, Transition
from knowledge.places import locate_text

TROUBLE_KEPT = 200
SPEAKERS = (Author.resident, Author.operator)


def what_was_said(ledger: Ledger, ticket: Ticket) -> dict[str, Any]:
    """The engine's slots after a hand-over: the last place that either of them named wins."""
    conversation = ledger.conversation
    # since the bot let go: what was said to a colleague before a transfer counts too
    let_go = ledger.session.scalar(
        select(Transition.at)
        .where(
            Transition.conversation_id == conversation.id,
            Transition.before.in_((State.bot, State.closed)),
            Transition.after.in_((State.waiting, State.operator)),
        )
        .order_by(Transition.id.desc())
        .limit(1)
    )
    said = ledger.session.scalars(
        select(Message)
        .where(
            Message.conversation_id == conversation.id,
            Message.author.in_(SPEAKERS),
            Message.created_at >= (let_go or conversation.created_at),
        )
        .order_by(Message.seq)
    )
    region, own_words = ticket.region_id, []
    for message in said:
        if OWN_WORDS in message.body:  # a complaint is no part of the trouble
            continue
        text = str(message.body.get("text") or "")
        named = locate_text(ledger.catalogue, text, conversation.city_id).resolved
        region = named.id if named else region
        if message.author == Author.resident:
            own_words.append(text)
    trouble = "；".join([ticket.trouble, *own_words])[-TROUBLE_KEPT:].strip("；")
    return {
        "region_id": region,
        "shown": None,
        "service": ticket.service,
        "matter": ticket.matter,
        "trouble": trouble,
    }
